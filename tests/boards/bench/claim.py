"""One run at a time has the bench."""

import fcntl
import os
from pathlib import Path

from tests.boards.bench import places
from tests.boards.bench.shell import CommandFailed
from tests.boards.bench.waiting import TookTooLong, wait_until

# The open, locked file of this process; the kernel unlocks it when the process ends, however.
_held: list[int] = []


def take(limit_s: float) -> None:
    """Have the bench for this process; wait for another one's end. Raises CommandFailed."""
    if _held:
        return
    places.home().mkdir(mode=0o755, parents=True, exist_ok=True)
    file = os.open(_path(), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        wait_until(lambda: _is_locked(file), "the bench is free", limit_s, poll_s=0.2)
    except TookTooLong as late:
        os.close(file)
        owner = _path().read_text().strip()
        raise CommandFailed(
            f"process {owner} has the bench; wait for its end, or set RAFTPI_BENCH_HOME"
        ) from late
    os.ftruncate(file, 0)
    os.write(file, f"{os.getpid()}\n".encode())
    _held.append(file)


def give_back() -> None:
    """Let others have it."""
    while _held:
        os.close(_held.pop())


def _path() -> Path:
    return places.home() / "claim"


def _is_locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
