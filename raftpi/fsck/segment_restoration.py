"""Putting a damaged batch back to the bytes that were written, each of them proven.

Of a batch whose start and headers are whole every byte is known: the sectors' marks follow from
the segment, the padding is zeros, and a payload is right when it fits the length and the checksum
in its header. So what is put back is not a guess at what the batch may have been: it is the
batch. That is safe whether anybody relied on it or not, and needs no quorum: where index and term
are the same, the entry is the same (Log Matching, paper 5.3).
"""

from collections.abc import Mapping

from raftpi.fsck.segment_survey import SegmentSurvey, Wreck
from raftpi.storage.record import RecordHeader, payload_fits
from raftpi.storage.sector import SECTOR_BYTES, Marks, lay_out
from raftpi.storage.segment_scan import scan_segment


def restore_segment(
    data: bytes, survey: SegmentSurvey, marks: Marks, payloads: Mapping[RecordHeader, bytes]
) -> bytes:
    """The segment's bytes with all put back that can be; the same bytes where nothing can.

    `payloads` are those found for rotten ones; what does not fit its header is not used.
    """
    restored = bytearray(data)
    are_all_whole = True
    for wreck in survey.wrecks:
        sectors = _restore_batch(data, wreck, marks, payloads)
        if sectors is None:
            are_all_whole = False
        else:
            restored[wreck.first_sector * SECTOR_BYTES : wreck.end_sector * SECTOR_BYTES] = sectors
    if survey.stray_offset is not None and are_all_whole:
        candidate = bytearray(restored)
        candidate[survey.stray_offset] = 0
        if scan_segment(bytes(candidate), marks, stated_end=None).damage is None:
            restored = candidate
    return bytes(restored)


def _restore_batch(
    data: bytes, wreck: Wreck, marks: Marks, payloads: Mapping[RecordHeader, bytes]
) -> bytes | None:
    """The batch's sectors as they were written; None if something of it cannot be known."""
    if not wreck.is_told:
        return None
    content = bytearray(wreck.content[: wreck.start.content_bytes])
    for record in wreck.lost:
        payload = payloads.get(record.header)
        if payload is None or not payload_fits(record.header, payload):
            return None
        content[record.at : record.at + record.header.length] = payload
    extent = wreck.start.extent_sectors
    sectors = lay_out(bytes(content), extent, marks)
    whole = data[: wreck.first_sector * SECTOR_BYTES] + sectors
    allocated = wreck.start.allocated_sectors * SECTOR_BYTES
    scan = scan_segment(
        whole + bytes(max(0, allocated - len(whole))),
        marks,
        stated_end=wreck.end_sector,
        first_sector=wreck.first_sector,
    )
    return sectors if scan.damage is None else None
