"""How a message is taken in: what an older term says ends at the door."""

from raftpi.core.messages import (
    AppendEntriesResponse,
    HeartbeatResponse,
    Message,
    RequestReadIndex,
    RequestVoteResponse,
)
from raftpi.core.ready import Role
from tests.core.bench import TIMING, Replica


def test_an_acknowledgement_of_an_older_term_commits_nothing_and_is_not_answered() -> None:
    replica = Replica(3, term=4)
    replica.win()
    replica.acknowledge(2, 2, term=4)
    assert replica.state.progress[2].match_index == 0
    assert replica.state.commit_index == 0
    assert replica.take_said() == []
    replica.acknowledge(2, 2)
    assert replica.state.commit_index == 2


def test_a_vote_of_an_older_term_elects_nobody() -> None:
    replica = Replica(3, term=4)
    replica.time_out()
    replica.grant_pre_vote(2)
    replica.sync()
    replica.take_said()
    replica.step(RequestVoteResponse(sender=2, receiver=1, term=4, granted=True))
    assert replica.raft.role is Role.CANDIDATE
    assert replica.take_said() == []
    replica.grant_vote(2)
    assert replica.raft.role is Role.LEADER


def test_answers_to_heartbeats_of_an_older_term_do_not_keep_a_leader() -> None:
    replica = Replica(3, term=4)
    replica.win()
    for _ in range(TIMING.election_max_us // TIMING.heartbeat_us):
        replica.pass_time(TIMING.heartbeat_us)
        for peer in (2, 3):
            replica.step(
                HeartbeatResponse(sender=peer, receiver=1, term=4, round=1, disk_healthy=True)
            )
    assert replica.raft.role is not Role.LEADER


def test_who_led_an_older_term_can_make_nobody_campaign() -> None:
    replica = Replica(3, term=4)
    replica.told_to_campaign(2, 3)
    assert (replica.raft.role, replica.raft.current_term) == (Role.FOLLOWER, 4)
    assert replica.take_said() == []


def test_a_read_asked_for_in_an_older_term_is_not_answered() -> None:
    replica = Replica(3, term=4)
    replica.win()
    replica.acknowledge(2, 2)
    replica.step(RequestReadIndex(sender=2, receiver=1, term=4, request_id=44))
    replica.answer_heartbeat(2)
    replica.answer_heartbeat(3)
    assert replica.take_said() == []


def test_who_is_no_member_changes_nothing_by_its_answers() -> None:
    replica = Replica(3)
    replica.win()
    term = replica.raft.current_term
    answers: tuple[Message, ...] = (
        HeartbeatResponse(sender=9, receiver=1, term=term, round=1, disk_healthy=True),
        AppendEntriesResponse(
            sender=9,
            receiver=1,
            term=term,
            success=True,
            match_index=2,
            rejected_index=0,
            conflict_index=0,
            conflict_term=0,
        ),
    )
    for answer in answers:
        replica.step(answer)
    assert replica.take_said() == []
    assert replica.state.commit_index == 0
    assert sorted(replica.state.progress) == [2, 3]


def test_a_message_that_claims_to_come_from_its_receiver_is_refused_and_counted() -> None:
    replica = Replica(3)
    replica.time_out()
    replica.grant_pre_vote(1)
    assert replica.raft.role is Role.PRE_CANDIDATE
    assert replica.state.refused_counts == {"not addressed to this replica": 1}
