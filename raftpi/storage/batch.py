"""A batch: what is written with one sync, and whole or not at all.

A batch begins at a sector boundary, where the one before it ends, and shares no sector with
another. Its content is a sequence of records, the first of which is the batch start:

    extent in sectors u32, sectors allocated u32, bytes of content u64

Behind the content's end come zeros up to the end of the extent. `sectors allocated` is the
length that the file was known to have, durably, before the batch was written (a segment's first
batch: that it was made with): a file that is shorter now has lost its end. Each batch begins in
a sector that an earlier one of its segment counted among these, so that no loss goes unseen.
Sequence numbers count up by one from batch to batch and from segment to segment. The first batch
of a segment has the file's stamp before its records.
"""

from struct import Struct
from typing import NamedTuple

from raftpi.storage.finding import DamageFound, DamageKind
from raftpi.storage.record import HEADER_BYTES, Record, RecordKind, add_record, read_record
from raftpi.storage.sector import CONTENT_BYTES, MARK_BYTES, SECTOR_BYTES, Marks, file_offset
from raftpi.storage.stamp import SEGMENT_MAGIC, STAMP_BYTES, check_stamp

_START = Struct("<IIQ")
START_RECORD_BYTES = HEADER_BYTES + _START.size


class BatchStart(NamedTuple):
    """What a batch says of itself at its start."""

    sequence: int
    extent_sectors: int
    allocated_sectors: int
    content_bytes: int


def batch_content(
    pieces: list[bytes], seed: int, start: BatchStart, *, stamp: bytes = b""
) -> bytes:
    """The content of a batch of which `pieces` are the records behind the batch start."""
    whole = [stamp]
    payload = _START.pack(start.extent_sectors, start.allocated_sectors, start.content_bytes)
    add_record(whole, seed, RecordKind.BATCH_START, 0, start.sequence, 0, payload)
    whole += pieces
    return b"".join(whole)


def read_start(first_sector: bytes, sector: int, marks: Marks) -> BatchStart:
    """The start of a batch, from its first sector alone. Raises DamageFound."""
    content = first_sector[MARK_BYTES:SECTOR_BYTES]
    at = 0
    if sector == 0:
        check_stamp(content, SEGMENT_MAGIC, MARK_BYTES)
        at = STAMP_BYTES
    record = read_record(content, at, len(content), marks.first, sector)
    if record.kind != RecordKind.BATCH_START or len(record.payload) < _START.size:
        raise DamageFound(
            DamageKind.ORDER, file_offset(sector, at), "a batch does not begin with its start"
        )
    extent, allocated, content_bytes = _START.unpack_from(record.payload)
    if not at + START_RECORD_BYTES <= content_bytes <= extent * CONTENT_BYTES or (
        sector + extent > allocated
    ):
        raise DamageFound(
            DamageKind.ORDER, file_offset(sector, at), "a batch contradicts itself in its start"
        )
    return BatchStart(record.log_index, extent, allocated, content_bytes)


def read_records(
    content: bytes, sector: int, start: BatchStart, marks: Marks
) -> tuple[Record, ...]:
    """All records of a whole batch behind its start. Raises DamageFound."""
    seed = marks.first
    end = start.content_bytes
    at = STAMP_BYTES if sector == 0 else 0
    at += read_record(content, at, end, seed, sector).size_bytes
    records: list[Record] = []
    while at < end:
        record = read_record(content, at, end, seed, sector)
        records.append(record)
        at += record.size_bytes
    padding = content[end:]
    if padding.count(0) != len(padding):
        at = end + len(padding) - len(padding.lstrip(b"\0"))
        raise DamageFound(
            DamageKind.STRAY, file_offset(sector, at), "a stray byte behind a batch's last record"
        )
    return tuple(records)
