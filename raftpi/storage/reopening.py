"""Going on in the segment that is there: for a start on a card without room for a new one.

A start makes what it keeps durable anew in a fresh segment. On a full card that cannot be had;
then the last batch is written over itself, and zeros over what lies behind it: no byte of the
card is needed for that. What was read from the page cache need not have been on the card; now it
is. A power cut in the middle leaves each sector old or new, and the old ones are either the same,
or were never acknowledged.
"""

from raftpi.storage.batch import read_start
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.log_end import LogEnd
from raftpi.storage.open_segment import OpenSegment, no_space_is_failure
from raftpi.storage.recovery import RecoveredLog
from raftpi.storage.sector import SECTOR_BYTES, marks_of


def reopen_segment(
    disk: Disk, directory: DataDirectory, log: RecoveredLog, *, segment_bytes: int
) -> OpenSegment:
    """The log's last segment, open behind its last whole batch. Raises StorageFailure."""
    head = log.chain[-1]
    marks = marks_of(head.replica_id, head.generation)
    path = directory.segment_path(head.generation)
    # The junction lies before the last batch, or behind it where a torn one follows.
    is_behind_head = log.junction.previous_generation == head.generation
    first = log.junction.previous_end_sector if is_behind_head else 0
    data = disk.read(path, first * SECTOR_BYTES)
    kept_sectors = 0
    if log.torn is None:
        kept_sectors = read_start(data[:SECTOR_BYTES], first, marks).extent_sectors
    sector_count = len(data) // SECTOR_BYTES
    kept = data[: kept_sectors * SECTOR_BYTES]
    file = disk.open(path)
    try:
        with no_space_is_failure():
            zeros = bytes((sector_count - kept_sectors) * SECTOR_BYTES)
            file.write_at(first * SECTOR_BYTES, kept + zeros)
            file.sync()
    except BaseException:
        file.close()
        raise
    return OpenSegment(
        file,
        generation=head.generation,
        marks=marks,
        end_sector=first + kept_sectors,
        allocated_sectors=first + sector_count,
        limit_sectors=max(1, segment_bytes // SECTOR_BYTES),
    )


def go_on_in_place(end: LogEnd, log: RecoveredLog) -> None:
    """Have `end`, which knows of the new segment as begun, know of the reopened one instead."""
    head = log.chain[-1]
    known = {generation for generation, _ in end.beginnings}
    kept: list[tuple[int, int]] = []
    for generation, first_index in end.beginnings:
        if generation != log.generation:
            kept.append((generation, first_index))
        elif head.generation not in known and log.junction.previous_generation != head.generation:
            kept.append((head.generation, first_index))
    end.beginnings[:] = kept
