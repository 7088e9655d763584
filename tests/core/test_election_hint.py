"""The hint: a leader's dropped connection, and two followers that notice it at once."""

from raftpi.core.messages import RequestPreVote, RequestPreVoteResponse, RequestVoteResponse
from raftpi.core.ready import Role
from tests.core.bench import TIMING, Replica


def test_a_dropped_connection_to_the_leader_brings_the_pre_vote_within_milliseconds() -> None:
    replica = Replica(3)
    replica.hear(2, 4)
    replica.sync()
    replica.take_said()
    replica.raft.peer_lost(2, replica.now_us)
    replica.pass_time(replica.state.limits.hint_delay_us)
    assert replica.raft.role is Role.PRE_CANDIDATE
    assert len(replica.take_said(RequestPreVote)) == 2


def test_the_world_is_told_that_no_leader_is_known_any_more() -> None:
    replica = Replica(3)
    replica.hear(2, 4)
    replica.raft.peer_lost(2, replica.now_us)
    [told] = replica.take().role_changes
    assert (told.role, told.term, told.leader) == (Role.FOLLOWER, 4, 0)


def test_a_dropped_connection_to_another_follower_means_nothing() -> None:
    replica = Replica(3)
    replica.hear(2, 4)
    replica.raft.peer_lost(3, replica.now_us)
    replica.pass_time(replica.state.limits.hint_delay_us)
    assert replica.raft.role is Role.FOLLOWER
    assert replica.raft.leader_id == 2


def test_a_hint_ends_stickiness_for_pre_votes_and_votes() -> None:
    replica = Replica(3)
    replica.hear(2, 4)
    replica.sync()
    replica.take_said()
    replica.raft.peer_lost(2, replica.now_us)
    replica.ask_pre_vote(3, 5, (1, 1))
    [answer] = replica.take_said(RequestPreVoteResponse)
    assert answer.granted
    replica.ask_vote(3, 5, (1, 1))
    replica.sync()
    [vote] = replica.take_said(RequestVoteResponse)
    assert vote.granted


def test_a_message_of_the_leader_cancels_the_hint() -> None:
    replica = Replica(3)
    replica.hear(2, 4)
    replica.raft.peer_lost(2, replica.now_us)
    replica.hear(2, 4, round=2)
    assert replica.raft.leader_id == 2
    replica.pass_time(TIMING.election_min_us - 1)
    assert replica.raft.role is Role.FOLLOWER


def test_a_refused_hint_asks_again_within_milliseconds_a_few_times() -> None:
    replica = Replica(3)
    replica.hear(2, 4)
    replica.sync()
    replica.raft.peer_lost(2, replica.now_us)
    rounds = 0
    for _ in range(3):
        replica.time_out()
        rounds += len(replica.take_said(RequestPreVote)) // 2
        replica.grant_pre_vote(2, granted=False)
        replica.grant_pre_vote(3, granted=False)
        deadline_us = replica.raft.next_deadline_us()
        assert deadline_us is not None
        assert deadline_us - replica.now_us <= 2 * replica.state.limits.hint_retry_us
    assert rounds == 3


def test_a_hint_gives_up_after_its_attempts_and_waits_like_anybody() -> None:
    replica = Replica(3)
    replica.hear(2, 4)
    replica.sync()
    replica.raft.peer_lost(2, replica.now_us)
    for _ in range(replica.state.limits.hint_attempt_count + 1):
        replica.time_out()
    deadline_us = replica.raft.next_deadline_us()
    assert deadline_us is not None
    assert deadline_us - replica.now_us >= TIMING.election_min_us


def test_of_two_pre_candidates_the_one_with_the_weaker_claim_steps_aside() -> None:
    weaker = Replica(3, replica_id=2)
    weaker.time_out()
    weaker.ask_pre_vote(3, 2, (1, 1))
    assert weaker.raft.role is Role.FOLLOWER
    stronger = Replica(3, replica_id=3)
    stronger.time_out()
    stronger.ask_pre_vote(2, 2, (1, 1))
    assert stronger.raft.role is Role.PRE_CANDIDATE


def test_a_hinted_follower_that_granted_a_pre_vote_lets_the_other_go_first() -> None:
    replica = Replica(3, chance=0.0)
    replica.hear(2, 4)
    replica.sync()
    replica.raft.peer_lost(2, replica.now_us)
    replica.ask_pre_vote(3, 5, (1, 1))
    deadline_us = replica.raft.next_deadline_us()
    assert deadline_us is not None
    assert deadline_us - replica.now_us >= replica.state.limits.hint_retry_us // 2


def test_a_refusal_with_a_newer_term_does_not_end_the_hint() -> None:
    replica = Replica(3)
    replica.hear(2, 4)
    replica.sync()
    replica.raft.peer_lost(2, replica.now_us)
    replica.time_out()
    replica.grant_pre_vote(3, granted=False, term=6)
    assert replica.raft.current_term == 6
    deadline_us = replica.raft.next_deadline_us()
    assert deadline_us is not None
    assert deadline_us - replica.now_us <= 2 * replica.state.limits.hint_retry_us


def test_a_hinted_pre_candidate_that_steps_aside_asks_again_soon() -> None:
    replica = Replica(3)
    replica.hear(2, 4)
    replica.sync()
    replica.raft.peer_lost(2, replica.now_us)
    replica.time_out()
    replica.ask_pre_vote(3, 5, (1, 1))
    assert replica.raft.role is Role.FOLLOWER
    deadline_us = replica.raft.next_deadline_us()
    assert deadline_us is not None
    assert deadline_us - replica.now_us <= 2 * replica.state.limits.hint_retry_us


def test_a_hint_never_puts_an_election_off() -> None:
    replica = Replica(3)
    replica.hear(2, 4)
    deadline_us = replica.raft.next_deadline_us()
    assert deadline_us is not None
    replica.now_us = deadline_us - 100
    replica.raft.peer_lost(2, replica.now_us)
    assert replica.raft.next_deadline_us() == deadline_us


def test_without_a_hint_who_is_refused_with_a_newer_term_waits_like_anybody() -> None:
    replica = Replica(3, term=4)
    replica.time_out()
    replica.grant_pre_vote(2, granted=False, term=9)
    deadline_us = replica.raft.next_deadline_us()
    assert deadline_us is not None
    assert deadline_us - replica.now_us >= TIMING.election_min_us


def test_a_hint_is_not_put_off_by_a_candidate_that_gets_no_vote() -> None:
    replica = Replica(3, (4,))
    replica.hear(2, 4)
    replica.raft.peer_lost(2, replica.now_us)
    deadline_us = replica.raft.next_deadline_us()
    replica.ask_vote(3, 5, (1, 1))
    assert (replica.raft.current_term, replica.state.voted_for) == (5, 0)
    assert replica.raft.next_deadline_us() == deadline_us
