"""Daemons as real, detached processes: started, recognised, signalled, waited for."""

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

# Ended children of this process: pid -> exit status (negative: the signal).
_ended: dict[int, int] = {}
_children: set[int] = set()
_reaping = threading.Lock()


def daemon_command(config: str) -> tuple[str, ...]:
    """What runs a node with this configuration."""
    return (sys.executable, "-m", "raftpi", "node", "--config", config)


def spawn(command: Sequence[str], log: Path) -> int:
    """Starts `command` as a session of its own, output appended to `log`; returns its pid.

    It outlives this process, its terminal and Ctrl-C. Raises OSError.
    """
    actions: list[tuple[int, ...] | tuple[int, int, str, int, int]] = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    # A descriptor passed on would keep somebody's pipe open for as long as the daemon lives.
    actions += [(os.POSIX_SPAWN_CLOSE, descriptor) for descriptor in _inheritable_descriptors()]
    pid = os.posix_spawn(
        command[0],
        list(command),
        _environment(),
        file_actions=actions,
        setsid=True,
        setsigmask=(),
        setsigdef=(signal.SIGPIPE, signal.SIGINT, signal.SIGHUP),
    )
    with _reaping:
        _ended.pop(pid, None)
        _children.add(pid)
    return pid


def is_running(pid: int | None, config: str) -> bool:
    """Whether `pid` is a living daemon with this configuration, and not another process.

    Pids are used again: only a process whose command line is that of the daemon counts.
    """
    if pid is None:
        return False
    with _reaping:
        _reap(pid)
        if pid in _children:
            return True
    return _is_daemon(pid, config)


def exit_code(pid: int | None) -> int | None:
    """How a daemon that this process started ended (negative: the signal); None otherwise."""
    if pid is None:
        return None
    with _reaping:
        _reap(pid)
        return _ended.get(pid)


def send(pid: int | None, config: str, number: signal.Signals, wait_s: float = 0.0) -> bool:
    """Signals the daemon, waits up to `wait_s` for its end; True when it was running.

    The signal goes to a process that was verified and then held by a pidfd (pidfd_open(2)),
    so never to a stranger that got the pid meanwhile.
    """
    if pid is None:
        return False
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        if not is_running(pid, config):
            return False
        try:
            signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            return False
        if wait_s > 0:
            _wait_for_end(handle, pid, wait_s)
        return True
    finally:
        os.close(handle)


def wait_for_end(pid: int | None, config: str, timeout_s: float) -> bool:
    """Waits until the daemon has ended; False when it still runs after `timeout_s`."""
    if pid is None:
        return True
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return not is_running(pid, config) or _wait_for_end(handle, pid, timeout_s)
    finally:
        os.close(handle)


def wait_until_paused(pid: int, timeout_s: float = 1.0) -> bool:
    """Waits until the process is stopped by a signal; False when it is not after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while _state(pid) not in ("T", "t"):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.001)
    return True


def _state(pid: int) -> str:
    """The state of the process as one letter; source: proc_pid_stat(5)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
    except OSError:
        return ""


def _wait_for_end(handle: int, pid: int, timeout_s: float) -> bool:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    ended = bool(poll.poll(max(0, int(timeout_s * 1000))))
    with _reaping:
        _reap(pid)
    return ended


def _is_daemon(pid: int, config: str) -> bool:
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    # A zombie's command line is empty, so it does not count as alive.
    ours = b"\0".join((b"node", b"--config", os.fsencode(config)))
    return b"\0" + ours + b"\0" in line


def _reap(pid: int) -> None:
    """Takes note of the end of a child of this process; `_reaping` is held."""
    if pid not in _children:
        return
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        # Somebody else waited for it, or children are not kept (SIGCHLD ignored).
        _children.discard(pid)
        return
    if found:
        _children.discard(pid)
        _ended[pid] = os.waitstatus_to_exitcode(status)


def _inheritable_descriptors() -> list[int]:
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        descriptor = int(entry.name)
        try:
            if descriptor > 2 and os.get_inheritable(descriptor):
                found.append(descriptor)
        except OSError:
            continue  # the one that listed the directory, closed since
    return found


def _environment() -> dict[str, str]:
    """This process's, such that the daemon runs the same raftpi as this one, from anywhere."""
    environment = dict(os.environ)
    package_parent = str(Path(__file__).resolve().parents[2])
    paths = [package_parent, *filter(None, [environment.get("PYTHONPATH", "")])]
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    # Never import a `raftpi` or `zmq.py` that lies about in the current directory.
    environment["PYTHONSAFEPATH"] = "1"
    environment["PYTHONUNBUFFERED"] = "1"
    return environment
