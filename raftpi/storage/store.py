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
from raftpi.errors import NoSpace, StorageFailure
from raftpi.storage.air import air_bytes
from raftpi.storage.contents import read_contents, read_owner
from raftpi.storage.cut import cut_before
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk, Lock
from raftpi.storage.finding import Finding
from raftpi.storage.identity import Identity, IdentityFile, write_identity
from raftpi.storage.leftovers import clear_leftovers
from raftpi.storage.log_end import LogEnd
from raftpi.storage.metered_disk import MeteredDisk
from raftpi.storage.open_segment import AddRecords, OpenSegment, make_segment
from raftpi.storage.ownership import check_owner, founded_by, minted
from raftpi.storage.record import add_again
from raftpi.storage.recovery import RecoveredLog
from raftpi.storage.reopening import go_on_in_place, reopen_segment
from raftpi.storage.reserve import Reserve
from raftpi.storage.segment_head import Junction
from raftpi.storage.shortage import Shortage
from raftpi.storage.snapshot_file import SnapshotFile
from raftpi.storage.snapshot_reader import SnapshotReader
from raftpi.storage.snapshots import Snapshots
from raftpi.storage.torn_copy import keep_torn_copy, torn_tail
from raftpi.storage.upkeep import Piece, Upkeep

SEGMENT_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What the directory held when it was opened.

    `entries` start at `first_index`, right behind `snapshot`; at 1 where there is none.
    `findings`, what recovery dealt with, are for the journal. `log_air_bytes`: see `air`.
    """

    identity: Identity
    hard_state: HardState
    snapshot: SnapshotMeta | None
    entries: tuple[Entry, ...]
    first_index: int
    findings: tuple[Finding, ...]
    log_air_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteReport:
    """What a write cost: bytes handed to the card, and syncs of files and directories."""

    written_bytes: int
    sync_count: int


class Store:
    """An open data directory. `open` makes one; nothing else does.

    `append` may run in a thread of its own, but never in two at a time, nor beside `close`,
    `upkeep`, or anything that has to do with snapshots.

    Invariant: no byte of a batch is written before the sync of the batch before it returned.
    After a failure nothing is written any more; no space, met before a byte of a batch was
    written, is none. The log is cut only behind a batch that is durable, and only to the older
    of the two snapshots kept.
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
        reserve_bytes: int = 0,
    ) -> "Store":
        """Open the directory, making it when it is missing, and recover what is in it.

        When this returns, all that `recovered` tells is durable. `mint_replica_id` is called
        for a fresh directory only; it returns a random number from 1 to 2**64 - 1. A snapshot of
        `reserve_bytes` shall find room on a full card, or the last one, if that is larger.
        Raises DirectoryRefused (in use, or another node's), DamagedData, NewerVersion,
        NoSpace, StorageFailure.
        """
        paths = DataDirectory(disk, directory)
        paths.make()
        store = cls(
            MeteredDisk(disk), paths, disk.lock(paths.lock_path), segment_bytes, reserve_bytes
        )
        try:
            store._start(node_id, name, mint_replica_id)
        except BaseException:
            store.close()
            raise
        return store

    def __init__(
        self,
        disk: MeteredDisk,
        directory: DataDirectory,
        lock: Lock,
        segment_bytes: int,
        reserve_bytes: int,
    ) -> None:
        """Use `open`."""
        self._disk = disk
        self._directory = directory
        self._lock: Lock | None = lock
        self._segment_bytes = segment_bytes
        self._segment: OpenSegment | None = None
        self._reserve = Reserve(disk, directory, reserve_bytes)
        self._upkeep = Upkeep(disk, directory, self._reserve, segment_bytes=segment_bytes)
        self._snapshots = Snapshots(disk, directory, (), self._reserve)
        self._failure = ""
        self._end = LogEnd()
        self._sequence = 1
        self._findings: list[Finding] = []
        self._deeds: dict[Piece, Callable[[], None]] = {
            Piece.CUT: self._cut,
            Piece.GROW: self._grow,
            Piece.NEXT_SEGMENT: self._begin_empty_segment,
            Piece.IDENTITY: self._tell_identity,
            Piece.RESERVE: self._reserve.grow,
        }

    def _start(self, node_id: int, name: str, mint_replica_id: Callable[[], int]) -> None:
        """Find out whose the directory is, read the log back, and make it durable anew."""
        directory = self._directory
        found = read_owner(self._disk, directory)
        if found is None:
            found = minted(node_id, name, mint_replica_id())
            write_identity(self._disk, directory, found)
        check_owner(directory, found.identity, node_id, name)
        self._identity = found.identity
        contents = read_contents(self._disk, directory, found)
        directory.make_rooms()
        log, snapshots = contents.log, contents.snapshots
        self._findings = clear_leftovers(self._disk, directory, snapshots)
        self._snapshots = Snapshots(self._disk, directory, snapshots.kept, self._reserve)
        self._reserve.look()
        if log is not None:
            self._go_on(log, contents.generations)
            self._cut()
            self._snapshots.note_size()
        while log is None and self._reserve.lacking_bytes:
            self._reserve.grow()
        snapshot, entries = snapshots.snapshot, snapshots.entries
        self.recovered = Recovered(
            identity=self._identity,
            hard_state=self._end.hard_state,
            snapshot=snapshot,
            entries=entries,
            first_index=snapshot.index + 1 if snapshot is not None else 1,
            findings=tuple(self._findings),
            log_air_bytes=air_bytes(self._disk, directory, self._end.beginnings, entries),
        )

    def append(self, batches: Sequence[Batch]) -> WriteReport:
        """Write the batches as one, with one data sync; when this returns they are durable.

        Entries that begin at or before the last index replace the log from there on. A batch's
        snapshot, which must be finished, counts from now on: where the log ends before it, or
        holds another term there, the log goes on behind it. The very first append must hold the
        founding entry or a snapshot: it makes the log, and the directory that cluster's. Raises
        ValueError, with nothing written, for batches that cannot follow; NoSpace, with nothing
        written, for lack of room (see `shortage`), which batches without entries meet last;
        StorageFailure when the card fails, after which every append is refused.
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
            identity, end = self._identity, self._end.copy()
            if self._segment is None:
                self._identity = founded_by(identity, batches)
            # Until the contrary is shown: whatever ends this early leaves the card in doubt.
            self._failure = "an earlier write did not succeed"
            try:
                self._write(batches)
            except NoSpace as error:
                self._identity, self._end, self._failure = identity, end, ""
                needed = sum(entry.size_bytes() for batch in batches for entry in batch.entries)
                self._upkeep.met(error, needed)
                raise
            for snapshot in noted:
                self._snapshots.take_note(snapshot)
                self._upkeep.cut_is_due = True
            self._failure = ""
        return self._report_since(bytes_before, syncs_before)

    @property
    def upkeep_is_due(self) -> bool:
        """Whether `upkeep` has something to do: behind a batch it may have."""
        return not self._failure and self._upkeep.next_piece(self._segment) is not None

    def upkeep(self) -> WriteReport:
        """Do one piece of what is due: make room ahead of need, remove what is needed no more.

        Raises StorageFailure, after which every append is refused. For no space see `shortage`.
        """
        piece = self._upkeep.next_piece(self._segment)
        bytes_before, syncs_before = self._disk.written_bytes, self._disk.sync_count
        if piece is not None:
            self._failure = "making room did not succeed"
            self._upkeep.do(piece, self._deeds)
            self._failure = ""
            self._upkeep.settle(self._segment)
        return self._report_since(bytes_before, syncs_before)

    @property
    def shortage(self) -> Shortage | None:
        """What the card lacks, None while there is room."""
        return self._upkeep.shortage(self._segment)

    def met_no_space(self, error: NoSpace) -> None:
        """A snapshot found no room, in the reserve neither."""
        self._upkeep.met(error)

    def look_for_space(self) -> None:
        """See whether a shortage is over; if it may be, upkeep is due. Writes nothing itself."""
        self._upkeep.look_for_space(self._segment)

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

    def _report_since(self, bytes_before: int, syncs_before: int) -> WriteReport:
        return WriteReport(
            written_bytes=self._disk.written_bytes - bytes_before,
            sync_count=self._disk.sync_count - syncs_before,
        )

    def _write(self, batches: Sequence[Batch]) -> None:
        """Write one batch: where the log is, or as the first of a new segment."""
        add_records = partial(self._end.add_batches, batches=batches)
        has_entries = any(batch.entries for batch in batches)
        segment = self._segment
        if segment is None:
            self._begin_segment(1, self._end.junction(0, 0, self._sequence), add_records)
        elif (segment.is_full and has_entries) or not segment.has_reserved_room:
            self._begin_next_segment(add_records)
        else:
            segment.append(self._sequence, add_records, may_use_reserve=not has_entries)
            self._sequence += 1

    def _begin_next_segment(self, add_records: AddRecords) -> None:
        segment = self._segment
        assert segment is not None
        junction = self._end.junction(segment.generation, segment.end_sector, self._sequence)
        self._begin_segment(segment.generation + 1, junction, add_records)

    def _begin_empty_segment(self) -> None:
        """The next segment, ahead of need: with nothing but its head."""
        end = self._end.copy()
        try:
            self._begin_next_segment(lambda pieces, seed: None)
        except NoSpace:
            self._end = end
            raise

    def _grow(self) -> None:
        assert self._segment is not None
        self._segment.grow()

    def _begin_segment(self, generation: int, junction: Junction, add_records: AddRecords) -> None:
        """Go on in a new segment."""
        self._end.begin_segment(generation)
        self._make_segment(generation, junction, add_records)

    def _make_segment(self, generation: int, junction: Junction, add_records: AddRecords) -> None:
        """Make a segment, take it in the place of the one before, and tell the identity of it."""
        identity, before = self._identity, self._segment
        self._segment = make_segment(
            self._disk,
            self._directory,
            junction,
            add_records,
            replica_id=identity.replica_id,
            cluster_id=identity.cluster_id,
            generation=generation,
            segment_bytes=self._segment_bytes,
            pace_sectors=before.pace_sectors if before is not None else 0,
        )
        if before is not None:
            before.close()
        self._sequence = junction.sequence + 1
        self._tell_identity()

    def _tell_identity(self) -> None:
        """Write down how far the log has come; on a full card later, for less is true as well."""
        assert self._segment is not None
        generation = self._segment.generation
        content = IdentityFile(identity=self._identity, newest_generation=generation)
        try:
            write_identity(self._disk, self._directory, content)
            self._upkeep.identity_is_due = False
        except NoSpace:
            self._upkeep.identity_is_due = True

    def _go_on(self, log: RecoveredLog, generations: tuple[int, ...]) -> None:
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
            self._findings.append(torn_tail(log.torn, copy))
        self._end = log.end
        before = log.junction.previous_generation
        chain = [head.generation for head in log.chain if head.generation <= before]
        try:
            self._make_segment(log.generation, log.junction, partial(add_again, records=log.again))
        except NoSpace as error:
            self._reopen(log, error)
            chain = [head.generation for head in log.chain]
        for generation in generations:
            if generation not in chain:
                self._disk.remove(directory.segment_path(generation))

    def _reopen(self, log: RecoveredLog, error: NoSpace) -> None:
        """Go on in the last segment: there is no room for a new one."""
        if log.torn is not None and log.torn.spoilt_offset is not None:
            raise error  # only a new segment's head can say that the log is in doubt
        self._segment = reopen_segment(
            self._disk, self._directory, log, segment_bytes=self._segment_bytes
        )
        go_on_in_place(self._end, log)
        self._sequence = log.junction.sequence + (log.torn is None)
        self._upkeep.met(error)
        self._tell_identity()

    def _cut(self) -> None:
        """Remove the segments and snapshots that no start needs any more."""
        needed = self._end.cut(self._snapshots.cut_index)
        cut_before(self._disk, self._directory, needed)
        self._snapshots.clear()
        self._upkeep.cut_is_due = False

    def _find(self, kind: str, path: str, offset: int, text: str) -> None:
        self._findings.append(Finding(kind=kind, path=path, offset=offset, text=text))
