"""Elections: paper 5.2 and 5.4.1, thesis 9.6 (pre-vote), 4.2.3 (stickiness), and the hint."""

import pytest

from raftpi.core.messages import (
    RequestPreVote,
    RequestPreVoteResponse,
    RequestVote,
    RequestVoteResponse,
)
from raftpi.core.ready import Role
from raftpi.core.snapshot import SnapshotMeta
from tests.core.bench import TIMING, Replica, configuration


def test_a_follower_that_hears_nobody_asks_for_pre_votes_without_touching_its_term() -> None:
    replica = Replica(3, term=4)
    replica.time_out()
    assert replica.raft.role is Role.PRE_CANDIDATE
    assert replica.raft.current_term == 4
    asked = replica.take_said(RequestPreVote)
    assert [(m.receiver, m.term) for m in asked] == [(2, 5), (3, 5)]


def test_a_quorum_of_pre_votes_starts_an_election_in_the_next_term() -> None:
    replica = Replica(3, term=4)
    replica.time_out()
    replica.grant_pre_vote(2)
    assert replica.raft.role is Role.CANDIDATE
    assert replica.raft.current_term == 5
    assert replica.state.voted_for == 1


def test_vote_requests_leave_only_after_the_own_vote_is_durable() -> None:
    replica = Replica(3)
    replica.time_out()
    replica.grant_pre_vote(2)
    assert replica.take_said(RequestVote) == []
    replica.sync()
    assert [m.receiver for m in replica.take_said(RequestVote)] == [2, 3]


def test_the_own_vote_counts_only_when_it_is_durable() -> None:
    replica = Replica(3)
    replica.time_out()
    replica.grant_pre_vote(2)
    replica.grant_vote(2)
    assert replica.raft.role is Role.CANDIDATE
    replica.sync()
    assert replica.raft.role is Role.LEADER


def test_a_candidates_timer_starts_when_its_own_vote_is_durable() -> None:
    replica = Replica(3)
    replica.time_out()
    replica.grant_pre_vote(2)
    assert replica.raft.next_deadline_us() is None
    replica.sync()
    deadline_us = replica.raft.next_deadline_us()
    assert deadline_us is not None
    assert TIMING.election_min_us <= deadline_us - replica.now_us <= TIMING.election_max_us


def test_two_votes_of_the_same_peer_are_one_vote() -> None:
    replica = Replica(5)
    replica.time_out()
    for peer in (2, 3):
        replica.grant_pre_vote(peer)
    replica.sync()
    replica.grant_vote(2)
    replica.grant_vote(2)
    assert replica.raft.role is Role.CANDIDATE
    replica.grant_vote(3)
    assert replica.raft.role is Role.LEADER


def test_a_pre_vote_is_no_vote() -> None:
    replica = Replica(5)
    replica.time_out()
    for peer in (2, 3):
        replica.grant_pre_vote(peer)
    replica.sync()
    replica.grant_pre_vote(4, term=replica.raft.current_term)
    replica.grant_pre_vote(5, term=replica.raft.current_term)
    assert replica.raft.role is Role.CANDIDATE


def test_a_refusal_by_the_majority_ends_the_attempt() -> None:
    replica = Replica(3)
    replica.time_out()
    replica.grant_pre_vote(2, granted=False)
    replica.grant_pre_vote(3, granted=False)
    assert replica.raft.role is Role.FOLLOWER


def test_a_refusal_with_a_newer_term_is_followed_into_that_term() -> None:
    replica = Replica(3, term=4)
    replica.time_out()
    replica.grant_pre_vote(2, granted=False, term=9)
    assert (replica.raft.role, replica.raft.current_term) == (Role.FOLLOWER, 9)


def test_a_candidate_without_a_majority_asks_again_for_pre_votes() -> None:
    replica = Replica(3)
    replica.time_out()
    replica.grant_pre_vote(2)
    replica.sync()
    term = replica.raft.current_term
    replica.time_out()
    assert replica.raft.role is Role.PRE_CANDIDATE
    assert replica.raft.current_term == term


def test_a_single_voter_elects_itself_once_its_vote_is_durable() -> None:
    replica = Replica(1)
    replica.time_out()
    assert replica.raft.role is Role.CANDIDATE
    replica.sync()
    assert replica.raft.role is Role.LEADER


@pytest.mark.parametrize(
    ("last", "granted"),
    [((4, 3), True), ((5, 3), True), ((2, 4), True), ((3, 3), False), ((9, 2), False)],
)
def test_a_vote_goes_only_to_a_log_as_up_to_date_as_ours(
    last: tuple[int, int], granted: bool
) -> None:
    replica = Replica(3, (2, 2, 3))  # ends at index 4 of term 3
    replica.ask_vote(2, 5, last)
    replica.sync()
    [answer] = replica.take_said(RequestVoteResponse)
    assert answer.granted is granted
    assert answer.term == 5


