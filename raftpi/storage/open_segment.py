"""The segment that is being written: its making, its batches, its room.

A segment is made under another name, with its first batch and zeros behind it, synced,
renamed, and its directory synced: a segment that bears its name is whole in its head. From
then on every batch is one write over zeros and one sync.

Room: when less than `LOW_WATER_SECTORS` of zeros are left behind a batch, the file grows by
`CHUNK_SECTORS` of them, which are synced before they count as room; at once if a batch needs
more than is left. So no space is met while zeros are written, never half-way in a batch.
Nothing grows but behind a batch: an idle node writes nothing.
"""

from collections.abc import Callable

from raftpi.errors import NoSpace
from raftpi.storage.batch import START_RECORD_BYTES, BatchStart, batch_content
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk, File
from raftpi.storage.sector import SECTOR_BYTES, Marks, lay_out, marks_of, sectors_for
from raftpi.storage.segment_head import Junction, add_head
from raftpi.storage.stamp import SEGMENT_MAGIC, STAMP_BYTES, make_stamp

CHUNK_SECTORS = 512
LOW_WATER_SECTORS = 128

# Puts the records of a batch in the list, with their header checksums started from the seed.
AddRecords = Callable[[list[bytes], int], None]


class OpenSegment:
    """A segment that batches are appended to.

    Invariant: the sectors from `end_sector` to `allocated_sectors` are durable zeros.
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
    ) -> None:
        """See `make_segment`."""
        self.generation = generation
        self.end_sector = end_sector
        self._file = file
        self._marks = marks
        self._allocated_sectors = allocated_sectors
        self._limit_sectors = limit_sectors

    @property
    def is_full(self) -> bool:
        """Whether the next batch belongs in another segment."""
        return self.end_sector >= self._limit_sectors

    def append(self, sequence: int, add_records: AddRecords) -> None:
        """Write a batch, durably; see that there is room for the next.

        Raises NoSpace if there is no room for this one, of which then nothing was written.
        """
        seed = self._marks.first
        pieces: list[bytes] = []
        add_records(pieces, seed)
        content_bytes = START_RECORD_BYTES + sum(map(len, pieces))
        extent = sectors_for(content_bytes)
        end_sector = self.end_sector + extent
        if end_sector > self._allocated_sectors:
            self._grow(end_sector)
        start = BatchStart(sequence, extent, self._allocated_sectors, content_bytes)
        content = batch_content(pieces, seed, start)
        self._file.write_at(self.end_sector * SECTOR_BYTES, lay_out(content, extent, self._marks))
        self._file.sync()
        self.end_sector = end_sector
        self._grow_ahead()

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def _grow_ahead(self) -> None:
        room = self._allocated_sectors - self.end_sector
        if room >= LOW_WATER_SECTORS or self._allocated_sectors >= self._limit_sectors:
            return
        try:
            self._grow(self.end_sector)
        except NoSpace:
            # The batch is durable. The next one that needs the room will meet this again.
            return

    def _grow(self, needed_sectors: int) -> None:
        """Write zeros up to `needed_sectors` and a chunk ahead, and make them durable."""
        target = _allocation(needed_sectors, self._limit_sectors)
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
) -> OpenSegment:
    """Make the segment that goes on at `junction`, with a first batch of these records, durably."""
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
    allocated = _allocation(extent, limit)
    start = BatchStart(junction.sequence, extent, allocated, content_bytes)
    content = batch_content(pieces, marks.first, start, stamp=make_stamp(SEGMENT_MAGIC))
    path = directory.new_segment_path(generation)
    if disk.exists(path):
        disk.remove(path)
    file = disk.create(path)
    try:
        file.write_at(0, lay_out(content, extent, marks))
        if allocated > extent:
            file.write_at(extent * SECTOR_BYTES, bytes((allocated - extent) * SECTOR_BYTES))
        file.sync()
        disk.rename(path, directory.segment_path(generation))
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
    )


def _allocation(needed_sectors: int, limit_sectors: int) -> int:
    """How long a file is made that needs so much: whole chunks, but nothing past the limit."""
    ahead = -(-(needed_sectors + LOW_WATER_SECTORS) // CHUNK_SECTORS) * CHUNK_SECTORS
    return max(needed_sectors, min(ahead, limit_sectors))
