"""Boards' clocks drift, and never run back."""

import pytest

from raftpi.sim.clocks import DriftingClock

CLOCKS = [
    DriftingClock(),
    DriftingClock(offset_us=123_456_789),
    DriftingClock(drift_ppm=20_000, offset_us=7),
    DriftingClock(drift_ppm=-20_000, offset_us=999_999_999),
    DriftingClock(drift_ppm=1),
]


@pytest.mark.parametrize("clock", CLOCKS)
def test_the_first_moment_at_which_a_clock_shows_so_much_is_found(clock: DriftingClock) -> None:
    for now_us in (0, 1, 999, 1_000_000, 123_456_789, 3_600_000_000):
        local_us = clock.local_us(now_us)
        found_us = clock.virtual_us(local_us)
        assert clock.local_us(found_us) == local_us
        assert found_us <= now_us
        assert clock.local_us(found_us - 1) < local_us


def test_a_fast_clock_gains_what_it_is_said_to() -> None:
    clock = DriftingClock(drift_ppm=20_000)
    assert clock.local_us(10_000_000) - clock.local_us(0) == 10_200_000


@pytest.mark.parametrize("clock", CLOCKS)
def test_no_clock_runs_back(clock: DriftingClock) -> None:
    shown = [clock.local_us(now_us) for now_us in range(0, 5000)]
    assert shown == sorted(shown)
