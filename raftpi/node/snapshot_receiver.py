"""Takes in a leader's snapshot, chunk by chunk, onto the card and into a new state machine."""

from raftpi.core.messages import InstallSnapshot
from raftpi.core.snapshot import SnapshotMeta
from raftpi.errors import ProtocolError
from raftpi.node.block_stream import BlockReader
from raftpi.node.card_job import (
    BeginSnapshot,
    CardJob,
    DiscardSnapshot,
    FinishSnapshot,
    JobDone,
    Origin,
    WriteSnapshot,
)
from raftpi.node.machine import Restoration, StateMachine


class SnapshotReceiver:
    """At most one snapshot at a time; another one that begins to come takes its place.

    The state is restored as the chunks come, so that the last one leaves little to be done.
    Invariant: `_offset_bytes` is how much of the payload was handed to the card and to the
    restoration, in order and without a gap.
    """

    def __init__(self) -> None:
        """Nothing is coming."""
        self._snapshot: SnapshotMeta | None = None
        self._restoration: Restoration | None = None
        self._blocks = BlockReader()
        self._offset_bytes = 0
        self._size_bytes = 0
        self._leader_id = 0
        self._jobs_under_way_count = 0

    @property
    def snapshot(self) -> SnapshotMeta | None:
        """What is coming, if anything."""
        return self._snapshot

    @property
    def leader_id(self) -> int:
        """Who sent the last chunk."""
        return self._leader_id

    @property
    def offset_bytes(self) -> int:
        """Which byte is wanted next."""
        return self._offset_bytes

    def take(self, chunk: InstallSnapshot, machine: StateMachine) -> tuple[list[CardJob], bool]:
        """A chunk has come: what the card has to do, and whether to answer at once.

        Otherwise the answer is due when the card has taken it. Raises ProtocolError for bytes
        that no machine of this kind wrote; the snapshot is then given up (`abandon`).
        """
        jobs: list[CardJob] = []
        if chunk.snapshot != self._snapshot or chunk.size_bytes != self._size_bytes:
            if chunk.offset_bytes != 0:
                self._leader_id = chunk.sender
                return [], True
            self._snapshot = chunk.snapshot
            self._restoration = machine.restoration()
            self._blocks = BlockReader()
            self._offset_bytes = 0
            self._size_bytes = chunk.size_bytes
            jobs.append(BeginSnapshot(origin=Origin.RECEIVED, snapshot=chunk.snapshot))
        self._leader_id = chunk.sender
        if chunk.offset_bytes != self._offset_bytes or not chunk.data:
            return jobs, self._jobs_under_way_count == 0
        if self._restoration is not None:
            for block in self._blocks.feed(chunk.data):
                self._restoration.take(block)
        self._offset_bytes += len(chunk.data)
        jobs.append(WriteSnapshot(origin=Origin.RECEIVED, data=chunk.data))
        if self._offset_bytes == self._size_bytes:
            self._blocks.check_end()
            jobs.append(FinishSnapshot(origin=Origin.RECEIVED, snapshot=chunk.snapshot))
        self._jobs_under_way_count += len(jobs)
        return jobs, False

    def job_done(self, done: JobDone) -> bool:
        """A job of this snapshot came back; True when the whole is on the card."""
        self._jobs_under_way_count = max(0, self._jobs_under_way_count - 1)
        return isinstance(done.job, FinishSnapshot) and done.job.snapshot == self._snapshot

    def no_space(self) -> None:
        """A job of it came back, for the card has no room: what was coming is gone."""
        self._jobs_under_way_count = max(0, self._jobs_under_way_count - 1)
        self._forget()

    @property
    def is_card_behind(self) -> bool:
        """Whether the card has not taken all of it yet."""
        return self._jobs_under_way_count > 0

    def finish(self) -> StateMachine:
        """The machine with the snapshot's state; nothing is coming any more.

        Raises ProtocolError when it is not whole.
        """
        restoration = self._restoration
        self._forget()
        if restoration is None:
            raise ProtocolError("no snapshot is coming")
        return restoration.machine()

    def abandon(self) -> list[CardJob]:
        """Give up what is coming."""
        if self._snapshot is None:
            return []
        self._forget()
        self._jobs_under_way_count += 1
        return [DiscardSnapshot(origin=Origin.RECEIVED)]

    def _forget(self) -> None:
        self._snapshot = None
        self._restoration = None
        self._blocks = BlockReader()
        self._offset_bytes = 0
        self._size_bytes = 0
