"""Card jobs on an open store: what a driver runs in the place where it may block."""

from collections.abc import Iterator
from typing import Protocol

from raftpi.core.snapshot import SnapshotMeta
from raftpi.errors import NoSpace
from raftpi.node.card_job import (
    BeginSnapshot,
    CardJob,
    ChunkRead,
    DiscardSnapshot,
    FinishSnapshot,
    JobDone,
    LookForSpace,
    Origin,
    ReadChunk,
    ScrubSlice,
    WriteSnapshot,
)
from raftpi.storage.scrub_step import ScrubStep

READ_BYTES = 64 * 1024
# A snapshot of fifty megabytes, synced in one go at its end, would keep the log waiting for
# seconds on a slow card: so this much at a time, and the log's writes go in between.
SYNC_EVERY_BYTES = 512 * 1024


class UnfinishedFile(Protocol):
    """A snapshot that is being written (`raftpi.storage`)."""

    def write(self, data: bytes, /) -> None:
        """Put `data` at its end."""

    def sync(self) -> None:
        """Make what was put in so far durable."""

    def finish(self) -> None:
        """Make it whole and durable."""

    def discard(self) -> None:
        """Throw it away."""


class SnapshotFile(Protocol):
    """A whole snapshot."""

    @property
    def meta(self) -> SnapshotMeta:
        """What it stands for."""

    @property
    def size_bytes(self) -> int:
        """How long its payload is."""

    def read(self, offset_bytes: int, length_bytes: int, /) -> bytes:
        """A part of the payload."""


class Snapshots(Protocol):
    """What the jobs need of the store."""

    def begin_snapshot(self, meta: SnapshotMeta, /, *, received: bool) -> UnfinishedFile:
        """A new unfinished file."""

    def open_snapshot(self, index: int, /) -> SnapshotFile:
        """The snapshot up to `index`."""

    def snapshots(self) -> list[SnapshotMeta]:
        """Those that are whole, newest first."""

    def look_for_space(self) -> None:
        """See whether a full card has space again."""

    def met_no_space(self, error: NoSpace, /) -> None:
        """A snapshot found no room."""


class Scrub(Protocol):
    """What a ScrubSlice needs of the store."""

    def step(self, limit_bytes: int, /) -> ScrubStep:
        """Read the next slice."""


class SnapshotStore:
    """Runs card jobs. Raises what the store raises; after that no more jobs must come.

    But for no space: a snapshot that finds none is thrown away, and its job says so.
    """

    def __init__(self, store: Snapshots, scrub: Scrub | None = None) -> None:
        """`store` is open. Without `scrub` a ScrubSlice reads nothing."""
        self._store = store
        self._scrub = scrub
        self._unfinished: dict[Origin, UnfinishedFile] = {}
        self._unsynced_bytes: dict[Origin, int] = {}

    def run(self, job: CardJob) -> JobDone:
        """Do one job; it has been done when this returns."""
        if isinstance(job, ReadChunk):
            return JobDone(job=job, chunk=self._read(job))
        if isinstance(job, ScrubSlice):
            step = self._scrub.step(job.limit_bytes) if self._scrub is not None else ScrubStep()
            return JobDone(job=job, chunk=None, scrub=step)
        if isinstance(job, LookForSpace):
            self._store.look_for_space()
            return JobDone(job=job, chunk=None)
        if isinstance(job, (BeginSnapshot, DiscardSnapshot)):
            self._discard(job.origin)
        elif job.origin not in self._unfinished:
            return JobDone(job=job, chunk=None, no_space=True)
        try:
            self._go_on(job)
        except NoSpace as error:
            self._discard(job.origin)
            self._store.met_no_space(error)
            return JobDone(job=job, chunk=None, no_space=True)
        return JobDone(job=job, chunk=None)

    def _go_on(self, job: BeginSnapshot | WriteSnapshot | FinishSnapshot | DiscardSnapshot) -> None:
        if isinstance(job, BeginSnapshot):
            self._unfinished[job.origin] = self._store.begin_snapshot(
                job.snapshot, received=job.origin is Origin.RECEIVED
            )
        elif isinstance(job, WriteSnapshot):
            self._write(self._unfinished[job.origin], job)
        elif isinstance(job, FinishSnapshot):
            self._unfinished[job.origin].finish()
            del self._unfinished[job.origin]

    def _discard(self, origin: Origin) -> None:
        before = self._unfinished.pop(origin, None)
        if before is not None:
            before.discard()

    def _write(self, file: UnfinishedFile, job: WriteSnapshot) -> None:
        file.write(job.data)
        unsynced_bytes = self._unsynced_bytes.get(job.origin, 0) + len(job.data)
        if unsynced_bytes >= SYNC_EVERY_BYTES:
            file.sync()
            unsynced_bytes = 0
        self._unsynced_bytes[job.origin] = unsynced_bytes

    def _read(self, job: ReadChunk) -> ChunkRead:
        index = job.wanted.snapshot_index
        if all(meta.index != index for meta in self._store.snapshots()):
            return ChunkRead(snapshot=None, size_bytes=0, data=b"")
        file = self._store.open_snapshot(index)
        length_bytes = min(job.length_bytes, max(0, file.size_bytes - job.wanted.offset_bytes))
        data = file.read(job.wanted.offset_bytes, length_bytes) if length_bytes else b""
        return ChunkRead(snapshot=file.meta, size_bytes=file.size_bytes, data=data)


def payload_of(file: SnapshotFile) -> Iterator[bytes]:
    """The payload from its beginning to its end, in pieces."""
    offset_bytes = 0
    while offset_bytes < file.size_bytes:
        data = file.read(offset_bytes, min(READ_BYTES, file.size_bytes - offset_bytes))
        offset_bytes += len(data)
        yield data
