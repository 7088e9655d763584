"""Recovery: reading the log back from its segments.

The segment with the highest generation is the last one; each head names the segment before
it and where that validly ends. Segments outside this chain are void: they were replaced.
Every segment of the chain is read whole and checked against all that came before it.

Where the segment that a head names is not there, the chain begins with that head: the log was
cut, or has lost a segment. Whether a snapshot holds what is gone is decided in
`snapshot_recovery`. Segments older than such a gap are void: the cut had come that far.

What is found need not be durable: it was read from the page cache. But no byte of a batch is
written before the sync of the one before it has returned, so only the very last batch can be
lost yet. It is therefore logged again, in a new segment that goes on from the junction before
it; if a torn batch was found behind it, it is durable, and the junction lies after it. From a
doubtful one on the hard state is in doubt (see `raftpi.core.doubt`), and the new segment's head
says so until that has ended. When the
last batch is the first of its segment, that segment as a whole is replaced by the new one.

Nothing is changed here: this is what `fsck` reads with, too.
"""

from dataclasses import dataclass, replace

from raftpi.core.entry import Entry
from raftpi.core.ready import HardState
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.finding import Damage, DamageFound, DamageKind, refusal
from raftpi.storage.identity import Identity
from raftpi.storage.log_end import LogEnd
from raftpi.storage.record import Record
from raftpi.storage.replay import Replay
from raftpi.storage.sector import SECTOR_BYTES, marks_of
from raftpi.storage.segment_head import Junction, SegmentHead, read_head
from raftpi.storage.segment_scan import scan_segment
from raftpi.storage.whole_batch import ScannedBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class TornTail:
    """The bytes of a batch that was cut off, and where they lay.

    `spoilt_offset` is where it is spoilt, if it may have been whole once and promised.
    """

    generation: int
    path: str
    offset: int
    data: bytes
    spoilt_offset: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveredLog:
    """All that the log holds, and how it goes on.

    `again` are the records of the last batch, to be logged once more at `junction`; `end`,
    `hard_state` and `entries` include them. `chain` are the heads of the segments that count.
    `entries` start behind `end.span.base_index`. `generation` is that of the segment to be made
    for this; `end` knows it as begun at `junction`. `missing_path` is the segment before the
    chain's first, if there was one.
    """

    cluster_id: int
    hard_state: HardState
    entries: tuple[Entry, ...]
    end: LogEnd
    junction: Junction
    again: tuple[Record, ...]
    generation: int
    chain: tuple[SegmentHead, ...]
    missing_path: str
    torn: TornTail | None


def recover_log(disk: Disk, directory: DataDirectory, identity: Identity) -> RecoveredLog:
    """Read the log back. There must be a segment.

    Raises DamagedData, NewerVersion, StorageFailure.
    """
    return _Recovery(disk, directory, identity).run()


