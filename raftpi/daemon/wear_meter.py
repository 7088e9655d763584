"""How much the card has been written: since the start, in the last hour, in the last day."""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from raftpi.daemon.kernel_writes import UNKNOWN
from raftpi.status import WearSpan, WearStatus

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
# The figures are counted anew this often: reading them costs more than a status may, which is
# sent several times a second.
REFRESH_US = 1_000_000


class Counts(NamedTuple):
    """What has been counted from the process's start on; see `WearSpan`."""

    handed_bytes: int = 0
    page_bytes: int = 0
    kernel_bytes: int = 0
    sync_count: int = 0
    batch_count: int = 0
    acknowledged_bytes: int = 0


class Sample(NamedTuple):
    """The counts of one moment."""

    now_us: int
    counts: Counts


class WearMeter:
    """Keeps samples of the counts for as long as they are needed: 60 of minutes, 48 of half hours.

    Time is the monotonic clock, for boards have no other that could be relied upon. Nothing of
    this is kept on the card, which it would wear: a restart begins at zero.
    """

    def __init__(self, count: Callable[[], Counts], *, endurance_bytes: int, now_us: int) -> None:
        """`count` tells the counts of now. `endurance_bytes`: what the card bears, 0 if unknown."""
        self._count = count
        self._endurance_bytes = endurance_bytes
        self._first = Sample(now_us, Counts())
        self._last_hour = _Window(self._first, slot_us=MINUTE_US, slot_count=60)
        self._last_day = _Window(self._first, slot_us=30 * MINUTE_US, slot_count=48)
        self._due_us = now_us
        self._status = WearStatus(endurance_bytes=endurance_bytes)

    def note(self, now_us: int) -> None:
        """Count anew if that is due; call it often, even when nothing is written."""
        if now_us < self._due_us:
            return
        self._due_us = now_us + REFRESH_US
        sample = Sample(now_us, self._count())
        self._last_hour.note(sample)
        self._last_day.note(sample)
        self._status = WearStatus(
            since_start=_span(self._first, sample),
            last_hour=_span(self._last_hour.base, sample),
            last_day=_span(self._last_day.base, sample),
            endurance_bytes=self._endurance_bytes,
        )

    def status(self, now_us: int) -> WearStatus:
        """The figures, at most `REFRESH_US` old."""
        self.note(now_us)
        return self._status


class _Window:
    """A ring of samples, `slot_us` apart, of which the oldest tells where the span begins."""

    def __init__(self, first: Sample, *, slot_us: int, slot_count: int) -> None:
        self._slot_us = slot_us
        self._span_us = slot_us * slot_count
        self._samples: deque[Sample] = deque([first], maxlen=slot_count + 2)

    @property
    def base(self) -> Sample:
        """The newest sample that is at least the span old; the first one until there is such."""
        return self._samples[0]

    def note(self, sample: Sample) -> None:
        samples = self._samples
        if sample.now_us - samples[-1].now_us >= self._slot_us:
            samples.append(sample)
        while len(samples) > 1 and sample.now_us - samples[1].now_us >= self._span_us:
            samples.popleft()


def _span(base: Sample, end: Sample) -> WearSpan:
    before, after = base.counts, end.counts
    is_known = after.kernel_bytes != UNKNOWN
    return WearSpan(
        over_us=end.now_us - base.now_us,
        handed_bytes=after.handed_bytes - before.handed_bytes,
        page_bytes=after.page_bytes - before.page_bytes,
        kernel_bytes=after.kernel_bytes - before.kernel_bytes if is_known else UNKNOWN,
        sync_count=after.sync_count - before.sync_count,
        batch_count=after.batch_count - before.batch_count,
        acknowledged_bytes=after.acknowledged_bytes - before.acknowledged_bytes,
    )
