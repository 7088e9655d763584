"""Bugs of the log, of commitment and of snapshots."""

from typing import Any

from raftpi.core import delivery, heartbeats, log, progress, replication, snapshotting, state
from raftpi.core.entry import EntryKind
from raftpi.core.messages import AppendEntries, Heartbeat
from raftpi.core.quorum import quorum_value
from raftpi.core.ready import Role
from raftpi.core.snapshot import SnapshotMeta
from raftpi.core.state import ReplicaState
from tests.mutants.mutant import mutant


def _matches(state: ReplicaState, own_index: int) -> dict[int, int]:
    found = {state.replica_id: own_index}
    for peer in state.peers():
        if peer in state.progress:
            found[peer] = state.progress[peer].match_index
    return found


@mutant("S", "old-term entry committed by counting (Figure 8)")
def figure_eight() -> None:
    def commit(state: ReplicaState) -> None:
        if state.role is Role.LEADER and state.configuration is not None:
            matches = _matches(state, state.durability.durable_index)
            state.advance_commit(quorum_value(state.configuration, matches))

    replication.commit_what_a_quorum_holds = commit


@mutant("S", "commit index assigned, may fall")
def commit_falls() -> None:
    def advance(self: ReplicaState, index: int) -> None:
        self.commit_index = min(index, self.log.last_index)

    state.ReplicaState.advance_commit = advance  # type: ignore[method-assign]


@mutant("S", "commit index = leader's commit, ignoring what was matched")
def commit_unmatched() -> None:
    original = heartbeats.on_heartbeat

    def on_heartbeat(state: ReplicaState, message: Heartbeat) -> None:
        state.advance_commit(message.leader_commit_index)
        original(state, message)

    delivery._HANDLERS[Heartbeat] = on_heartbeat


@mutant("S", "match index assigned, not raised")
def match_falls() -> None:
    def acknowledged(self: progress.Progress, match_index: int) -> None:
        self.match_index = match_index
        self.next_index = max(self.next_index, match_index + 1)
        while self.inflight and self.inflight[0][0] <= match_index:
            self.inflight_bytes -= self.inflight.popleft()[1]

    progress.Progress.acknowledged = acknowledged  # type: ignore[method-assign]


@mutant("S", "a stale, matching append truncates")
def stale_append_truncates() -> None:
    original = replication.on_append_entries

    def on_append(state: ReplicaState, message: AppendEntries) -> None:
        end = message.prev_log_index + len(message.entries)
        log = state.log
        if message.entries and log.matches(end, message.entries[-1].term) and end < log.last_index:
            log.truncate_from(end + 1)
            state.durability.overwritten_from(end + 1)
        original(state, message)

    delivery._HANDLERS[AppendEntries] = on_append


@mutant("S", "previous index 0 accepted after compaction")
def previous_zero() -> None:
    original = replication.on_append_entries

    def on_append(state: ReplicaState, message: AppendEntries) -> None:
        if message.prev_log_index == 0 and state.log.snapshot_index > 0 and message.entries:
            state.durability.overwritten_from(1)
            state.log.__init__(message.entries)  # type: ignore[misc]
        original(state, message)

    delivery._HANDLERS[AppendEntries] = on_append


@mutant("D", "append acknowledged before the sync")
def acknowledged_before_sync() -> None:
    state.ReplicaState.send_after_persist = state.ReplicaState.send  # type: ignore[method-assign]


@mutant("D", "a single node answers before its log is durable")
def own_card_ignored() -> None:
    def commit(state: ReplicaState) -> None:
        if state.role is not Role.LEADER or state.configuration is None:
            return
        index = quorum_value(state.configuration, _matches(state, state.log.last_index))
        if index > state.commit_index and state.log.term_at(index) == state.current_term:
            state.advance_commit(index)

    replication.commit_what_a_quorum_holds = commit
    original = replication.propose

    def propose(state: ReplicaState, commands: Any) -> int:
        index = original(state, commands)
        commit(state)
        return index

    replication.propose = propose


@mutant("S", "snapshot install drops a newer suffix")
def suffix_dropped() -> None:
    original = snapshotting.install

    def install(state: ReplicaState, snapshot: SnapshotMeta) -> bool:
        if snapshot.index > state.commit_index:
            state.durability.overwritten_from(1)
            state.log.begin_behind(snapshot)
            state.durability.issued_index = snapshot.index
        return original(state, snapshot)

    snapshotting.install = install


@mutant("S", "term lowered by a snapshot")
def term_lowered() -> None:
    original = snapshotting.install

    def install(state: ReplicaState, snapshot: SnapshotMeta) -> bool:
        installed = original(state, snapshot)
        if installed:
            state.current_term = snapshot.term
        return installed

    snapshotting.install = install


@mutant("V", "next index equal to the snapshot's sends an empty append for ever")
def snapshot_off_by_one() -> None:
    snapshotting.needs_snapshot = lambda state, progress: (
        progress.next_index < state.log.snapshot_index
    )
    original = log.RaftLog.within

    def within(self: log.RaftLog, first: int, max_bytes: int) -> Any:
        return original(self, first, max_bytes) if first >= self.first_index else ()

    log.RaftLog.within = within  # type: ignore[method-assign]


@mutant("S", "an old acknowledgement vouches for entries that were overwritten since")
def late_sync_vouches() -> None:
    from raftpi.core.durability import Durability

    def overwritten_from(self: Durability, index: int) -> None:
        self.issued_index = min(self.issued_index, index - 1)

    Durability.overwritten_from = overwritten_from  # type: ignore[method-assign]
    assert EntryKind.COMMAND
