"""Log replication and the commit rule (paper 5.3, 5.4.2), with pipelining (thesis 10.2)."""

from collections.abc import Sequence

from raftpi.core import card, doubt, heartbeats, roles, room, snapshotting, transfer
from raftpi.core.configuration import Configuration
from raftpi.core.entry import Entry, EntryKind
from raftpi.core.messages import AppendEntries, AppendEntriesResponse
from raftpi.core.progress import Progress, ProgressState
from raftpi.core.quorum import quorum_value
from raftpi.core.ready import Role
from raftpi.core.state import ReplicaState


def begin_leadership(state: ReplicaState) -> None:
    """Append a no-op, so that earlier terms' entries can commit (paper 8), and say who leads."""
    _append_own(state, EntryKind.NOOP, (b"",))
    heartbeats.broadcast(state)


def propose(state: ReplicaState, commands: Sequence[bytes]) -> int:
    """Append commands to the leader's log; the index of the first, 0 if not accepted here."""
    if state.role is not Role.LEADER or state.transfer_target != 0 or not card.is_roomy(state):
        return 0
    first_index = state.log.last_index + 1
    _append_own(state, EntryKind.COMMAND, commands)
    return first_index


def append_configuration(state: ReplicaState, configuration: Configuration) -> None:
    """Append a configuration to the leader's log; it is in force from here on (thesis 4.1)."""
    entry = Entry(
        index=state.log.last_index + 1,
        term=state.current_term,
        kind=EntryKind.CONFIGURATION,
        configuration=configuration,
    )
    state.log.append((entry,))
    _tell_who_leaves(state)
    roles.follow_membership(state, entry.index)
    commit_what_a_quorum_holds(state)


def send_appends(state: ReplicaState) -> None:
    """Send every follower what it lacks, as far as its window allows."""
    limits = state.limits
    last_index = state.log.last_index
    # Most often all are equally far: they get the very same entries, packed once by the driver.
    taken: dict[int, tuple[Entry, ...]] = {}
    for peer in state.peers():
        progress = state.progress[peer]
        if progress.next_index > last_index:
            continue
        if progress.state is not ProgressState.SNAPSHOT and snapshotting.needs_snapshot(
            state, progress
        ):
            snapshotting.begin_sending(state, progress)
            continue
        while progress.next_index <= last_index and progress.has_room(
            limits.inflight_count, limits.inflight_bytes
        ):
            entries = taken.get(progress.next_index, ())
            if not entries:
                entries = state.log.within(progress.next_index, limits.append_bytes)
                taken[progress.next_index] = entries
            _send_append(state, peer, progress, entries)
            if progress.state is ProgressState.PROBE:
                break


def check_position(state: ReplicaState, peer: int) -> None:
    """A heartbeat was answered but appends were not: ask with an empty one whether they arrived.

    Cheap when the follower's card is merely slow, and the way back when messages were lost.
    """
    progress = state.progress.get(peer)
    if progress is None or (progress.state is ProgressState.PROBE and not progress.probe_sent):
        return
    if progress.state is ProgressState.SNAPSHOT:
        snapshotting.check_chunk(progress)
        return
    if progress.match_index < state.log.last_index and not progress.appended_since_heartbeat:
        _send_append(state, peer, progress, ())
    progress.appended_since_heartbeat = False


def on_append_entries(state: ReplicaState, message: AppendEntries) -> None:
    """Follow the leader's log (paper 5.3). The acknowledgement waits for the card."""
    log = state.log
    if message.prev_log_index < log.snapshot_index:
        # What is asked about is in the snapshot: say how far this log is known to agree.
        _acknowledge(state, message, state.commit_index)
        return
    if not log.matches(message.prev_log_index, message.prev_log_term):
        _reject(state, message)
        return
    last_new_index = message.prev_log_index + len(message.entries)
    if not _continues(message):
        state.refuse("append with a gap")
        return
    conflict = _first_conflict(state, message.entries)
    if conflict < len(message.entries):
        index = message.entries[conflict].index
        if index <= state.commit_index:
            state.refuse("append that contradicts a committed entry")
            return
        if not card.is_roomy(state):
            if state.withheld_bytes >= state.limits.withheld_bytes:
                return
            state.withheld_bytes += room.size_bytes(message.entries[conflict:])
        if index <= log.last_index:
            log.truncate_from(index)
            state.durability.overwritten_from(index)
        log.append(message.entries[conflict:])
    state.advance_commit(min(message.commit_index, last_new_index))
    _acknowledge(state, message, last_new_index)