def test_a_vote_leaves_only_after_the_sync_that_holds_it() -> None:
    replica = Replica(3)
    replica.ask_vote(2, 5, (1, 1))
    assert replica.take_said(RequestVoteResponse) == []
    assert replica.ready.batch is not None
    assert replica.ready.batch.hard_state is not None
    assert replica.ready.batch.hard_state.voted_for == 2
    replica.sync()
    assert len(replica.take_said(RequestVoteResponse)) == 1


def test_one_vote_a_term_and_again_for_who_has_it() -> None:
    replica = Replica(3)
    replica.ask_vote(2, 5, (1, 1))
    replica.ask_vote(3, 5, (1, 1))
    replica.ask_vote(2, 5, (1, 1))
    replica.sync()
    answers = replica.take_said(RequestVoteResponse)
    assert [(m.receiver, m.granted) for m in answers] == [(2, True), (3, False), (2, True)]


def test_a_vote_survives_a_restart() -> None:
    replica = Replica(3, term=5, voted_for=2)
    replica.ask_vote(3, 5, (1, 1))
    replica.sync()
    [answer] = replica.take_said(RequestVoteResponse)
    assert not answer.granted


def test_stepping_down_within_a_term_keeps_the_vote() -> None:
    replica = Replica(3)
    replica.time_out()
    replica.grant_pre_vote(2)
    replica.sync()
    replica.hear(3, replica.raft.current_term)
    assert replica.raft.role is Role.FOLLOWER
    assert replica.state.voted_for == 1


def test_a_granted_vote_restarts_the_timer() -> None:
    replica = Replica(3, chance=0.0)
    replica.pass_time(TIMING.election_min_us - 1)
    replica.ask_vote(2, 5, (1, 1))
    deadline_us = replica.raft.next_deadline_us()
    assert deadline_us is not None
    assert deadline_us - replica.now_us == TIMING.election_min_us


def test_a_refused_vote_does_not_restart_the_timer() -> None:
    replica = Replica(3, (3,), chance=0.0)
    replica.pass_time(TIMING.election_min_us - 1)
    replica.ask_vote(2, 5, (1, 1))
    deadline_us = replica.raft.next_deadline_us()
    assert deadline_us is not None
    assert deadline_us - replica.now_us == 1


def test_a_voter_that_hears_a_leader_refuses_pre_votes() -> None:
    replica = Replica(3)
    replica.hear(2, 4)
    replica.take_said()
    replica.ask_pre_vote(3, 5, (9, 4))
    replica.sync()
    [answer] = replica.take_said(RequestPreVoteResponse)
    assert (answer.granted, answer.term) == (False, 4)


def test_a_voter_that_hears_a_leader_is_not_moved_by_a_newer_term() -> None:
    replica = Replica(3)
    replica.hear(2, 4)
    replica.ask_vote(3, 50, (9, 4))
    assert replica.raft.current_term == 4
    assert replica.raft.leader_id == 2


def test_a_leader_is_not_disturbed_by_a_newer_term_of_a_rogue() -> None:
    replica = Replica(3)
    replica.win()
    term = replica.raft.current_term
    replica.ask_vote(3, term + 40, (9, term))
    replica.ask_pre_vote(3, term + 41, (9, term))
    assert (replica.raft.role, replica.raft.current_term) == (Role.LEADER, term)


def test_stickiness_ends_after_a_minimum_election_timeout_of_silence() -> None:
    replica = Replica(3, chance=0.9)
    replica.hear(2, 4)
    replica.sync()
    replica.take_said()
    replica.pass_time(TIMING.election_min_us)
    replica.ask_pre_vote(3, 5, (9, 4))
    [answer] = replica.take_said(RequestPreVoteResponse)
    assert answer.granted
    assert replica.raft.current_term == 4


def test_a_pre_vote_is_refused_to_a_stale_log() -> None:
    replica = Replica(3, (2, 2))
    replica.ask_pre_vote(2, 3, (2, 2))
    [answer] = replica.take_said(RequestPreVoteResponse)
    assert not answer.granted


def test_a_pre_vote_for_an_old_term_is_answered_with_the_newer_one() -> None:
    replica = Replica(3, term=9)
    replica.ask_pre_vote(2, 5, (1, 1))
    [answer] = replica.take_said(RequestPreVoteResponse)
    assert (answer.granted, answer.term) == (False, 9)


def test_a_leader_of_an_old_term_is_told_of_the_newer_one() -> None:
    replica = Replica(3, term=9)
    replica.hear(2, 5)
    [answer] = replica.take_said()
    assert (answer.receiver, answer.term) == (2, 9)
    assert replica.raft.leader_id == 0


def test_timeout_now_starts_an_election_at_once_that_overrides_stickiness() -> None:
    replica = Replica(3)
    replica.hear(2, 4)
    replica.sync()
    replica.told_to_campaign(2, 4)
    assert (replica.raft.role, replica.raft.current_term) == (Role.CANDIDATE, 5)
    replica.sync()
    assert all(m.leadership_transfer for m in replica.take_said(RequestVote))
    other = Replica(3)
    other.hear(2, 4)
    other.take_said()
    other.ask_vote(3, 5, (9, 4), transfer=True)
    other.sync()
    [vote] = other.take_said(RequestVoteResponse)
    assert vote.granted


