"""Compaction, and snapshots for followers whose next entry is gone (paper 7, thesis 5).

The bytes of a snapshot never pass through here: the driver is told which chunk is wanted, reads
it, and hands it in to be sent; what arrives is handed to the driver, which says how far it got.
One chunk at a time is under way to each follower; one that got lost is sent again.
"""

from raftpi.core import doubt, roles
from raftpi.core.messages import InstallSnapshot, InstallSnapshotResponse
from raftpi.core.progress import Progress, ProgressState
from raftpi.core.ready import ChunkWanted, Role
from raftpi.core.snapshot import SnapshotMeta
from raftpi.core.state import ReplicaState


def compacted(state: ReplicaState, snapshot: SnapshotMeta) -> None:
    """The own snapshot is durable: forget what it holds, but for a tail for those close behind."""
    if snapshot.index <= state.snapshot_index:
        return
    state.snapshot = snapshot
    state.snapshot_to_log = snapshot
    log = state.log
    first_kept = snapshot.index + 1
    size_bytes = 0
    while first_kept > log.first_index and snapshot.index + 1 - first_kept < (
        state.limits.trailing_count
    ):
        size_bytes += log.entry(first_kept - 1).size_bytes()
        if size_bytes > state.limits.trailing_bytes:
            break
        first_kept -= 1
    log.compact(first_kept - 1)


def install(state: ReplicaState, snapshot: SnapshotMeta) -> bool:
    """A leader's snapshot is durable and its state at hand: go on from it.

    False when it holds nothing that is not committed here already, so that it must not be taken.
    A suffix of the log that the snapshot agrees with stays (paper 7).
    """
    if snapshot.index <= state.commit_index:
        return False
    log = state.log
    if log.matches(snapshot.index, snapshot.term):
        log.compact(snapshot.index)
    else:
        state.durability.overwritten_from(1)
        log.begin_behind(snapshot)
    # What the snapshot holds need not be written any more, if it was not yet.
    durability = state.durability
    durability.issued_index = max(durability.issued_index, snapshot.index)
    state.snapshot = snapshot
    state.snapshot_to_log = snapshot
    state.commit_index = snapshot.index
    state.handed_out_index = snapshot.index
    if state.role in (Role.PRE_CANDIDATE, Role.CANDIDATE) and not state.is_voter:
        roles.become_follower(state, state.current_term, 0)
    state.report_role()
    return True


def answer_installed(state: ReplicaState, leader_id: int, snapshot_index: int) -> None:
    """Tell the leader that everything up to `snapshot_index` is here, once it is durable."""
    state.send_after_persist(
        InstallSnapshotResponse(
            sender=state.replica_id,
            receiver=leader_id,
            term=state.current_term,
            snapshot_index=snapshot_index,
            offset_bytes=0,
            installed=True,
            doubt_id=state.doubt_id,
        )
    )


def answer_taken(
    state: ReplicaState, leader_id: int, snapshot_index: int, offset_bytes: int
) -> None:
    """Tell the leader which byte of the snapshot is wanted next."""
    state.send(
        InstallSnapshotResponse(
            sender=state.replica_id,
            receiver=leader_id,
            term=state.current_term,
            snapshot_index=snapshot_index,
            offset_bytes=offset_bytes,
            installed=False,
            doubt_id=state.doubt_id,
        )
    )


def on_install_snapshot(state: ReplicaState, message: InstallSnapshot) -> None:
    """A chunk for the driver, unless all that is in the snapshot is committed here."""
    if message.snapshot.index <= state.commit_index:
        answer_installed(state, message.sender, message.snapshot.index)
        return
    if message.offset_bytes + len(message.data) > message.size_bytes:
        state.refuse("chunk beyond its snapshot")
        return
    state.chunks_received.append(message)


