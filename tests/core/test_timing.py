"""Timing profiles."""

import pytest

from raftpi.core.timing import PROFILES, Timing, name_of


def test_every_profile_knows_its_name() -> None:
    assert {name_of(timing) for timing in PROFILES.values()} == set(PROFILES)
    assert name_of(Timing(heartbeat_us=1, election_min_us=2, election_max_us=3)) == "custom"


@pytest.mark.parametrize(("beat", "low", "high"), [(0, 10, 20), (6, 10, 20), (5, 20, 10)])
def test_times_that_contradict_each_other_are_refused(beat: int, low: int, high: int) -> None:
    with pytest.raises(ValueError, match="timing must satisfy"):
        Timing(heartbeat_us=beat, election_min_us=low, election_max_us=high)


def test_an_election_may_take_just_two_heartbeats_and_always_the_same_time() -> None:
    timing = Timing(heartbeat_us=5, election_min_us=10, election_max_us=10)
    assert timing.election_max_us == 2 * timing.heartbeat_us
