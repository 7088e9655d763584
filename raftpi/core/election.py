"""Elections: pre-vote, vote, the hint of a dropped connection (paper 5.2, thesis 9.6)."""

from raftpi.core import card, replication, roles
from raftpi.core.messages import (
    RequestPreVote,
    RequestPreVoteResponse,
    RequestVote,
    RequestVoteResponse,
    TimeoutNow,
)
from raftpi.core.quorum import VoteOutcome, vote_outcome
from raftpi.core.ready import Role
from raftpi.core.state import ReplicaState


def on_election_timeout(state: ReplicaState) -> None:
    """Nothing was heard of a leader for long enough: see whether an election could be won."""
    if not state.may_stand or state.doubt_id != 0 or not card.may_campaign(state):
        roles.reset_election_deadline(state)
        return
    start_pre_vote(state)


def start_pre_vote(state: ReplicaState) -> None:
    """Become a pre-candidate and ask every other voter."""
    roles.become_pre_candidate(state)
    for peer in _other_voters(state):
        state.send(
            RequestPreVote(
                sender=state.replica_id,
                receiver=peer,
                term=state.current_term + 1,
                last_log_index=state.log.last_index,
                last_log_term=state.log.last_term,
            )
        )
    _count_pre_votes(state)


def start_election(state: ReplicaState, *, leadership_transfer: bool) -> None:
    """Become a candidate; the requests leave when the own vote is durable.

    They claim the end of this log, so that must be durable too: else a restart could make
    votes count that were given to a longer log.
    """
    roles.become_candidate(state)
    for peer in _other_voters(state):
        state.send_after_persist(
            RequestVote(
                sender=state.replica_id,
                receiver=peer,
                term=state.current_term,
                last_log_index=state.log.last_index,
                last_log_term=state.log.last_term,
                leadership_transfer=leadership_transfer,
            )
        )


def on_own_vote_durable(state: ReplicaState) -> None:
    """The candidate's own vote has reached the card: it counts, and the timer starts."""
    if state.replica_id in state.votes:
        return
    if state.durability.durable_hard_state != state.hard_state:
        return
    state.votes[state.replica_id] = True
    roles.reset_election_deadline(state)
    _count_votes(state)


def on_request_pre_vote(state: ReplicaState, message: RequestPreVote) -> None:
    """Grant if the sender's log is as good as ours and we hear no leader; change no term."""
    granted = (
        message.term > state.current_term
        and state.doubt_id == 0
        and not roles.hears_leader(state)
        and state.log.is_up_to_date(message.last_log_index, message.last_log_term)
    )
    state.send(
        RequestPreVoteResponse(
            sender=state.replica_id,
            receiver=message.sender,
            term=message.term if granted else state.current_term,
            granted=granted,
        )
    )
    if granted:
        _yield_to(state, message)


def on_request_pre_vote_response(state: ReplicaState, message: RequestPreVoteResponse) -> None:
    """Count an answer to the pre-vote under way; anything else is stale."""
    if state.role is not Role.PRE_CANDIDATE:
        return
    if message.granted and message.term != state.current_term + 1:
        return
    state.votes[message.sender] = message.granted
    _count_pre_votes(state)


def on_request_vote(state: ReplicaState, message: RequestVote) -> None:
    """Vote at most once a term, for a log as good as ours (paper 5.2, 5.4.1)."""
    granted = (
        message.term == state.current_term
        and state.doubt_id == 0
        and (state.voted_for == message.sender or (state.voted_for == 0 and state.leader_id == 0))
        and (message.leadership_transfer or not roles.hears_leader(state))
        and state.log.is_up_to_date(message.last_log_index, message.last_log_term)
    )
    if granted:
        state.voted_for = message.sender
        if state.role is Role.PRE_CANDIDATE:
            roles.become_follower(state, state.current_term, 0)
        roles.reset_election_deadline(state)
    state.send_after_persist(
        RequestVoteResponse(
            sender=state.replica_id,
            receiver=message.sender,
            term=state.current_term,
            granted=granted,
        )
    )


def on_request_vote_response(state: ReplicaState, message: RequestVoteResponse) -> None:
    """Count a vote of the current term."""
    if state.role is not Role.CANDIDATE:
        return
    state.votes[message.sender] = message.granted
    _count_votes(state)


def on_timeout_now(state: ReplicaState, message: TimeoutNow) -> None:
    """The leader hands over: campaign at once, without a pre-vote (thesis 3.10).

    That the sender leads this term was seen to before (`heartbeats.contact`).
    """
    if not state.is_voter:
        state.refuse("TimeoutNow to a learner")
        return
    if state.doubt_id != 0:
        state.refuse("TimeoutNow to a replica in doubt")
        return
    if not card.is_roomy(state):
        state.refuse("TimeoutNow to a full card")
        return
    start_election(state, leadership_transfer=True)


def on_peer_lost(state: ReplicaState, peer: int) -> None:
    """The connection to `peer` dropped. If it leads, its process has probably died: the hint.

    A hint ends stickiness and brings the pre-vote forward to a few random milliseconds from
    now; any message from the leader cancels it. It can cost a leader its lamp's lease, never
    a log its safety. Leases for reads it would break, so where those are on there is no hint.
    """
    if peer != state.leader_id:
        return
    if state.cluster.lease_reads:
        return
    roles.lose_reads(state)
    state.leader_id = 0
    state.hint_attempts_left = state.limits.hint_attempt_count
    hinted_us = state.now_us + state.random_us(0, state.limits.hint_delay_us)
    if state.election_deadline_us is None or hinted_us < state.election_deadline_us:
        state.election_deadline_us = hinted_us
    state.report_role()


def _other_voters(state: ReplicaState) -> tuple[int, ...]:
    return tuple(voter for voter in state.cluster.voters() if voter != state.replica_id)


def _count_pre_votes(state: ReplicaState) -> None:
    outcome = vote_outcome(state.cluster, state.votes)
    if outcome is VoteOutcome.WON:
        start_election(state, leadership_transfer=False)
    elif outcome is VoteOutcome.LOST:
        _give_up(state)


def _count_votes(state: ReplicaState) -> None:
    if state.replica_id not in state.votes:
        return
    outcome = vote_outcome(state.cluster, state.votes)
    if outcome is VoteOutcome.WON:
        roles.become_leader(state)
        replication.begin_leadership(state)
    elif outcome is VoteOutcome.LOST:
        _give_up(state)


def _give_up(state: ReplicaState) -> None:
    """Refused by a majority: follow again, and wait; only milliseconds after a hint."""
    roles.become_follower(state, state.current_term, 0)
    if state.hint_attempts_left > 0:
        roles.postpone_hint(state)


def _yield_to(state: ReplicaState, message: RequestPreVote) -> None:
    """Two that ask at the same moment must not split the votes: the better claim goes first.

    Links deliver in order, so the weaker of two pre-candidates sees the other's request
    before its grant, and steps aside.
    """
    theirs = (message.last_log_term, message.last_log_index, message.sender)
    ours = (state.log.last_term, state.log.last_index, state.replica_id)
    if state.role is Role.PRE_CANDIDATE and theirs > ours:
        roles.become_follower(state, state.current_term, 0)
        if state.hint_attempts_left > 0:
            roles.postpone_hint(state)
    elif state.role is Role.FOLLOWER and state.hint_attempts_left > 0:
        roles.postpone_hint(state)