def on_install_snapshot_response(state: ReplicaState, message: InstallSnapshotResponse) -> None:
    """Send the next chunk, or go on with entries once the snapshot is installed."""
    progress = state.progress.get(message.sender)
    if state.role is not Role.LEADER or progress is None:
        return
    if not doubt.is_of_now(state, message.sender, message.doubt_id):
        return
    progress.heard_us = state.now_us
    if message.snapshot_index > state.commit_index:
        state.refuse("answer to a snapshot that was never sent")
        return
    if message.installed:
        progress.acknowledged(message.snapshot_index)
        if progress.state is ProgressState.SNAPSHOT:
            progress.become_probe(progress.match_index + 1)
        return
    if (
        progress.state is ProgressState.SNAPSHOT
        and message.snapshot_index == progress.snapshot_index
        and message.offset_bytes != progress.snapshot_offset
    ):
        # Further on as it should, or from the beginning: the follower was restarted.
        progress.snapshot_offset = message.offset_bytes
        progress.chunk_sent = False
        progress.appended_since_heartbeat = True


def needs_snapshot(state: ReplicaState, progress: Progress) -> bool:
    """Whether the entry before the next one is gone, so that no append can be built."""
    return progress.next_index <= state.log.snapshot_index


def someone_catches_up(state: ReplicaState) -> bool:
    """Whether a follower that is alive needs a snapshot, or entries that a new one would drop."""
    for progress in state.progress.values():
        lag_count = state.log.last_index - progress.match_index
        is_alive = state.now_us - progress.heard_us < state.timing.election_max_us
        if is_alive and (
            progress.state is ProgressState.SNAPSHOT or lag_count > state.limits.trailing_count
        ):
            return True
    return False


def begin_sending(state: ReplicaState, progress: Progress) -> None:
    """Send the newest snapshot from its beginning."""
    progress.become_snapshot(state.snapshot_index)


def take_chunks_wanted(state: ReplicaState) -> tuple[ChunkWanted, ...]:
    """The chunks that may leave now; each is asked for once until it is answered or lost."""
    wanted: list[ChunkWanted] = []
    for peer in state.peers():
        progress = state.progress[peer]
        if progress.state is ProgressState.SNAPSHOT and not progress.chunk_sent:
            progress.chunk_sent = True
            progress.appended_since_heartbeat = True
            wanted.append(
                ChunkWanted(
                    peer=peer,
                    snapshot_index=progress.snapshot_index,
                    offset_bytes=progress.snapshot_offset,
                )
            )
    return tuple(wanted)


def send_chunk(
    state: ReplicaState,
    wanted: ChunkWanted,
    snapshot: SnapshotMeta,
    size_bytes: int,
    data: bytes,
) -> None:
    """Send a chunk that was wanted, if it still is."""
    progress = state.progress.get(wanted.peer)
    if (
        state.role is Role.LEADER
        and progress is not None
        and progress.state is ProgressState.SNAPSHOT
        and progress.snapshot_index == wanted.snapshot_index
        and progress.snapshot_offset == wanted.offset_bytes
    ):
        state.send(
            InstallSnapshot(
                sender=state.replica_id,
                receiver=wanted.peer,
                term=state.current_term,
                snapshot=snapshot,
                size_bytes=size_bytes,
                offset_bytes=wanted.offset_bytes,
                data=data,
            )
        )


def chunk_is_gone(state: ReplicaState, wanted: ChunkWanted) -> None:
    """The snapshot was removed meanwhile: begin anew with the newest."""
    progress = state.progress.get(wanted.peer)
    if (
        progress is not None
        and progress.state is ProgressState.SNAPSHOT
        and progress.snapshot_index == wanted.snapshot_index
    ):
        begin_sending(state, progress)


def check_chunk(progress: Progress) -> None:
    """A heartbeat was answered: a chunk that was not, since the one before, is sent again."""
    if not progress.appended_since_heartbeat:
        progress.chunk_sent = False
    progress.appended_since_heartbeat = False
