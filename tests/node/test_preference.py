"""Leadership goes back to the preferred board, calmly."""

from raftpi.core.messages import HeartbeatResponse
from raftpi.node.preference import CALM_LEAST_US, CLOSE_COUNT, Preference
from tests.core.bench import Replica

PRIORITIES = {1: 0, 2: 5, 3: 1}


def leader() -> Replica:
    replica = Replica(3)
    replica.win()
    for peer in (2, 3):
        replica.acknowledge(peer, 2)
    return replica


def wait(
    replica: Replica, preference: Preference, span_us: int, *, alive: tuple[int, ...] = (2, 3)
) -> list[int]:
    """Let time pass with heartbeats; the targets that were named."""
    named: list[int] = []
    end_us = replica.now_us + span_us
    while replica.now_us < end_us:
        replica.pass_time(50_000)
        for peer in alive:
            replica.answer_heartbeat(peer)
        target = preference.target(replica.raft, replica.now_us)
        if target:
            named.append(target)
    return named


def test_the_best_board_gets_the_lead_once_it_has_been_well_for_a_while() -> None:
    replica, preference = leader(), Preference(PRIORITIES)
    assert wait(replica, preference, CALM_LEAST_US - 100_000) == []
    assert wait(replica, preference, 300_000) == [2]


def test_without_priorities_or_as_the_best_board_itself_the_lead_stays() -> None:
    for priorities in ({}, {1: 5, 2: 5, 3: 5}, {1: 9, 2: 5}):
        assert wait(leader(), Preference(priorities), 2 * CALM_LEAST_US) == []


def test_a_board_that_is_not_heard_is_passed_over() -> None:
    replica, preference = leader(), Preference(PRIORITIES)
    assert wait(replica, preference, CALM_LEAST_US + 600_000, alive=(3,)) == [3]


def test_a_board_that_was_gone_for_a_moment_begins_its_wait_anew() -> None:
    replica, preference = leader(), Preference({2: 5})
    wait(replica, preference, CALM_LEAST_US - 500_000)
    wait(replica, preference, 400_000, alive=(3,))
    assert wait(replica, preference, CALM_LEAST_US - 500_000) == []
    assert wait(replica, preference, 1_000_000) == [2]


def test_a_board_that_lags_or_whose_card_is_slow_does_not_get_it() -> None:
    replica, preference = leader(), Preference({2: 5})
    replica.raft.propose([b"x"] * (CLOSE_COUNT + 1), replica.now_us)
    assert wait(replica, preference, 2 * CALM_LEAST_US) == []
    replica = leader()
    preference = Preference({2: 5})
    for _ in range(120):
        replica.pass_time(50_000)
        replica.answer_heartbeat(3)
        replica.step(
            HeartbeatResponse(
                sender=2,
                receiver=1,
                term=replica.raft.current_term,
                round=replica.state.heartbeat_round,
                disk_healthy=False,
            )
        )
        assert preference.target(replica.raft, replica.now_us) == 0


def test_each_attempt_doubles_the_wait_so_that_nothing_flaps() -> None:
    replica, preference = leader(), Preference({2: 5})
    assert wait(replica, preference, CALM_LEAST_US + 200_000) == [2]
    assert wait(replica, preference, 2 * CALM_LEAST_US - 400_000) == []
    assert wait(replica, preference, 600_000) == [2]
    assert wait(replica, preference, 4 * CALM_LEAST_US - 400_000) == []


def test_who_does_not_lead_names_nobody() -> None:
    replica = Replica(3)
    preference = Preference(PRIORITIES)
    assert preference.target(replica.raft, replica.now_us) == 0