def test_timeout_now_of_who_does_not_lead_is_refused_and_counted() -> None:
    replica = Replica(3)
    replica.hear(2, 4)
    replica.told_to_campaign(3, 4)
    assert replica.raft.role is Role.FOLLOWER
    assert replica.state.refused_counts


def test_a_second_leader_in_one_term_is_refused_and_counted() -> None:
    replica = Replica(3)
    replica.hear(2, 4)
    replica.hear(3, 4)
    assert replica.raft.leader_id == 2
    assert replica.state.refused_counts == {"a second leader in one term": 1}


def test_a_message_for_somebody_else_is_refused_and_counted() -> None:
    replica = Replica(3)
    replica.id = 3
    replica.hear(2, 4)
    assert replica.raft.leader_id == 0
    assert replica.state.refused_counts == {"not addressed to this replica": 1}


def test_a_vote_in_a_term_that_is_durable_already_waits_for_its_own_sync_too() -> None:
    replica = Replica(3, term=5)
    replica.ask_vote(2, 5, (1, 1))
    assert replica.take_said(RequestVoteResponse) == []
    replica.sync()
    assert len(replica.take_said(RequestVoteResponse)) == 1


def test_the_sync_of_an_earlier_batch_does_not_make_the_own_vote_count() -> None:
    replica = Replica(3, term=2)
    replica.append(2, 2, (1, 1), (2,))
    earlier = replica.unsynced
    replica.time_out()
    replica.grant_pre_vote(2)
    replica.grant_vote(2)
    replica.raft.persisted(earlier, replica.now_us)
    replica.take()
    assert replica.raft.role is Role.CANDIDATE
    replica.sync()
    assert replica.raft.role is Role.LEADER


def test_a_pre_candidate_still_votes_for_the_first_that_asks_in_its_term() -> None:
    replica = Replica(3, term=5)
    replica.time_out()
    replica.ask_vote(2, 5, (1, 1))
    replica.ask_vote(3, 5, (1, 1))
    replica.sync()
    answers = replica.take_said(RequestVoteResponse)
    assert [(m.receiver, m.granted) for m in answers] == [(2, True), (3, False)]
    assert (replica.raft.role, replica.state.voted_for) == (Role.FOLLOWER, 2)


def test_a_pre_vote_granted_for_an_earlier_attempt_is_none_for_this_one() -> None:
    replica = Replica(3, term=4)
    replica.time_out()
    replica.grant_pre_vote(3, granted=False, term=5)
    replica.time_out()
    replica.grant_pre_vote(2, term=5)
    assert (replica.raft.role, replica.raft.current_term) == (Role.PRE_CANDIDATE, 5)
    replica.grant_pre_vote(2, term=6)
    assert replica.raft.role is Role.CANDIDATE


def test_a_candidate_that_a_majority_refuses_follows_again_with_its_term_and_vote() -> None:
    replica = Replica(3, term=4)
    replica.time_out()
    replica.grant_pre_vote(2)
    replica.sync()
    replica.grant_vote(2, granted=False)
    assert replica.raft.role is Role.CANDIDATE
    replica.grant_vote(3, granted=False)
    assert replica.raft.role is Role.FOLLOWER
    assert (replica.raft.current_term, replica.state.voted_for) == (5, 1)
    deadline_us = replica.raft.next_deadline_us()
    assert deadline_us is not None
    assert deadline_us - replica.now_us >= TIMING.election_min_us


def test_another_sync_does_not_restart_a_candidates_timer() -> None:
    replica = Replica(3, (1, 1))
    replica.hear(2, 1, commit=3)
    replica.time_out()
    replica.grant_pre_vote(2)
    replica.sync()
    deadline_us = replica.raft.next_deadline_us()
    replica.now_us += 10_000
    replica.raft.compacted(
        SnapshotMeta(index=3, term=1, configuration_index=1, configuration=configuration(3)),
        replica.now_us,
    )
    assert replica.take().batch is not None
    replica.sync()
    assert replica.raft.role is Role.CANDIDATE
    assert replica.raft.next_deadline_us() == deadline_us


def test_a_pre_vote_for_the_present_term_is_refused_for_that_may_be_voted_in_already() -> None:
    replica = Replica(3, term=5)
    replica.ask_pre_vote(2, 5, (1, 1))
    [answer] = replica.take_said(RequestPreVoteResponse)
    assert (answer.granted, answer.term) == (False, 5)


def test_a_candidate_that_grants_a_pre_vote_goes_on_with_its_election() -> None:
    replica = Replica(3)
    replica.time_out()
    replica.grant_pre_vote(2)
    replica.sync()
    replica.ask_pre_vote(3, replica.raft.current_term + 1, (9, 1))
    assert replica.raft.role is Role.CANDIDATE
    replica.grant_vote(2)
    assert replica.raft.role is Role.LEADER
