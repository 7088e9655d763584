"""Spoiling a log on a card in just the way that recovery cannot judge."""

from raftpi.sim.disk import VirtualDisk
from raftpi.storage.directory import DataDirectory
from raftpi.storage.record import RecordKind
from raftpi.storage.sector import SECTOR_BYTES, marks_of
from raftpi.storage.segment_head import read_head
from raftpi.storage.segment_scan import scan_segment


def spoil_last_batch(disk: VirtualDisk, path: str) -> bool:
    """Leave of the last batch what may be a torn one, or a whole one gone rotten.

    Its first sector is as if never written, the second bears its mark still, the third is
    spoilt. False if there is no such batch: one that begins a segment cannot be torn, and behind
    one that took note of a snapshot the card has been cleared.
    """
    directory = DataDirectory(disk, path)
    generations = directory.generations() if disk.exists(directory.log_path) else []
    if not generations:
        return False
    segment = directory.segment_path(generations[-1])
    data = disk.content(segment)
    head = read_head(data[:SECTOR_BYTES])
    marks = marks_of(head.replica_id, head.generation)
    scan = scan_segment(data, marks, stated_end=None)
    if len(scan.batches) < 2:
        return False
    last = scan.batches[-1]
    end_sector = max(scan.torn.end_sector if scan.torn is not None else 0, last.end_sector)
    end_sector = max(end_sector, last.first_sector + 3)
    if end_sector * SECTOR_BYTES > len(data):
        return False
    if any(record.kind == RecordKind.SNAPSHOT for record in last.records):
        return False
    mark = marks.following.to_bytes(4, "little")
    spoilt = bytearray((end_sector - last.first_sector) * SECTOR_BYTES)
    spoilt[SECTOR_BYTES : SECTOR_BYTES + 4] = mark
    spoilt[2 * SECTOR_BYTES : 2 * SECTOR_BYTES + 4] = b"\xaa\x55\xaa\x55"
    disk.spoil(segment, last.first_sector * SECTOR_BYTES, bytes(spoilt))
    return True
