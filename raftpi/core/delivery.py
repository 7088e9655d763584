"""How a message is taken in: who it is for, its term, and then the rule that it belongs to."""

from collections.abc import Callable
from typing import Any

from raftpi.core import election, heartbeats, membership, reads, replication, roles, snapshotting
from raftpi.core.messages import (
    AppendEntries,
    AppendEntriesResponse,
    Heartbeat,
    HeartbeatResponse,
    InstallSnapshot,
    InstallSnapshotResponse,
    Message,
    RequestPreVote,
    RequestPreVoteResponse,
    RequestReadIndex,
    RequestReadIndexResponse,
    RequestVote,
    RequestVoteResponse,
    TimeoutNow,
)
from raftpi.core.ready import Role
from raftpi.core.state import ReplicaState

_FROM_LEADERS = (AppendEntries, Heartbeat, InstallSnapshot)


def take_in(state: ReplicaState, message: Message) -> None:
    """Do what the message asks for, or count why not."""
    if message.receiver != state.replica_id or message.sender == state.replica_id:
        state.refuse("not addressed to this replica")
    elif state.configuration is None and not isinstance(message, _FROM_LEADERS):
        # It has no term and no vote on its card yet, so it can promise nothing.
        state.refuse("a vote asked of a replica without a log")
    elif _passes_term(state, message):
        _HANDLERS[type(message)](state, message)


def _passes_term(state: ReplicaState, message: Message) -> bool:
    """Compare terms before anything else (paper 5.1); False when the message ends here."""
    if isinstance(message, RequestPreVote):
        return True
    if isinstance(message, RequestPreVoteResponse) and message.granted:
        return True
    if message.term < state.current_term:
        _answer_old_term(state, message)
        return False
    if message.term > state.current_term and not _enter_term(state, message):
        return False
    if isinstance(message, (AppendEntries, Heartbeat, TimeoutNow, InstallSnapshot)):
        return heartbeats.contact(state, message.sender)
    return True


def _enter_term(state: ReplicaState, message: Message) -> bool:
    """Follow into a newer term, unless a live leader forbids it (thesis 4.2.3)."""
    if (
        isinstance(message, RequestVote)
        and not message.leadership_transfer
        and roles.hears_leader(state)
    ):
        return False
    roles.become_follower(state, message.term, 0)
    if isinstance(message, RequestPreVoteResponse) and state.hint_attempts_left > 0:
        roles.postpone_hint(state)
    return True


def _answer_old_term(state: ReplicaState, message: Message) -> None:
    """Tell who leads or campaigns in an old term of the newer one, so that it steps down."""
    if isinstance(message, _FROM_LEADERS):
        state.send(
            HeartbeatResponse(
                sender=state.replica_id,
                receiver=message.sender,
                term=state.current_term,
                round=0,
                disk_healthy=True,
            )
        )
    elif isinstance(message, RequestVote):
        election.on_request_vote(state, message)


def _on_heartbeat_response(state: ReplicaState, message: HeartbeatResponse) -> None:
    heartbeats.on_heartbeat_response(state, message)
    if state.role is Role.LEADER:
        replication.check_position(state, message.sender)
        reads.confirm(state)


def _on_heartbeat(state: ReplicaState, message: Heartbeat) -> None:
    heartbeats.on_heartbeat(state, message)
    reads.ask_again(state)


def _on_append_entries_response(state: ReplicaState, message: AppendEntriesResponse) -> None:
    replication.on_append_entries_response(state, message)
    if message.sender in state.progress:
        membership.note_round(state, message.sender)


_HANDLERS: dict[type, Callable[[ReplicaState, Any], None]] = {
    RequestPreVote: election.on_request_pre_vote,
    RequestPreVoteResponse: election.on_request_pre_vote_response,
    RequestVote: election.on_request_vote,
    RequestVoteResponse: election.on_request_vote_response,
    AppendEntries: replication.on_append_entries,
    AppendEntriesResponse: _on_append_entries_response,
    Heartbeat: _on_heartbeat,
    HeartbeatResponse: _on_heartbeat_response,
    TimeoutNow: election.on_timeout_now,
    InstallSnapshot: snapshotting.on_install_snapshot,
    InstallSnapshotResponse: snapshotting.on_install_snapshot_response,
    RequestReadIndex: reads.on_request_read_index,
    RequestReadIndexResponse: reads.on_request_read_index_response,
}
