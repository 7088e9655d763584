"""How long the card takes."""

from raftpi.daemon.sync_meter import RECENT_COUNT, SyncMeter
from raftpi.status import WRITE_BOUNDS_US


def test_percentiles_are_of_the_recent_writes_and_the_maximum_of_all() -> None:
    meter = SyncMeter()
    meter.add(9_000_000, 512, 1)
    for _ in range(RECENT_COUNT):
        meter.add(100, 512, 1)
    status = meter.status(pending_us=7)
    assert (status.p50_us, status.p99_us, status.max_us) == (100, 100, 9_000_000)
    assert (status.count, status.pending_us) == (RECENT_COUNT + 1, 7)


def test_the_99th_percentile_shows_one_slow_write_in_fifty() -> None:
    meter = SyncMeter()
    for number in range(100):
        meter.add(50_000 if number % 50 == 0 else 100, 512, 1)
    assert meter.status(0).p99_us == 50_000


def test_without_writes_everything_is_zero() -> None:
    status = SyncMeter().status(0)
    assert (status.count, status.p50_us, status.p99_us) == (0, 0, 0)


def test_the_histogram_has_every_write_in_the_bucket_of_its_duration() -> None:
    meter = SyncMeter()
    assert sum(meter.status(0).histogram) == 0
    for duration_us in (1, *WRITE_BOUNDS_US, *(bound + 1 for bound in WRITE_BOUNDS_US)):
        meter.add(duration_us, 512, 1)
    status = meter.status(0)
    assert status.histogram == (2, *[2] * (len(WRITE_BOUNDS_US) - 1), 1)
    assert status.sum_us == 1 + 2 * sum(WRITE_BOUNDS_US) + len(WRITE_BOUNDS_US)
    assert meter.write_count == sum(status.histogram) == 1 + 2 * len(WRITE_BOUNDS_US)


def test_a_pending_write_is_told_but_not_counted_yet() -> None:
    status = SyncMeter().status(30_000_000)
    assert status.pending_us == 30_000_000
    assert sum(status.histogram) == status.sum_us == 0
