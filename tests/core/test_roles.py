"""What a change of role resets."""

from raftpi.core.messages import RequestVoteResponse
from raftpi.core.ready import Role
from tests.core.bench import TIMING, Replica


def test_who_is_refused_waits_a_whole_election_timeout_from_then_on() -> None:
    replica = Replica(3, chance=0.0)
    replica.time_out()
    replica.now_us += TIMING.election_min_us // 2
    replica.grant_pre_vote(2, granted=False)
    replica.grant_pre_vote(3, granted=False)
    assert replica.raft.role is Role.FOLLOWER
    assert replica.raft.next_deadline_us() == replica.now_us + TIMING.election_min_us


def test_a_leader_that_steps_down_waits_an_election_timeout() -> None:
    replica = Replica(3, chance=0.0)
    replica.win()
    replica.now_us += TIMING.election_max_us
    replica.raft.tick(replica.now_us)
    assert replica.raft.role is Role.FOLLOWER
    assert replica.raft.next_deadline_us() == replica.now_us + TIMING.election_min_us


def test_votes_of_one_attempt_do_not_count_in_the_next() -> None:
    replica = Replica(5)
    replica.time_out()
    replica.grant_pre_vote(2)
    replica.time_out()
    replica.grant_pre_vote(3)
    assert replica.raft.role is Role.PRE_CANDIDATE
    replica.grant_pre_vote(2)
    assert replica.raft.role is Role.CANDIDATE
    replica.sync()
    replica.step(RequestVoteResponse(sender=2, receiver=1, term=2, granted=True))
    assert replica.raft.role is Role.CANDIDATE


def test_a_late_vote_does_not_make_a_pre_candidate_lead() -> None:
    replica = Replica(3)
    replica.time_out()
    replica.grant_pre_vote(2)
    replica.sync()
    replica.time_out()
    assert replica.raft.role is Role.PRE_CANDIDATE
    replica.grant_vote(2)
    assert replica.raft.role is Role.PRE_CANDIDATE


def test_nobody_leads_before_its_own_vote_is_durable_whoever_voted_for_it() -> None:
    replica = Replica(5)
    replica.time_out()
    for peer in (2, 3):
        replica.grant_pre_vote(peer)
    for peer in (2, 3, 4):
        replica.grant_vote(peer)
    assert replica.raft.role is Role.CANDIDATE
    replica.sync()
    assert replica.raft.role is Role.LEADER


def test_answers_to_appends_keep_a_leader_as_answers_to_heartbeats_do() -> None:
    replica = Replica(3)
    replica.win()
    for _ in range(2 * TIMING.election_max_us // TIMING.heartbeat_us):
        replica.pass_time(TIMING.heartbeat_us)
        replica.acknowledge(2, 2)
    assert replica.raft.role is Role.LEADER