class _Recovery:
    def __init__(self, disk: Disk, directory: DataDirectory, identity: Identity) -> None:
        self._disk = disk
        self._directory = directory
        self._identity = identity
        self._replay = Replay()
        self._path = ""
        self._missing_path = ""
        self._generation = directory.generations()[-1] + 1
        self._junction: Junction | None = None
        self._again: tuple[Record, ...] = ()
        self._torn: TornTail | None = None

    def run(self) -> RecoveredLog:
        try:
            chain = self._chain()
            for place, head in enumerate(chain):
                later = chain[place + 1] if place + 1 < len(chain) else None
                self._take_segment(head, later)
        except DamageFound as found:
            is_missing = found.damage.kind is DamageKind.MISSING
            path = self._missing_path if is_missing else self._path
            raise refusal(self._directory.path, path, found.damage) from None
        assert self._junction is not None  # the last segment has set it
        end = self._replay.end
        return RecoveredLog(
            cluster_id=chain[-1].cluster_id,
            hard_state=end.hard_state,
            entries=tuple(self._replay.entries),
            end=end,
            junction=self._junction,
            again=self._again,
            generation=self._generation,
            chain=tuple(chain),
            missing_path=self._missing_path,
            torn=self._torn,
        )

    def _chain(self) -> list[SegmentHead]:
        """The heads of all segments that count, oldest first."""
        generation = self._directory.generations()[-1]
        heads = [self._read_head(generation)]
        while heads[-1].previous_generation:
            path = self._directory.segment_path(heads[-1].previous_generation)
            if not self._disk.exists(path):
                self._missing_path = path
                break
            heads.append(self._read_head(heads[-1].previous_generation))
        heads.reverse()
        for head in heads:
            if head.cluster_id != heads[-1].cluster_id:
                self._path = self._directory.segment_path(head.generation)
                raise _foreign(f"the segment belongs to cluster {head.cluster_id:016x}")
        return heads

    def _read_head(self, generation: int) -> SegmentHead:
        self._path = self._directory.segment_path(generation)
        head = read_head(self._disk.read(self._path, 0, SECTOR_BYTES))
        if head.replica_id != self._identity.replica_id:
            raise _foreign(
                f"the segment belongs to replica {head.replica_id:016x}, "
                f"the directory to {self._identity.replica_id:016x}"
            )
        if self._identity.cluster_id not in (0, head.cluster_id):
            raise _foreign(
                f"the segment belongs to cluster {head.cluster_id:016x}, "
                f"the directory to {self._identity.cluster_id:016x}"
            )
        if head.generation != generation:
            raise _foreign(f"the segment is of generation {head.generation}")
        if head.previous_generation >= generation:
            raise _foreign(f"the segment claims to follow generation {head.previous_generation}")
        return head

    def _take_segment(self, head: SegmentHead, later: SegmentHead | None) -> None:
        self._path = self._directory.segment_path(head.generation)
        data = self._disk.read(self._path)
        scan = scan_segment(
            data,
            marks_of(head.replica_id, head.generation),
            stated_end=later.previous_end_sector if later is not None else None,
        )
        if scan.damage is not None:
            raise _found(scan.damage)
        if scan.torn is not None:
            offset = scan.torn.first_sector * SECTOR_BYTES
            spoilt = scan.torn.spoilt_sector
            self._torn = TornTail(
                generation=head.generation,
                path=self._path,
                offset=offset,
                data=data[offset : scan.torn.end_sector * SECTOR_BYTES],
                spoilt_offset=None if spoilt is None else spoilt * SECTOR_BYTES,
            )
        for place, batch in enumerate(scan.batches):
            is_last = later is None and scan.torn is None and place == len(scan.batches) - 1
            self._take_batch(head, batch, is_first=place == 0, is_last=is_last)
        if scan.torn is not None:
            end = self._replay.end
            if scan.torn.spoilt_sector is not None:
                end.hard_state = replace(end.hard_state, in_doubt=True)
            self._junction = self._replay.end.junction(
                head.generation, scan.end_sector, self._replay.sequence + 1
            )
            self._replay.end.begin_segment(self._generation)

    def _take_batch(
        self, head: SegmentHead, batch: ScannedBatch, *, is_first: bool, is_last: bool
    ) -> None:
        replay = self._replay
        records = batch.records
        if is_first:
            read, records = replay.begin_segment(batch)
            if read != head:
                raise DamageFound(DamageKind.ORDER, 0, "the file changes while it is read")
        if is_last:
            self._again = records
            self._junction = replay.end.junction(
                head.previous_generation if is_first else head.generation,
                head.previous_end_sector if is_first else batch.first_sector,
                batch.sequence,
            )
            if is_first:
                replay.end.beginnings.pop()
            replay.end.begin_segment(self._generation)
        replay.take(batch, records)


def _foreign(text: str) -> DamageFound:
    return DamageFound(DamageKind.FOREIGN, 0, text)


def _found(damage: Damage) -> DamageFound:
    return DamageFound(damage.kind, damage.offset, damage.text)