def on_append_entries_response(state: ReplicaState, message: AppendEntriesResponse) -> None:
    """Advance or back up what is known of the follower's log, and commit what a quorum holds."""
    progress = state.progress.get(message.sender)
    if state.role is not Role.LEADER or progress is None:
        return
    if not doubt.is_of_now(state, message.sender, message.doubt_id):
        return
    progress.heard_us = state.now_us
    if not message.success:
        _back_up(state, message, progress)
        return
    if message.match_index > state.log.last_index:
        state.refuse("acknowledgement beyond the log")
        return
    if message.match_index > progress.match_index:
        progress.appended_since_heartbeat = True
    is_probe_answered = progress.is_probe_answered_by(message.match_index)
    progress.acknowledged(message.match_index)
    if progress.state is ProgressState.SNAPSHOT and not snapshotting.needs_snapshot(
        state, progress
    ):
        progress.become_probe(progress.match_index + 1)
        is_probe_answered = True
    if is_probe_answered:
        progress.become_replicate()
    commit_what_a_quorum_holds(state)
    transfer.continue_transfer(state)


def on_unreachable(state: ReplicaState, peer: int) -> None:
    """A message to `peer` was dropped: probe again, when it answers a heartbeat."""
    progress = state.progress.get(peer)
    if progress is not None and progress.state is not ProgressState.SNAPSHOT:
        progress.become_probe(progress.match_index + 1)
        progress.probe_sent = True
        progress.appended_since_heartbeat = False


def commit_what_a_quorum_holds(state: ReplicaState) -> None:
    """Commit up to the greatest index on a quorum's cards, if its entry is of this term.

    Entries of earlier terms commit only along with one of the own (paper 5.4.2, figure 8).
    The leader counts itself only for what its own card holds (thesis 10.2.1).
    """
    matches = {state.replica_id: state.durability.durable_index}
    for peer in state.peers():
        if doubt.counts(state, peer):
            matches[peer] = state.progress[peer].match_index
    index = quorum_value(state.cluster, matches)
    if index > state.commit_index and state.log.term_at(index) == state.current_term:
        state.advance_commit(index)


def durable_indexes(state: ReplicaState) -> tuple[int, ...]:
    """Up to where each voter that counts holds the log durably, as far as this leader knows."""
    indexes: list[int] = []
    for voter in state.cluster.voters():
        progress = state.progress.get(voter)
        if voter == state.replica_id:
            indexes.append(state.durability.durable_index)
        elif progress is not None and doubt.counts(state, voter):
            indexes.append(progress.match_index)
    return tuple(indexes)


def _append_own(state: ReplicaState, kind: EntryKind, commands: Sequence[bytes]) -> None:
    index = state.log.last_index
    entries: list[Entry] = []
    for command in commands:
        index += 1
        entries.append(Entry(index=index, term=state.current_term, kind=kind, command=command))
    state.log.append(entries)


def tell_who_left(state: ReplicaState) -> None:
    """The configuration that leaves them out is committed: who knows will not campaign."""
    for peer in state.leaving:
        state.send(
            AppendEntries(
                sender=state.replica_id,
                receiver=peer,
                term=state.current_term,
                prev_log_index=state.log.configuration_index,
                prev_log_term=state.log.term_at(state.log.configuration_index),
                commit_index=state.commit_index,
                entries=(),
            )
        )
    state.leaving = ()


