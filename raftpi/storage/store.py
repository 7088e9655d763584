"""The store: a node's identity, write-ahead log and snapshots, opened, recovered, added to.

The format is described where it is read and written: `directory` (which files), `identity`,
`stamp`, `sector`, `batch`, `record`, `segment_head`, `snapshot_record`, `snapshot_layout`; what
is decided at a start in `recovery`, `segment_scan` and `snapshot_recovery`; what is removed, and
when, in `cut` and `snapshots`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from raftpi.core.entry import Entry
from raftpi.core.ready import Batch, HardState
from raftpi.core.snapshot import SnapshotMeta
from raftpi.errors import DamagedData, DirectoryRefused, StorageFailure
from raftpi.storage.cut import cut_before
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk, Lock
from raftpi.storage.finding import Finding
from raftpi.storage.identity import Identity, IdentityFile, read_identity, write_identity
from raftpi.storage.leftovers import clear_leftovers
from raftpi.storage.log_end import LogEnd
from raftpi.storage.metered_disk import MeteredDisk
from raftpi.storage.open_segment import AddRecords, OpenSegment, make_segment
from raftpi.storage.record import add_again
from raftpi.storage.recovery import RecoveredLog, recover_log
from raftpi.storage.segment_head import Junction
from raftpi.storage.snapshot_file import SnapshotFile
from raftpi.storage.snapshot_reader import SnapshotReader
from raftpi.storage.snapshot_recovery import recover_snapshots
from raftpi.storage.snapshots import Snapshots
from raftpi.storage.torn_copy import keep_torn_copy

SEGMENT_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What the directory held when it was opened.

    `entries` start at `first_index`, right behind `snapshot`; at 1 where there is none.
    `findings` are what recovery dealt with by itself; the journal should say them.
    """

    identity: Identity
    hard_state: HardState
    snapshot: SnapshotMeta | None
    entries: tuple[Entry, ...]
    first_index: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteReport:
    """What an append cost: bytes handed to the card, and syncs of files and directories."""

    written_bytes: int
    sync_count: int


