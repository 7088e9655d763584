"""The demo as a user has it: real daemons, through a pipe and on a terminal."""

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

DEMO = [sys.executable, "-m", "raftpi", "demo"]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A directory for temporary ones; no daemon of it may be left."""
    yield tmp_path
    left = daemons(tmp_path)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []
    assert list(tmp_path.glob("raftpi-demo-*")) == []


def daemons(home: Path) -> list[int]:
    """The pids of the daemons whose configuration lies below `home`."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            line = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if b"--config\0" + os.fsencode(home) in line:
            found.append(int(entry.name))
    return found


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(home), "TERM": "xterm-256color"}


def piped(home: Path, text: str, *options: str) -> str:
    done = subprocess.run(
        [*DEMO, *options],
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
        env=environment(home),
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stderr == ""
    return done.stdout


def test_a_piped_demo_commits_reads_kills_and_ends(home: Path) -> None:
    said = piped(
        home,
        "SET temperature 72.5\nGET temperature\nCAS temperature 72.5 80\nCAS temperature 1 2\n"
        "LIST temp\nDEL temperature\nGET temperature\nkill 1\nSET after kill\nrestart 1\n",
    )
    for wanted in (
        "/3 acks) @ index ",
        "temperature = 72.5  (revision ",
        "not swapped, temperature is not 1",
        "temperature = 80  (revision ",
        "temperature does not exist",
        "pi1 is killed (SIGKILL)",
        "pi1 is offline",
        "pi1 runs again",
        "★ blue",
        "● green",
    ):
        assert wanted in said, said
    assert said.count("✓ Committed") == 5, said


def test_without_a_quorum_a_command_certainly_fails(home: Path) -> None:
    said = piped(home, "SET a 1\nkill 1\nkill 2\nSET a 2\nrestart 1\nSET a 3\n")
    assert "⏳ Pending…" in said
    assert "✗ Failed: no quorum (only 1/3 alive)" in said, said
    assert said.rstrip().count("✓ Committed") == 2, said


def test_a_rogue_node_disturbs_nobody(home: Path) -> None:
    said = piped(home, "rogue 1\nrogue 2\n")
    # One of the two may lead, and is then refused; the other plays.
    assert "disturbed nobody" in said, said
    assert "the leader changed" not in said


def test_all_killed_at_once_lose_nothing(home: Path) -> None:
    said = piped(home, "SET a 1\nrestart all\nGET a\n")
    assert "a = 1  (revision " in said, said


@pytest.mark.parametrize("count", [1, 5, 7])
def test_other_sizes(home: Path, count: int) -> None:
    said = piped(home, "SET a 1\n", "--nodes", str(count))
    assert f"/{count} acks) @ index" in said


def test_a_directory_that_was_given_is_kept_and_gone_on_from(home: Path) -> None:
    place = str(home / "kept")
    piped(home, "SET a 1\n", "--dir", place)
    assert "a = 1" in piped(home, "GET a\n", "--dir", place)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it_cleanly_while_it_has_no_input(home: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        DEMO,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=environment(home),
        text=True,
    ) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "leads term" in line:
                break
        assert len(daemons(home)) == 3
        demo.send_signal(number)
        demo.stdout.read()
        assert demo.wait(20) == 0


class Terminal:
    """The demo on a pseudo-terminal of 80 by 24."""

    def __init__(self, home: Path) -> None:
        self.seen = b""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ.update(environment(home), COLUMNS="80", LINES="24")
            os.execv(DEMO[0], DEMO)
        os.set_blocking(self.master, False)

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def until(self, wanted: str, limit_s: float = 20.0) -> None:
        """Read on until `wanted` was drawn."""
        deadline_s = time.monotonic() + limit_s
        while wanted.encode() not in self.seen:
            assert time.monotonic() < deadline_s, self.seen[-3000:].decode(errors="replace")
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 65536)

    def end(self, limit_s: float = 20.0) -> int:
        """Read on until it has ended; its exit code."""
        deadline_s = time.monotonic() + limit_s
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < deadline_s, "it does not end"
            if select.select([self.master], [], [], 0.05)[0]:
                with contextlib.suppress(OSError):  # EIO: the demo has closed its side
                    os.read(self.master, 65536)


@pytest.mark.parametrize("keys", ["q", "\x03", "/abc\x03"])
def test_on_a_terminal_it_draws_and_q_or_control_c_leaves(home: Path, keys: str) -> None:
    terminal = Terminal(home)
    terminal.until("leads term")
    terminal.press(keys)
    assert terminal.end() == 0
    os.close(terminal.master)


def test_a_terminal_that_hangs_up_leaves_no_daemon(home: Path) -> None:
    terminal = Terminal(home)
    terminal.until("leads term")
    os.close(terminal.master)
    deadline_s = time.monotonic() + 20
    while os.waitpid(terminal.pid, os.WNOHANG) == (0, 0):
        assert time.monotonic() < deadline_s, "it does not end"
        threading.Event().wait(0.05)
