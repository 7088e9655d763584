"""A node's snapshots: making its own, sending them to who is far behind, taking a leader's."""

from raftpi.core import room
from raftpi.core.configuration import Configuration
from raftpi.core.messages import InstallSnapshot
from raftpi.core.raft import Raft
from raftpi.core.ready import ChunkWanted, Ready
from raftpi.core.snapshot import SnapshotMeta
from raftpi.errors import ProtocolError
from raftpi.node.card_job import (
    BeginSnapshot,
    CardJob,
    DiscardSnapshot,
    FinishSnapshot,
    JobDone,
    Origin,
    ReadChunk,
    WriteSnapshot,
)
from raftpi.node.machine import StateMachine
from raftpi.node.snapshot_maker import SnapshotMaker
from raftpi.node.snapshot_receiver import SnapshotReceiver

CHUNK_BYTES = 64 * 1024


class Installed:
    """A leader's snapshot is whole and durable here: the state that it holds."""

    __slots__ = ("leader_id", "machine", "snapshot")

    def __init__(self, snapshot: SnapshotMeta, leader_id: int, machine: StateMachine) -> None:
        """`leader_id` sent it."""
        self.snapshot = snapshot
        self.leader_id = leader_id
        self.machine = machine


class NodeSnapshots:
    """Stands between the core, which knows of snapshots, and the card, which holds them."""

    def __init__(self, raft: Raft, maker: SnapshotMaker) -> None:
        """Nothing is under way."""
        self.garbage_count = 0
        self._raft = raft
        self._maker = maker
        self._receiver = SnapshotReceiver()
        self._lacks_space = False
        self._jobs: list[CardJob] = []

    def take_jobs(self) -> tuple[CardJob, ...]:
        """What the card has to do; each is given once."""
        jobs, self._jobs = self._jobs, []
        return tuple(jobs)

    def applied(self, ready: Ready) -> None:
        """The Ready's committed entries were applied."""
        if ready.committed:
            self._maker.applied(len(ready.committed), room.size_bytes(ready.committed))

    def log_has_air(self, air_bytes: int) -> None:
        """See `Node.log_has_air`."""
        self._maker.log_has_air(air_bytes)

    def begin_if_due(
        self, machine: StateMachine, applied_index: int, configuration: tuple[int, Configuration]
    ) -> None:
        """Begin a snapshot of the machine, if enough was applied since the last one.

        A leader waits with it, for a while, when it would take from a follower what that follower
        is just being sent; else one that is far away would never catch up.
        """
        maker = self._maker
        if not maker.is_due() or (self._raft.has_followers_to_catch_up and not maker.is_overdue()):
            return
        index, in_force = configuration
        snapshot = SnapshotMeta(
            index=applied_index,
            term=self._raft.state.log.term_at(applied_index),
            configuration_index=index,
            configuration=in_force,
        )
        self._jobs.extend(maker.begin(machine, snapshot))

    def ask_for_own(self, is_wanted: bool) -> None:
        """Whether a snapshot of the machine is wanted, though not enough was applied for one."""
        if is_wanted:
            self._maker.ask()

    def want(self, chunks: tuple[ChunkWanted, ...]) -> None:
        """The core wants these chunks for followers."""
        for wanted in chunks:
            self._jobs.append(ReadChunk(wanted=wanted, length_bytes=CHUNK_BYTES))

    def receive(self, chunk: InstallSnapshot, machine: StateMachine, now_us: int) -> None:
        """A leader's chunk: onto the card with it, and an answer when it is there.

        Where there was no room for one that came it stays unanswered, until there is.
        """
        if self._lacks_space:
            return
        try:
            jobs, answer = self._receiver.take(chunk, machine)
        except ProtocolError:
            self.garbage_count += 1
            self._jobs.extend(self._receiver.abandon())
            return
        self._jobs.extend(jobs)
        if answer:
            offset_bytes = self._receiver.offset_bytes
            if chunk.snapshot != self._receiver.snapshot:
                offset_bytes = 0
            self._raft.chunk_taken(chunk.sender, chunk.snapshot.index, offset_bytes, now_us)

    def job_done(self, done: JobDone, now_us: int) -> SnapshotMeta | Installed | None:
        """A job came back. Returns the own snapshot once durable, or a leader's once whole."""
        if isinstance(done.job, ReadChunk):
            self._on_chunk_read(done, now_us)
            return None
        if done.no_space:
            self._on_no_space(_origin(done.job))
            return None
        if _origin(done.job) is Origin.OWN:
            jobs, snapshot = self._maker.job_done(done)
            self._jobs.extend(jobs)
            if snapshot is not None:
                self._raft.compacted(snapshot, now_us)
            return snapshot
        return self._on_received(done, now_us)

    def has_space(self) -> None:
        """The card has room again."""
        self._lacks_space = False
        self._maker.has_space()

    def _on_no_space(self, origin: Origin) -> None:
        if origin is Origin.OWN:
            self._maker.no_space()
        else:
            self._lacks_space = True
            self._receiver.no_space()

    def give_up_own(self) -> None:
        """Another state takes the machine's place."""
        self._jobs.extend(self._maker.abandon())

    def _on_chunk_read(self, done: JobDone, now_us: int) -> None:
        if not isinstance(done.job, ReadChunk) or done.chunk is None:
            return
        chunk = done.chunk
        if chunk.snapshot is None:
            self._raft.chunk_is_gone(done.job.wanted, now_us)
        else:
            self._raft.send_chunk(
                done.job.wanted, chunk.snapshot, chunk.size_bytes, chunk.data, now_us
            )

    def _on_received(self, done: JobDone, now_us: int) -> Installed | None:
        receiver = self._receiver
        is_whole = receiver.job_done(done)
        snapshot, leader_id = receiver.snapshot, receiver.leader_id
        if snapshot is None:
            return None
        if not is_whole:
            if not receiver.is_card_behind:
                self._raft.chunk_taken(leader_id, snapshot.index, receiver.offset_bytes, now_us)
            return None
        try:
            machine = receiver.finish()
        except ProtocolError:
            self.garbage_count += 1
            return None
        return Installed(snapshot, leader_id, machine)


def _origin(job: CardJob) -> Origin:
    if isinstance(job, (BeginSnapshot, WriteSnapshot, FinishSnapshot, DiscardSnapshot)):
        return job.origin
    raise TypeError(f"{type(job).__name__} belongs to no snapshot that is being written")
