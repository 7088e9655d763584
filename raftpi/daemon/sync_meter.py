"""How long the card takes to make a batch durable."""

from bisect import bisect_left
from collections import deque

from raftpi.status import WRITE_BOUNDS_US, SyncStatus

RECENT_COUNT = 512


class SyncMeter:
    """Counts writes by how long they took, and keeps the most recent durations for percentiles.

    `add` may run in another thread than all else.
    """

    def __init__(self) -> None:
        """Nothing was written yet."""
        self.write_count = 0
        self._sync_count = 0
        self._written_bytes = 0
        self._sum_us = 0
        self._max_us = 0
        self._histogram = [0] * (len(WRITE_BOUNDS_US) + 1)
        self._recent_us: deque[int] = deque(maxlen=RECENT_COUNT)

    def add(self, duration_us: int, written_bytes: int, sync_count: int) -> None:
        """Note one write."""
        self.write_count += 1
        self._sync_count += sync_count
        self._written_bytes += written_bytes
        self._sum_us += duration_us
        self._max_us = max(self._max_us, duration_us)
        self._histogram[bisect_left(WRITE_BOUNDS_US, duration_us)] += 1
        self._recent_us.append(duration_us)

    def add_upkeep(self, written_bytes: int, sync_count: int) -> None:
        """Note what was written for which no batch waited."""
        self._sync_count += sync_count
        self._written_bytes += written_bytes

    def status(self, pending_us: int) -> SyncStatus:
        """The figures so far; `pending_us` is the age of the write under way."""
        ordered = sorted(self._recent_us.copy())
        return SyncStatus(
            count=self._sync_count,
            p50_us=ordered[len(ordered) // 2] if ordered else 0,
            p99_us=ordered[len(ordered) * 99 // 100] if ordered else 0,
            max_us=self._max_us,
            pending_us=pending_us,
            written_bytes=self._written_bytes,
            sum_us=self._sum_us,
            histogram=tuple(self._histogram),
        )
