"""Bugs of votes and terms."""

from typing import Any

from raftpi.core import delivery, election, heartbeats, log, quorum, raft, roles, state
from raftpi.core.messages import (
    RequestPreVote,
    RequestPreVoteResponse,
    RequestVote,
    RequestVoteResponse,
)
from raftpi.core.quorum import VoteOutcome, majority
from raftpi.core.ready import HardState, Role
from raftpi.core.state import ReplicaState
from tests.mutants.mutant import mutant


def handle(kind: type, handler: Any) -> None:
    """Have messages of this kind handled otherwise."""
    delivery._HANDLERS[kind] = handler


@mutant("D", "vote not persisted before the reply")
def vote_before_sync() -> None:
    original = state.ReplicaState.send_after_persist

    def send(self: ReplicaState, message: Any) -> None:
        if isinstance(message, RequestVoteResponse):
            self.messages.append(message)
        else:
            original(self, message)

    state.ReplicaState.send_after_persist = send  # type: ignore[method-assign]


@mutant("D", "term and vote reset at restart")
def term_forgotten() -> None:
    original = raft.Raft.__init__

    def init(self: Any, *, hard_state: HardState, entries: Any, **rest: Any) -> None:
        term = entries[-1].term if entries else hard_state.term
        original(self, hard_state=HardState(term=term, voted_for=0), entries=entries, **rest)

    raft.Raft.__init__ = init  # type: ignore[method-assign]


@mutant("S", "stepping down within a term clears the vote")
def vote_cleared() -> None:
    original = roles.become_follower

    def become_follower(state: ReplicaState, term: int, leader_id: int) -> None:
        original(state, term, leader_id)
        state.voted_for = 0

    roles.become_follower = become_follower


@mutant("S", "votes counted, not voters")
def votes_counted() -> None:
    def outcome(configuration: Any, votes: dict[int, bool]) -> VoteOutcome:
        count = len(configuration.voters())
        granted = sum(votes.values())
        if granted >= majority(count):
            return VoteOutcome.WON
        lost = len(votes) - granted > count - majority(count)
        return VoteOutcome.LOST if lost else VoteOutcome.PENDING

    def on_response(state: ReplicaState, message: RequestVoteResponse) -> None:
        if state.role is Role.CANDIDATE:
            state.votes[message.sender + len(state.votes)] = message.granted
            election._count_votes(state)

    election.vote_outcome = outcome  # type: ignore[assignment]
    quorum.vote_outcome = outcome  # type: ignore[assignment]
    handle(RequestVoteResponse, on_response)


@mutant("S", "real and pre-vote replies confused")
def pre_votes_are_votes() -> None:
    original = election.on_request_pre_vote_response

    def on_response(state: ReplicaState, message: RequestPreVoteResponse) -> None:
        if state.role is Role.CANDIDATE:
            state.votes[message.sender] = message.granted
            election._count_votes(state)
        else:
            original(state, message)

    handle(RequestPreVoteResponse, on_response)


@mutant("V", "repeated request from the voted-for candidate denied")
def vote_once_only() -> None:
    original = election.on_request_vote

    def on_request(state: ReplicaState, message: RequestVote) -> None:
        voted_for = state.voted_for
        if voted_for == message.sender and message.term == state.current_term:
            state.voted_for = -1
            original(state, message)
            state.voted_for = voted_for
        else:
            original(state, message)

    handle(RequestVote, on_request)


@mutant("V", "last log term 0 after compaction")
def term_lost_by_compaction() -> None:
    def last_term(self: log.RaftLog) -> int:
        return self._entries[-1].term if self._entries else 0

    log.RaftLog.last_term = property(last_term)  # type: ignore[assignment]


@mutant("V", "a granted vote does not reset the timer")
def timer_runs_on() -> None:
    original = election.on_request_vote

    def on_request(state: ReplicaState, message: RequestVote) -> None:
        deadline_us = state.election_deadline_us
        original(state, message)
        state.election_deadline_us = deadline_us

    handle(RequestVote, on_request)


@mutant("V", "pre-vote granted while a leader lives")
def pre_vote_not_sticky() -> None:
    def on_request(state: ReplicaState, message: RequestPreVote) -> None:
        granted = message.term > state.current_term and state.log.is_up_to_date(
            message.last_log_index, message.last_log_term
        )
        state.send(
            RequestPreVoteResponse(
                sender=state.replica_id,
                receiver=message.sender,
                term=message.term if granted else state.current_term,
                granted=granted,
            )
        )

    handle(RequestPreVote, on_request)


@mutant("V", "a stale term in a pre-vote reply")
def pre_vote_of_old_term() -> None:
    original = state.ReplicaState.send

    def send(self: ReplicaState, message: Any) -> None:
        if isinstance(message, RequestPreVoteResponse):
            message = RequestPreVoteResponse(
                sender=message.sender,
                receiver=message.receiver,
                term=self.current_term,
                granted=message.granted,
            )
        original(self, message)

    state.ReplicaState.send = send  # type: ignore[method-assign]


@mutant("V", "a removed node disrupts the others")
def removed_disrupts() -> None:
    pre_vote_not_sticky()
    roles.hears_leader = lambda state: False
    state.ReplicaState.is_voter = property(lambda self: self.configuration is not None)  # type: ignore[assignment, misc]
    assert heartbeats.roles is roles