class Store:
    """An open data directory. `open` makes one; nothing else does.

    `append` may run in a thread of its own, but never in two at a time, nor beside `close`, nor
    beside anything that has to do with snapshots.

    Invariant: no byte of a batch is written before the sync of the batch before it returned.
    After a failure nothing is written any more. The log is cut only behind a batch that is
    durable, and only to the older of the two snapshots kept.
    """

    recovered: Recovered

    @classmethod
    def open(
        cls,
        *,
        disk: Disk,
        directory: str,
        node_id: int,
        name: str,
        mint_replica_id: Callable[[], int],
        segment_bytes: int = SEGMENT_BYTES,
    ) -> "Store":
        """Open the directory, making it when it is missing, and recover what is in it.

        When this returns, all that `recovered` tells is durable. `mint_replica_id` is called
        for a fresh directory only; it returns a random number from 1 to 2**64 - 1.
        Raises DirectoryRefused (in use, or another node's), DamagedData, NewerVersion,
        NoSpace, StorageFailure.
        """
        paths = DataDirectory(disk, directory)
        paths.make()
        store = cls(MeteredDisk(disk), paths, disk.lock(paths.lock_path), segment_bytes)
        try:
            store._start(node_id, name, mint_replica_id)
        except BaseException:
            store.close()
            raise
        return store

    def __init__(
        self, disk: MeteredDisk, directory: DataDirectory, lock: Lock, segment_bytes: int
    ) -> None:
        """Use `open`."""
        self._disk = disk
        self._directory = directory
        self._lock: Lock | None = lock
        self._segment_bytes = segment_bytes
        self._segment: OpenSegment | None = None
        self._snapshots = Snapshots(disk, directory)
        self._failure = ""
        self._end = LogEnd()
        self._sequence = 1
        self._findings: list[Finding] = []

    def _start(self, node_id: int, name: str, mint_replica_id: Callable[[], int]) -> None:
        """Find out whose the directory is, read the log back, and make it durable anew."""
        directory = self._directory
        found = read_identity(self._disk, directory)
        if found is None:
            found = _minted(node_id, name, mint_replica_id())
            write_identity(self._disk, directory, found)
        _check_owner(directory, found.identity, node_id, name)
        self._identity = found.identity
        generations = directory.generations()
        _check_segments(directory, found, generations)
        directory.make_rooms()
        log = recover_log(self._disk, directory, found.identity) if generations else None
        snapshots = recover_snapshots(self._disk, directory, found.identity, log)
        self._findings = clear_leftovers(self._disk, directory, snapshots)
        self._snapshots = Snapshots(self._disk, directory, snapshots.kept)
        if log is not None:
            self._go_on(log, generations)
            self._cut()
        snapshot = snapshots.snapshot
        self.recovered = Recovered(
            identity=self._identity,
            hard_state=self._end.hard_state,
            snapshot=snapshot,
            entries=snapshots.entries,
            first_index=snapshot.index + 1 if snapshot is not None else 1,
            findings=tuple(self._findings),
        )

    def append(self, batches: Sequence[Batch]) -> WriteReport:
        """Write the batches as one, with one data sync; when this returns they are durable.

        Entries that begin at or before the last index replace the log from there on. A batch's
        snapshot, which must be finished, counts from now on: where the log ends before it, or
        holds another term there, the log goes on behind it; older segments and snapshots that
        are needed no more are removed. The very first append must hold the founding entry or a
        snapshot: it makes the log, and the directory that cluster's. Raises ValueError, with
        nothing written, for batches that cannot follow; StorageFailure or NoSpace when the card
        fails, after which every append is refused.
        """
        if self._failure:
            raise StorageFailure(
                f"{self._directory.path} takes no more: {self._failure}; restart the node"
            )
        if self._lock is None:
            raise StorageFailure(f"{self._directory.path} was closed: open it again")
        self._end.check(batches)
        noted = [batch.snapshot for batch in batches if batch.snapshot is not None]
        for snapshot in noted:
            self._snapshots.check(snapshot)
        bytes_before, syncs_before = self._disk.written_bytes, self._disk.sync_count
        known = (None, self._end.hard_state)
        if noted or any(batch.entries or batch.hard_state not in known for batch in batches):
            if self._segment is None:
                self._identity = _founded_by(self._identity, batches)
            # Until the contrary is shown: whatever ends this early leaves the card in doubt.
            self._failure = "an earlier write did not succeed"
            self._write(partial(self._end.add_batches, batches=batches))
            for snapshot in noted:
                self._snapshots.take_note(snapshot)
            if noted:
                self._cut()
            self._failure = ""
        return WriteReport(
            written_bytes=self._disk.written_bytes - bytes_before,
            sync_count=self._disk.sync_count - syncs_before,
        )

    def begin_snapshot(self, meta: SnapshotMeta, received: bool) -> SnapshotFile:
        """A file for a snapshot, its own or a `received` one, to be written and finished.

        Raises ValueError for another cluster's; NoSpace, StorageFailure.
        """
        return self._snapshots.begin(meta, self._identity, received=received)

    def open_snapshot(self, index: int) -> SnapshotReader:
        """A finished snapshot, to be read, whether a batch has told of it yet or not.

        Raises SnapshotGone if there is none up to that index (any more), DamagedData,
        StorageFailure.
        """
        return self._snapshots.open(index, self._identity)

    def snapshots(self) -> list[SnapshotMeta]:
        """Those that count, newest first: two at most."""
        return list(reversed(self._snapshots.kept))

    def close(self) -> None:
        """Give the directory back. What was appended is durable already; twice does no harm."""
        segment, self._segment = self._segment, None
        lock, self._lock = self._lock, None
        try:
            if segment is not None:
                segment.close()
        finally:
            if lock is not None:
                lock.release()

    def _write(self, add_records: AddRecords) -> None:
        """Write one batch: where the log is, or as the first of a new segment."""
        segment = self._segment
        if segment is None:
            self._begin_segment(1, self._end.junction(0, 0, self._sequence), add_records)
        elif segment.is_full:
            junction = self._end.junction(segment.generation, segment.end_sector, self._sequence)
            self._begin_segment(segment.generation + 1, junction, add_records)
        else:
            segment.append(self._sequence, add_records)
            self._sequence += 1

    def _begin_segment(self, generation: int, junction: Junction, add_records: AddRecords) -> None:
        """Go on in a new segment."""
        self._end.begin_segment(generation)
        self._make_segment(generation, junction, add_records)

    def _make_segment(self, generation: int, junction: Junction, add_records: AddRecords) -> None:
        """Make a segment, take it in the place of the one before, and tell the identity of it."""
        identity = self._identity
        before = self._segment
        self._segment = make_segment(
            self._disk,
            self._directory,
            junction,
            add_records,
            replica_id=identity.replica_id,
            cluster_id=identity.cluster_id,
            generation=generation,
            segment_bytes=self._segment_bytes,
        )
        if before is not None:
            before.close()
        self._sequence = junction.sequence + 1
        content = IdentityFile(identity=identity, newest_generation=generation)
        write_identity(self._disk, self._directory, content)

    def _go_on(self, log: RecoveredLog, generations: list[int]) -> None:
        """Log the last batch again in a new segment; then remove what is void."""
        directory = self._directory
        if self._identity.cluster_id == 0:
            self._identity = replace(self._identity, cluster_id=log.cluster_id)
            self._find(
                "founding-completed",
                directory.identity_path,
                0,
                f"the log of cluster {log.cluster_id:016x} was begun, but not yet noted here",
            )
        if log.torn is not None:
            copy = keep_torn_copy(self._disk, directory, log.torn)
            self._find(
                "torn-tail",
                log.torn.path,
                log.torn.offset,
                "a batch lacks sectors that were never written: torn by a power cut or a kill "
                f"before anybody relied on it; cut off, its bytes are kept in {copy}",
            )
        self._end = log.end
        before = log.junction.previous_generation
        self._make_segment(log.generation, log.junction, partial(add_again, records=log.again))
        chain = [head.generation for head in log.chain if head.generation <= before]
        for generation in generations:
            if generation not in chain:
                self._disk.remove(directory.segment_path(generation))

    def _cut(self) -> None:
        """Remove the segments and snapshots that no start needs any more."""
        needed = self._end.cut(self._snapshots.cut_index)
        cut_before(self._disk, self._directory, needed)
        self._snapshots.clear()

    def _find(self, kind: str, path: str, offset: int, text: str) -> None:
        self._findings.append(Finding(kind=kind, path=path, offset=offset, text=text))


