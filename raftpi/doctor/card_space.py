"""How much room the card has left for the log."""

import os
from pathlib import Path

from raftpi.doctor.finding import Finding, advice, ok, problem, unknown

NAME = "card, space"
# The log needs room for segments ahead and a snapshot beside it; cards wear out faster when full.
NEEDED_SEGMENTS, WISE_SEGMENTS = 4, 32
WISE_FREE_PERCENT = 10


def check_space(directory: Path, segment_bytes: int) -> Finding:
    """The free space of the file system that the data directory is on."""
    try:
        found = os.statvfs(directory)
    except OSError as error:
        text = f"{directory}: {error.strerror}"
        return unknown(NAME, text, "start raftpi once: it makes its data directory")
    return judge_space(
        free_bytes=found.f_bavail * found.f_frsize,
        total_bytes=found.f_blocks * found.f_frsize,
        segment_bytes=segment_bytes,
    )


def judge_space(*, free_bytes: int, total_bytes: int, segment_bytes: int) -> Finding:
    """Whether this is enough."""
    percent = 100 * free_bytes // total_bytes if total_bytes else 0
    text = f"{_shown(free_bytes)} of {_shown(total_bytes)} free ({percent}%)"
    remedy = "make room: `sudo apt-get clean`, `sudo journalctl --vacuum-size=50M`, a larger card"
    if free_bytes < NEEDED_SEGMENTS * segment_bytes:
        text += f"; raftpi needs {_shown(NEEDED_SEGMENTS * segment_bytes)}"
        return problem(NAME, text, remedy)
    if free_bytes < WISE_SEGMENTS * segment_bytes or percent < WISE_FREE_PERCENT:
        return advice(NAME, f"{text}; a full card wears out sooner", remedy)
    return ok(NAME, text)


def _shown(size_bytes: int) -> str:
    if size_bytes >= 1 << 30:
        return f"{size_bytes / (1 << 30):.1f} GiB"
    return f"{size_bytes / (1 << 20):.0f} MiB"
