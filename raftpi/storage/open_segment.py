"""The segment that is being written: its making, its batches, its room.

A segment is made under another name, with its first batch and zeros behind it, synced,
renamed, and its directory synced: a segment that bears its name is whole in its head. From
then on every batch is one write over zeros and one sync.

Room: zeros are written ahead of need, by the chunk, and synced before they count as room. That
is done behind a batch (see `upkeep`), when less than `LOW_WATER_SECTORS` of them are left; at
once only if a batch needs more than there is. So no space is met while zeros are written, never
half-way in a batch. The last `RESERVED_SECTORS` of the room are for batches without entries: a
term or a vote can be written though the card is full. A segment that has all its room is
followed by the next one before that is needed. An idle node writes nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from raftpi.errors import NoSpace, StorageFailure
from raftpi.storage.batch import START_RECORD_BYTES, BatchStart, batch_content
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk, File
from raftpi.storage.sector import SECTOR_BYTES, Marks, lay_out, marks_of, sectors_for
from raftpi.storage.segment_head import Junction, add_head
from raftpi.storage.stamp import SEGMENT_MAGIC, STAMP_BYTES, make_stamp

CHUNK_SECTORS = 512
# A batch of more than this many sectors is a large one. While they come, room is made for several
# of them at once: else each would wait for a sync of its own to make it.
LARGE_SECTORS = 32
LARGE_AHEAD_COUNT = 6
LARGE_AHEAD_SECTORS = 2048
LOW_WATER_SECTORS = 128
RESERVED_SECTORS = 128
# Of a small segment's sectors this part is the low water, and this part is reserved.
SMALL_PART = 8

# Puts the records of a batch in the list, with their header checksums started from the seed.
AddRecords = Callable[[list[bytes], int], None]


class OpenSegment:
    """A segment that batches are appended to.

    Invariant: the sectors from `end_sector` to `allocated_sectors` are durable zeros. Every batch
    begins in room that a batch before it stated: so the loss of a file's end is always seen.
    """

    def __init__(
        self,
        file: File,
        *,
        generation: int,
        marks: Marks,
        end_sector: int,
        allocated_sectors: int,
        limit_sectors: int,
        pace_sectors: int = 0,
    ) -> None:
        """See `make_segment` and `reopening`. `pace_sectors`: what large batches took of late."""
        self.generation = generation
        self.end_sector = end_sector
        self._file = file
        self._marks = marks
        self._allocated_sectors = allocated_sectors
        self._stated_sectors = allocated_sectors
        self._limit_sectors = limit_sectors
        self.pace_sectors = pace_sectors

    @property
    def is_full(self) -> bool:
        """Whether the next batch of entries belongs in another segment."""
        return self.end_sector + _reserved(self._limit_sectors) >= self._limit_sectors

    @property
    def is_short_of_room(self) -> bool:
        """Whether more room should be made, here or in the next segment, before it is needed."""
        ahead = _ahead(self._limit_sectors) + min(self.pace_sectors, LARGE_AHEAD_SECTORS)
        return self._allocated_sectors - self.end_sector < ahead

    @property
    def may_grow(self) -> bool:
        """Whether the room is to be made here."""
        return self._allocated_sectors < self._limit_sectors and self.has_reserved_room

    @property
    def has_reserved_room(self) -> bool:
        """Whether a term or a vote can be written without any space on the card.

        If not, the next batch, whatever it holds, belongs in another segment.
        """
        return self.end_sector < self._stated_sectors

    def append(self, sequence: int, add_records: AddRecords, *, may_use_reserve: bool) -> None:
        """Write a batch, durably.

        Raises NoSpace if there is no room for it, with nothing of it written; what lies behind
        `allocated_sectors` is zeros or nothing then.
        """
        seed = self._marks.first
        pieces: list[bytes] = []
        add_records(pieces, seed)
        content_bytes = START_RECORD_BYTES + sum(map(len, pieces))
        extent = sectors_for(content_bytes)
        end_sector = self.end_sector + extent
        large = extent if extent > LARGE_SECTORS else 0
        self.pace_sectors = max(large, self.pace_sectors * 3 // 4)
        reserved = 0 if may_use_reserve else _reserved(self._limit_sectors)
        if end_sector + reserved > self._allocated_sectors:
            self._grow(end_sector)
        start = BatchStart(sequence, extent, self._allocated_sectors, content_bytes)
        content = batch_content(pieces, seed, start)
        with no_space_is_failure():
            offset = self.end_sector * SECTOR_BYTES
            self._file.write_at(offset, lay_out(content, extent, self._marks))
            self._file.sync()
        self.end_sector = end_sector
        self._stated_sectors = start.allocated_sectors

    def grow(self) -> None:
        """Make room ahead of need. Raises NoSpace, after which there is as much as before."""
        self._grow(self.end_sector)

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def _grow(self, needed_sectors: int) -> None:
        """Write zeros up to `needed_sectors` and a chunk ahead, and make them durable."""
        target = _allocation(needed_sectors, self._limit_sectors, self.pace_sectors)
        added_bytes = (target - self._allocated_sectors) * SECTOR_BYTES
        self._file.write_at(self._allocated_sectors * SECTOR_BYTES, bytes(added_bytes))
        self._file.sync()
        self._allocated_sectors = target


def make_segment(
    disk: Disk,
    directory: DataDirectory,
    junction: Junction,
    add_records: AddRecords,
    *,
    replica_id: int,
    cluster_id: int,
    generation: int,
    segment_bytes: int,
    pace_sectors: int = 0,
) -> OpenSegment:
    """Make the segment that goes on at `junction`, with a first batch of these records, durably.

    Raises NoSpace before the segment has its name; nothing is left of it then.
    """
    marks = marks_of(replica_id, generation)
    pieces: list[bytes] = []
    add_head(
        pieces,
        marks.first,
        junction,
        replica_id=replica_id,
        cluster_id=cluster_id,
        generation=generation,
    )
    add_records(pieces, marks.first)
    content_bytes = STAMP_BYTES + START_RECORD_BYTES + sum(map(len, pieces))
    extent = sectors_for(content_bytes)
    limit = max(1, segment_bytes // SECTOR_BYTES)
    allocated = _allocation(extent, limit, pace_sectors)
    start = BatchStart(junction.sequence, extent, allocated, content_bytes)
    content = batch_content(pieces, marks.first, start, stamp=make_stamp(SEGMENT_MAGIC))
    path = directory.new_segment_path(generation)
    file = _created_anew(disk, path)
    try:
        file.write_at(0, lay_out(content, extent, marks))
        if allocated > extent:
            file.write_at(extent * SECTOR_BYTES, bytes((allocated - extent) * SECTOR_BYTES))
        file.sync()
        disk.rename(path, directory.segment_path(generation))
    except NoSpace:
        file.close()
        disk.remove(path)
        raise
    except BaseException:
        file.close()
        raise
    try:
        with no_space_is_failure():
            disk.sync_directory(directory.log_path)
    except BaseException:
        file.close()
        raise
    return OpenSegment(
        file,
        generation=generation,
        marks=marks,
        end_sector=extent,
        allocated_sectors=allocated,
        limit_sectors=limit,
        pace_sectors=pace_sectors,
    )


def _created_anew(disk: Disk, path: str) -> File:
    """An empty file, in the place of one that a crash left there."""
    if disk.exists(path):
        disk.remove(path)
    return disk.create(path)


@contextmanager
def no_space_is_failure() -> Iterator[None]:
    """Where bytes of a batch are written there must be room: if there is none, all is in doubt."""
    try:
        yield
    except NoSpace as error:
        raise StorageFailure(f"no space where there was some: {error}") from error


def _reserved(limit_sectors: int) -> int:
    """How much of the room is for batches without entries."""
    return min(RESERVED_SECTORS, limit_sectors // SMALL_PART)


def _ahead(limit_sectors: int) -> int:
    """How much room there should be behind a batch at least."""
    return _reserved(limit_sectors) + min(LOW_WATER_SECTORS, limit_sectors // SMALL_PART)


def _allocation(needed_sectors: int, limit_sectors: int, pace_sectors: int) -> int:
    """How long a file is made that needs so much: whole chunks, but nothing past the limit."""
    large = min(LARGE_AHEAD_COUNT * pace_sectors, LARGE_AHEAD_SECTORS)
    wanted = needed_sectors + _ahead(limit_sectors) + large
    ahead = -(-wanted // CHUNK_SECTORS) * CHUNK_SECTORS
    return max(needed_sectors + _reserved(limit_sectors), min(ahead, limit_sectors))