def _minted(node_id: int, name: str, replica_id: int) -> IdentityFile:
    """The identity of a fresh directory."""
    if not 0 < replica_id < 1 << 64:
        raise ValueError(f"a replica id is a number from 1 to 2**64 - 1, not {replica_id}")
    identity = Identity(replica_id=replica_id, node_id=node_id, name=name, cluster_id=0)
    return IdentityFile(identity=identity, newest_generation=0)


def _check_owner(directory: DataDirectory, identity: Identity, node_id: int, name: str) -> None:
    if (identity.node_id, identity.name) != (node_id, name):
        raise DirectoryRefused(
            f"{directory.path} belongs to node {identity.node_id} ({identity.name}), and this is "
            f"node {node_id} ({name}): set `id`, `data` and the [[member]] list right; "
            "never give a node another one's directory"
        )


def _check_segments(directory: DataDirectory, found: IdentityFile, generations: list[int]) -> None:
    """Refuse a directory that has had a log, or more of one, than is there."""
    newest = found.newest_generation
    if newest <= max(generations, default=0) and (generations or not found.identity.cluster_id):
        return
    raise DamagedData(
        f"{directory.segment_path(max(newest, 1))} is missing at offset 0: "
        f"{directory.identity_path} says that the log has come that far; a node must not go on "
        "with a log that may have forgotten: put the file back, or run "
        f"`raftpi fsck {directory.path}`"
    )


def _founded_by(identity: Identity, batches: Sequence[Batch]) -> Identity:
    """The identity that the founding entry, or a snapshot, first of all, makes of an unfounded."""
    for batch in batches:
        founding = batch.snapshot or (batch.entries[0] if batch.entries else None)
        if founding is None:
            continue
        if founding.configuration is None or founding.configuration.cluster_id == 0:
            break
        return replace(identity, cluster_id=founding.configuration.cluster_id)
    raise ValueError(
        "the first append to a directory must begin with the founding entry or a snapshot"
    )
