"""Slow and sick cards: who has one does not campaign, and a leader hands over in time."""

from raftpi.core.limits import Limits
from raftpi.core.messages import HeartbeatResponse, RequestPreVote, TimeoutNow
from raftpi.core.ready import Role
from tests.core.bench import TIMING, Replica

STALL_US = Limits().disk_stall_us


def stalled_leader(count: int = 3, *, healthy: tuple[int, ...] = (2, 3)) -> Replica:
    """A leader whose write never comes back, while `healthy` members answer."""
    replica = Replica(count)
    replica.win()
    for peer in replica.state.peers():
        replica.acknowledge(peer, 2)
    replica.raft.writing_since(replica.now_us, replica.now_us)
    while replica.now_us < replica.state.writing_since_us + STALL_US - 50_000:
        replica.pass_time(50_000)
        answer(replica, healthy)
    replica.take_said()
    return replica


def answer(replica: Replica, healthy: tuple[int, ...]) -> None:
    for peer in replica.state.peers():
        replica.step(
            HeartbeatResponse(
                sender=peer,
                receiver=1,
                term=replica.raft.current_term,
                round=replica.state.heartbeat_round,
                disk_healthy=peer in healthy,
            )
        )


def test_a_leader_with_a_stalled_card_commits_with_the_others() -> None:
    replica = stalled_leader()
    index = replica.raft.propose((b"x",), replica.now_us)
    replica.take()
    replica.acknowledge(2, index)
    assert replica.state.commit_index < index
    replica.acknowledge(3, index)
    assert replica.state.commit_index == index


def test_a_stall_that_lasts_too_long_makes_a_leader_hand_over() -> None:
    replica = stalled_leader()
    assert replica.raft.role is Role.LEADER
    replica.pass_time(100_000)
    assert [m.receiver for m in replica.take_said(TimeoutNow)] in ([2], [3])


def test_it_does_not_hand_over_to_a_member_whose_card_is_no_better() -> None:
    replica = stalled_leader(5, healthy=(3, 4, 5))
    replica.pass_time(100_000)
    (told,) = replica.take_said(TimeoutNow)
    assert told.receiver in (3, 4, 5)


def test_without_a_quorum_of_healthy_cards_it_stays() -> None:
    replica = stalled_leader(healthy=(2,))
    replica.pass_time(100_000)
    answer(replica, (2,))
    replica.pass_time(100_000)
    assert replica.take_said(TimeoutNow) == []
    assert replica.raft.role is Role.LEADER


def test_a_write_that_comes_back_in_time_changes_nothing() -> None:
    replica = stalled_leader()
    replica.raft.writing_since(None, replica.now_us)
    replica.pass_time(100_000)
    assert replica.take_said(TimeoutNow) == []


def test_a_node_with_a_stalled_card_does_not_campaign() -> None:
    replica = Replica(3)
    replica.raft.writing_since(replica.now_us - 1_000_000, replica.now_us)
    replica.time_out()
    replica.time_out()
    assert replica.take_said(RequestPreVote) == []
    replica.raft.writing_since(None, replica.now_us)
    replica.time_out()
    assert len(replica.take_said(RequestPreVote)) == 2


def test_a_stalled_card_is_told_to_the_leader() -> None:
    replica = Replica(3)
    replica.raft.writing_since(replica.now_us, replica.now_us)
    replica.hear(2, 1)
    replica.now_us += STALL_US // 2
    replica.raft.tick(replica.now_us)
    replica.take()
    replica.hear(2, 1)
    told = [m.disk_healthy for m in replica.take_said() if isinstance(m, HeartbeatResponse)]
    assert told == [True, False]


def test_the_leader_hands_over_at_the_limit_and_no_microsecond_before() -> None:
    replica = stalled_leader()
    replica.now_us = replica.state.writing_since_us + STALL_US - 1
    replica.raft.tick(replica.now_us)
    replica.take()
    assert replica.take_said(TimeoutNow) == []
    replica.now_us += 1
    replica.raft.tick(replica.now_us)
    replica.take()
    assert len(replica.take_said(TimeoutNow)) == 1


def test_a_member_that_was_not_heard_of_late_is_not_taken_for_healthy() -> None:
    replica = stalled_leader()
    for _ in range(TIMING.election_min_us // 10_000):
        replica.now_us += 10_000
        replica.answer_heartbeat(2)
    replica.raft.tick(replica.now_us)
    replica.take()
    assert replica.now_us >= replica.state.writing_since_us + STALL_US
    assert replica.take_said(TimeoutNow) == []
    assert not replica.raft.is_handing_over
