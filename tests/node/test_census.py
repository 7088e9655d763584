"""Which boards were heard from."""

from raftpi.node.census import Census
from tests.core.bench import TIMING, configuration


def test_a_board_is_alive_for_two_election_timeouts_after_it_was_heard() -> None:
    census = Census(own_replica_id=1)
    census.heard(2, 1000)
    until_us = 1000 + 2 * TIMING.election_max_us
    assert census.alive_count(configuration(3), until_us) == 2
    assert census.alive_count(configuration(3), until_us + 1) == 1


def test_who_was_never_heard_is_told_apart() -> None:
    census = Census(own_replica_id=1)
    census.heard(2, 1000)
    assert census.heard_us_ago(2, 1500) == 500
    assert census.heard_us_ago(3, 1500) == -1


def test_a_dropped_connection_is_not_alive_until_it_is_heard_again() -> None:
    census = Census(own_replica_id=1)
    census.heard(2, 1000)
    census.lost(2)
    assert census.alive_count(configuration(3), 1000) == 1
    assert census.heard_us_ago(2, 1000) == -1
    census.heard(2, 2000)
    assert census.alive_count(configuration(3), 2000) == 2
