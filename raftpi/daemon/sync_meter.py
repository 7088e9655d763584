"""How long the card takes to make a batch durable."""

from collections import deque

from raftpi.status import SyncStatus

RECENT_COUNT = 512


class SyncMeter:
    """Counts writes, and keeps the durations of the most recent ones for percentiles."""

    def __init__(self) -> None:
        """Nothing was written yet."""
        self._count = 0
        self._written_bytes = 0
        self._max_us = 0
        self._recent_us: deque[int] = deque(maxlen=RECENT_COUNT)

    def add(self, duration_us: int, written_bytes: int, sync_count: int) -> None:
        """Note one write."""
        self._count += sync_count
        self._written_bytes += written_bytes
        self._max_us = max(self._max_us, duration_us)
        self._recent_us.append(duration_us)

    def status(self, pending_us: int) -> SyncStatus:
        """The figures so far; `pending_us` is the age of the write under way."""
        ordered = sorted(self._recent_us.copy())
        return SyncStatus(
            count=self._count,
            p50_us=ordered[len(ordered) // 2] if ordered else 0,
            p99_us=ordered[len(ordered) * 99 // 100] if ordered else 0,
            max_us=self._max_us,
            pending_us=pending_us,
            written_bytes=self._written_bytes,
        )
