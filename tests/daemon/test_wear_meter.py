"""What the card was written: since the start, in the last hour, in the last day."""

import sys

import pytest

from raftpi.daemon.wear_meter import HOUR_US, MINUTE_US, REFRESH_US, Counts, WearMeter
from raftpi.status import WearSpan

DAY_US = 24 * HOUR_US
START_US = 5_000_000_000


class Card:
    """Counts that a test sets."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.read_count = 0

    def count(self) -> Counts:
        self.read_count += 1
        return self.counts

    def write(self, byte_count: int) -> None:
        self.counts = self.counts._replace(handed_bytes=self.counts.handed_bytes + byte_count)


@pytest.fixture
def card() -> Card:
    return Card()


@pytest.fixture
def meter(card: Card) -> WearMeter:
    return WearMeter(card.count, endurance_bytes=7, now_us=START_US)


def run(meter: WearMeter, begin_us: int, end_us: int, step_us: int = 20_000_000) -> None:
    """The loop goes round, and nothing is written."""
    for now_us in range(begin_us, end_us, step_us):
        meter.note(now_us)


def test_what_the_start_itself_cost_is_counted(card: Card, meter: WearMeter) -> None:
    card.counts = Counts(
        handed_bytes=100, page_bytes=8192, kernel_bytes=4096, sync_count=3, batch_count=2
    )
    status = meter.status(START_US + 10)
    expected = WearSpan(
        over_us=10,
        handed_bytes=100,
        page_bytes=8192,
        kernel_bytes=4096,
        sync_count=3,
        batch_count=2,
        acknowledged_bytes=0,
    )
    assert status.since_start == status.last_hour == status.last_day == expected
    assert status.endurance_bytes == 7


def test_the_last_hour_forgets_what_is_older_and_the_day_and_the_start_do_not(
    card: Card, meter: WearMeter
) -> None:
    card.write(1_000)
    run(meter, START_US, START_US + 30 * MINUTE_US)
    card.write(10)
    run(meter, START_US + 30 * MINUTE_US, START_US + 62 * MINUTE_US)
    status = meter.status(START_US + 62 * MINUTE_US)
    assert status.last_hour.handed_bytes == 10
    assert HOUR_US <= status.last_hour.over_us <= HOUR_US + 2 * MINUTE_US
    assert status.last_day.handed_bytes == status.since_start.handed_bytes == 1_010
    assert status.last_day.over_us == 62 * MINUTE_US


def test_the_last_day_forgets_what_is_older(card: Card, meter: WearMeter) -> None:
    card.write(1_000)
    run(meter, START_US, START_US + 12 * HOUR_US, MINUTE_US)
    card.write(10)
    run(meter, START_US + 12 * HOUR_US, START_US + 25 * HOUR_US, MINUTE_US)
    status = meter.status(START_US + 25 * HOUR_US)
    assert status.last_hour.handed_bytes == 0
    assert status.last_day.handed_bytes == 10
    assert DAY_US <= status.last_day.over_us <= DAY_US + HOUR_US
    assert status.since_start.handed_bytes == 1_010


def test_a_loop_that_stood_still_makes_the_span_longer_not_the_figure_wrong(
    card: Card, meter: WearMeter
) -> None:
    meter.note(START_US)
    card.write(10)
    status = meter.status(START_US + 3 * HOUR_US)
    assert status.last_hour.handed_bytes == 10
    assert status.last_hour.over_us == 3 * HOUR_US


def test_what_the_kernel_does_not_tell_is_unknown_over_every_span(
    card: Card, meter: WearMeter
) -> None:
    card.counts = Counts(kernel_bytes=-1, handed_bytes=5)
    status = meter.status(START_US)
    assert status.since_start.kernel_bytes == status.last_hour.kernel_bytes == -1
    assert meter.status(START_US + DAY_US).last_day.kernel_bytes == -1


def test_the_counts_are_read_once_a_second_however_often_somebody_asks(
    card: Card, meter: WearMeter
) -> None:
    for step in range(100):
        meter.note(START_US + step * REFRESH_US // 100)
        meter.status(START_US + step * REFRESH_US // 100)
    assert card.read_count == 1
    card.write(10)
    assert meter.status(START_US + REFRESH_US).since_start.handed_bytes == 10


def test_a_year_of_samples_takes_no_more_memory_than_two_days(card: Card, meter: WearMeter) -> None:
    run(meter, START_US, START_US + 2 * DAY_US, MINUTE_US)
    two_days_bytes = _size(meter)
    run(meter, START_US + 2 * DAY_US, START_US + 60 * DAY_US, MINUTE_US)
    assert _size(meter) <= two_days_bytes
    assert two_days_bytes < 40_000


def _size(thing: object, seen: set[int] | None = None) -> int:
    """Bytes of the object and of what it holds."""
    seen = seen if seen is not None else set()
    if id(thing) in seen or callable(thing):
        return 0
    seen.add(id(thing))
    size = sys.getsizeof(thing)
    held = list(vars(thing).values()) if hasattr(thing, "__dict__") else []
    if hasattr(thing, "__iter__") and not isinstance(thing, str | bytes):
        held += list(thing)
    return size + sum(_size(item, seen) for item in held)
