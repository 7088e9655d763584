"""What a node says before anything enters the log."""

from raftpi.core.raft import Raft
from raftpi.core.ready import Role
from raftpi.node.door import WAITING_LIMIT_BYTES, WAITING_LIMIT_COUNT, reason_to_turn_away
from tests.core.bench import TIMING, Replica


def leader() -> Replica:
    replica = Replica(3)
    replica.win()
    for peer in (2, 3):
        replica.acknowledge(peer, 2)
    return replica


def reason(raft: Raft, now_us: int, **changes: int) -> str:
    values = {"is_quorum_alive": True, "waiting_count": 0, "waiting_bytes": 0, "applied_index": 2}
    values.update(changes)
    return reason_to_turn_away(raft, now_us=now_us, **values)


def test_a_leader_that_hears_its_quorum_takes_requests_in() -> None:
    replica = leader()
    assert reason(replica.raft, replica.now_us) == ""


def test_a_leader_that_sees_too_few_alive_says_no_quorum() -> None:
    replica = leader()
    assert reason(replica.raft, replica.now_us, is_quorum_alive=False) == "no quorum"
    assert reason(replica.raft, replica.now_us, is_quorum_alive=True) == ""


def test_a_leader_that_heard_no_quorum_for_a_minimum_election_timeout_says_so() -> None:
    replica = leader()
    late_us = replica.now_us + TIMING.election_min_us + 1
    assert reason(replica.raft, late_us) == "no quorum"


def test_a_leader_that_hands_over_says_so() -> None:
    replica = leader()
    replica.raft.transfer_leadership(2, replica.now_us)
    assert reason(replica.raft, replica.now_us) == "handing over"


def test_a_leader_that_has_applied_nothing_yet_asks_for_a_moment() -> None:
    replica = leader()
    assert reason(replica.raft, replica.now_us, applied_index=0) == "election"


def test_a_leader_with_too_many_waiting_says_overloaded() -> None:
    replica = leader()
    for changes in (
        {"waiting_count": WAITING_LIMIT_COUNT},
        {"waiting_bytes": WAITING_LIMIT_BYTES},
    ):
        assert reason(replica.raft, replica.now_us, **changes) == "overloaded"


def test_a_follower_says_whether_it_knows_a_leader_an_election_or_no_quorum() -> None:
    replica = Replica(3)
    assert reason(replica.raft, replica.now_us) == "election"
    assert reason(replica.raft, replica.now_us + 2 * TIMING.election_max_us + 1) == "no quorum"
    replica.hear(2, 3)
    assert replica.raft.role is Role.FOLLOWER
    assert reason(replica.raft, replica.now_us) == "not leader"
