"""How long the card takes to make a record durable, written as the log writes (storage)."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from raftpi.doctor.board import Board
from raftpi.doctor.finding import Finding, advice, ok, problem, unknown

NAME = "card, syncs"
SYNC_COUNT = 60
SECTOR_BYTES = 512
DEADLINE_US = 4_000_000
# A put waits for one sync on a majority: beyond these a person feels it, or a board is sick.
SLOW_P99_US, SICK_P99_US = 200_000, 1_500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """Times of single syncs in microseconds, sorted; there is at least one."""

    sorted_us: tuple[int, ...]

    def percentile_us(self, percent: int) -> int:
        """The time within which so many of a hundred syncs were done (nearest rank)."""
        rank = -(-len(self.sorted_us) * percent // 100)
        return self.sorted_us[max(rank, 1) - 1]

    def __str__(self) -> str:
        """The count and the usual percentiles, in milliseconds."""
        parts = [f"{label} {shown_ms(self.percentile_us(p))}" for label, p in _PERCENTILES]
        worst = shown_ms(self.sorted_us[-1])
        return f"{len(self.sorted_us)} syncs: {', '.join(parts)}, slowest {worst}"


_PERCENTILES = (("median", 50), ("p90", 90), ("p99", 99))


def measure_syncs(directory: Path, clock_us: Callable[[], int]) -> Latencies:
    """Write and sync one sector after the other in a file of its own, which is gone afterwards.

    The sectors were zeroed and synced before, as in a segment of the log. Ends after
    `SYNC_COUNT` syncs or 4 seconds. Raises OSError.
    """
    fd = _nameless_file(directory)
    try:
        os.pwrite(fd, bytes(SECTOR_BYTES * SYNC_COUNT), 0)
        os.fsync(fd)
        until_us = clock_us() + DEADLINE_US
        times_us: list[int] = []
        for number in range(SYNC_COUNT):
            before_us = clock_us()
            os.pwrite(fd, bytes([number + 1]) * SECTOR_BYTES, number * SECTOR_BYTES)
            os.fdatasync(fd)
            after_us = clock_us()
            times_us.append(after_us - before_us)
            if after_us > until_us:
                break
    finally:
        os.close(fd)
    return Latencies(sorted_us=tuple(sorted(times_us)))


def check_syncs(
    directory: Path, board: Board, clock_us: Callable[[], int]
) -> tuple[Finding, Latencies | None]:
    """What the card in the data directory does, and the numbers."""
    if not board.may(directory, os.F_OK):
        text = f"there is no {directory} to measure in"
        return unknown(NAME, text, "start raftpi once: it makes its data directory"), None
    if not board.may(directory, os.W_OK | os.X_OK):
        return unknown(NAME, f"you may not write in {directory}", "run this with sudo"), None
    try:
        latencies = measure_syncs(directory, clock_us)
    except OSError as error:
        text = f"writing in {directory} fails: {error.strerror}"
        return problem(NAME, text, "look at the journal (dmesg); replace the card"), None
    return judge_syncs(latencies), latencies


def judge_syncs(latencies: Latencies) -> Finding:
    """Whether the card is fast enough for people and for elections."""
    p99_us = latencies.percentile_us(99)
    if p99_us > SICK_P99_US:
        text = f"{latencies}; no timing is slow enough for that"
        return problem(NAME, text, "replace the card; it stalls for longer than an election takes")
    if p99_us > SLOW_P99_US:
        remedy = "put nothing else on this card, or take a better one (an A1 card, a USB SSD)"
        return advice(NAME, f"{latencies}; some writes will be felt", remedy)
    return ok(NAME, str(latencies))


def shown_ms(time_us: int) -> str:
    """Milliseconds with two figures that count."""
    time_ms = time_us / 1000
    return f"{time_ms:.0f} ms" if time_ms >= 10 else f"{time_ms:.2g} ms"


def _nameless_file(directory: Path) -> int:
    """A file without a name, which no crash can leave behind."""
    try:
        return os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError:
        # Not every file system knows O_TMPFILE: take the name away at once.
        path = directory / f".doctor.{secrets.token_hex(8)}"
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        path.unlink()
        return fd