def _tell_who_leaves(state: ReplicaState) -> None:
    """Send the configuration that leaves them out to those who can take it; nobody will again."""
    peers = state.peers()
    leaving: list[int] = []
    for peer in sorted(state.progress):
        progress = state.progress[peer]
        if (
            peer not in peers
            and progress.state is ProgressState.REPLICATE
            and not snapshotting.needs_snapshot(state, progress)
        ):
            entries = state.log.within(progress.next_index, state.limits.append_bytes)
            _send_append(state, peer, progress, entries)
            leaving.append(peer)
    state.leaving = tuple(leaving)


def _send_append(
    state: ReplicaState, peer: int, progress: Progress, entries: tuple[Entry, ...]
) -> None:
    prev_log_index = progress.next_index - 1
    state.send(
        AppendEntries(
            sender=state.replica_id,
            receiver=peer,
            term=state.current_term,
            prev_log_index=prev_log_index,
            prev_log_term=state.log.term_at(prev_log_index),
            commit_index=state.commit_index,
            entries=entries,
        )
    )
    progress.sent(prev_log_index + len(entries), room.size_bytes(entries))
    if entries:
        progress.appended_since_heartbeat = True


def _continues(message: AppendEntries) -> bool:
    """Whether the entries follow each other, with terms that neither fall nor pass the leader's."""
    index, term = message.prev_log_index, message.prev_log_term
    for entry in message.entries:
        if entry.index != index + 1 or not term <= entry.term <= message.term:
            return False
        index, term = entry.index, entry.term
    return True


def _first_conflict(state: ReplicaState, entries: Sequence[Entry]) -> int:
    """The position of the first entry that this log lacks or has with another term."""
    log = state.log
    position = 0
    while position < len(entries) and log.matches(entries[position].index, entries[position].term):
        position += 1
    return position


def _acknowledge(state: ReplicaState, message: AppendEntries, match_index: int) -> None:
    if not message.entries:
        match_index = min(match_index, state.durability.durable_index)
    elif not card.is_roomy(state):
        match_index = min(match_index, state.durability.issued_index)
    response = AppendEntriesResponse(
        sender=state.replica_id,
        receiver=message.sender,
        term=state.current_term,
        success=True,
        match_index=match_index,
        rejected_index=0,
        conflict_index=0,
        conflict_term=0,
        doubt_id=state.doubt_id,
    )
    if match_index <= state.durability.durable_index:
        state.send(response)
    else:
        state.send_after_persist(response)


def _reject(state: ReplicaState, message: AppendEntries) -> None:
    """Say where the logs part, so that the leader can skip a whole term at once (paper 5.3)."""
    log = state.log
    if message.prev_log_index > log.last_index:
        conflict_index, conflict_term = log.last_index + 1, 0
    else:
        conflict_term = log.term_at(message.prev_log_index)
        conflict_index = log.first_index_of_term_at(message.prev_log_index)
    state.send(
        AppendEntriesResponse(
            sender=state.replica_id,
            receiver=message.sender,
            term=state.current_term,
            success=False,
            match_index=0,
            rejected_index=message.prev_log_index,
            conflict_index=conflict_index,
            conflict_term=conflict_term,
            doubt_id=state.doubt_id,
        )
    )


def _back_up(state: ReplicaState, message: AppendEntriesResponse, progress: Progress) -> None:
    """Move next_index back over a whole term; a refusal of an older append changes nothing."""
    if progress.state is ProgressState.SNAPSHOT:
        return
    if progress.state is ProgressState.PROBE:
        stale = message.rejected_index != progress.next_index - 1
    else:
        stale = not progress.match_index < message.rejected_index < progress.next_index
    if stale:
        return
    next_index = message.conflict_index
    if message.conflict_term > 0:
        last_shared = state.log.last_index_of_term(message.conflict_term)
        if last_shared > 0:
            next_index = min(last_shared, message.rejected_index - 1) + 1
    progress.become_probe(max(1, min(next_index, message.rejected_index)))
