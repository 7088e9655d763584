"""The quick look at a batch: most are as they were written, and a log has a million of them.

It says "whole", by every check that the slow look in `segment_scan` makes, or nothing at all: what
is wrong, and whether it is torn, rotten or from the future, the slow look finds out.
"""

from struct import Struct
from typing import NamedTuple
from zlib import crc32

from raftpi.storage.batch import START_RECORD_BYTES
from raftpi.storage.record import BARE_KINDS, HEADER_BYTES, KNOWN_KINDS, Record, RecordKind
from raftpi.storage.sector import CONTENT_BYTES, MARK_BYTES, SECTOR_BYTES, Marks, take_apart

# The sector's mark, the batch start's header, its payload.
_START = Struct("<I BBHIQQII IIQ")
_START_LENGTH = START_RECORD_BYTES - HEADER_BYTES
_HEADER = Struct("<BBHIQQII")
_SUMMED_BYTES = HEADER_BYTES - 4
_START_KIND = int(RecordKind.BATCH_START)


class ScannedBatch(NamedTuple):
    """A whole batch; `records` are those behind its batch start."""

    sequence: int
    first_sector: int
    end_sector: int
    records: tuple[Record, ...]


def whole_batch(data: bytes, sector: int, marks: Marks) -> ScannedBatch | None:
    """The batch at `sector` of a segment's bytes; None where anything calls for the slow look.

    So for the first batch of a segment, which begins otherwise than all others.
    """
    at = sector * SECTOR_BYTES + MARK_BYTES
    if sector == 0 or at + CONTENT_BYTES > len(data):
        return None
    start = _START.unpack_from(data, at - MARK_BYTES)
    mark, kind, _, flags, length, sequence, _, payload_sum, header_sum, extent, allocated, end = (
        start
    )
    if (
        mark != marks.first
        or kind != _START_KIND
        or flags
        or length != _START_LENGTH
        or crc32(data[at : at + _SUMMED_BYTES], mark) != header_sum
        or crc32(data[at + HEADER_BYTES : at + START_RECORD_BYTES]) != payload_sum
        or not START_RECORD_BYTES <= end <= extent * CONTENT_BYTES
        or sector + extent > allocated
        or allocated * SECTOR_BYTES > len(data)
    ):
        return None
    if extent == 1:
        content: bytes | None = data[at : at + CONTENT_BYTES]
    else:
        content = take_apart(data[at - MARK_BYTES : (sector + extent) * SECTOR_BYTES], marks)
    if content is None or content.count(0, end) != len(content) - end:
        return None
    records = _whole_records(content, end, mark)
    return None if records is None else ScannedBatch(sequence, sector, sector + extent, records)


def _whole_records(content: bytes, end: int, seed: int) -> tuple[Record, ...] | None:
    """The records behind the batch start; None where one is not as it was written."""
    records: list[Record] = []
    at = START_RECORD_BYTES
    while at < end:
        body = at + HEADER_BYTES
        if body > end:
            return None
        header = _HEADER.unpack_from(content, at)
        kind, detail, flags, length, index, term, payload_sum, header_sum = header
        following = body + length
        payload = content[body:following]
        if (
            flags
            or kind not in KNOWN_KINDS
            or following > end
            or crc32(content[at : at + _SUMMED_BYTES], seed) != header_sum
            or crc32(payload) != payload_sum
            or (length and kind in BARE_KINDS)
        ):
            return None
        records.append(Record(kind, detail, index, term, payload))
        at = following
    return tuple(records)
