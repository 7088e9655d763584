"""Records: what batches are made of.

A record is a header of 32 bytes and a payload, little-endian, without any padding:

    kind u8, detail u8, flags u16, length u32, index u64, term u64,
    crc32 of the payload u32, crc32 of the 28 bytes before u32

The header's checksum starts from the segment's first mark instead of 0, so that no header
of another segment passes for one of this; the payload's is the plain one, the same on
every replica, so that a rotten payload can be refilled from a peer. `length` is the
payload's. `flags` is 0; a reader that meets one it does not know, or a kind, was made
before the writer.

| kind | detail | index | term | payload |
|---|---|---|---|---|
| 1 batch start | 0 | sequence number of the batch | 0 | see `batch` |
| 2 segment head | 0 | generation | term | see `segment_head` |
| 3 entry | EntryKind | the entry's | the entry's | see `raftpi.payload` |
| 4 hard state | in doubt: 1, else 0 | voted for (replica id, 0 for nobody) | current term | none |
| 5 truncation | 0 | every entry from this index on is void | 0 | none |
| 6 configuration in force | 0 | its entry's | its entry's, or 0 | as in that entry |
| 7 snapshot | log void: 1, else 0 | durable up to here | that entry's | see `snapshot_record` |
| 8 clean stop | kept for: everything before it was synced |||
"""

import zlib
from collections.abc import Iterable
from enum import IntEnum
from struct import Struct
from typing import NamedTuple

from raftpi.core.entry import Entry, EntryKind
from raftpi.payload import pack_payload
from raftpi.storage.finding import DamageFound, DamageKind
from raftpi.storage.sector import file_offset


class RecordKind(IntEnum):
    """The kinds that this raftpi writes and reads."""

    BATCH_START = 1
    SEGMENT_HEAD = 2
    ENTRY = 3
    HARD_STATE = 4
    TRUNCATION = 5
    CONFIGURATION = 6
    SNAPSHOT = 7


class Record(NamedTuple):
    """A record as read: whole, by both its checksums. `log_index` is the header's index."""

    kind: int
    detail: int
    log_index: int
    term: int
    payload: bytes

    @property
    def size_bytes(self) -> int:
        """Header and payload."""
        return HEADER_BYTES + len(self.payload)


# The details of a hard state record.
NO_DOUBT, IN_DOUBT = 0, 1

_FIELDS = Struct("<BBHIQQI")
_HEADER = Struct("<BBHIQQII")
_CHECKSUM = Struct("<I")
HEADER_BYTES = _HEADER.size
KNOWN_KINDS = frozenset(int(kind) for kind in RecordKind)
# Those without a payload.
BARE_KINDS = frozenset({int(RecordKind.HARD_STATE), int(RecordKind.TRUNCATION)})


def add_record(
    pieces: list[bytes],
    seed: int,
    kind: int,
    detail: int,
    index: int,
    term: int,
    payload: bytes = b"",
) -> None:
    """Put a record behind `pieces`, the bytes of a batch to be. `seed` is the first mark."""
    fields = _FIELDS.pack(kind, detail, 0, len(payload), index, term, zlib.crc32(payload))
    pieces.append(fields)
    pieces.append(_CHECKSUM.pack(zlib.crc32(fields, seed)))
    pieces.append(payload)


def add_entries(pieces: list[bytes], seed: int, entries: Iterable[Entry]) -> None:
    """Put records of entries behind `pieces`, as `add_record` does, in two thirds of its time."""
    add, pack_fields, pack_checksum = pieces.append, _FIELDS.pack, _CHECKSUM.pack
    crc32, entry_kind, command_detail = zlib.crc32, int(RecordKind.ENTRY), EntryKind.COMMAND.value
    for entry in entries:
        if entry.kind is EntryKind.COMMAND:
            payload, detail = entry.command, command_detail
        else:
            payload, detail = pack_payload(entry), entry.kind.value
        fields = pack_fields(
            entry_kind, detail, 0, len(payload), entry.index, entry.term, crc32(payload)
        )
        add(fields)
        add(pack_checksum(crc32(fields, seed)))
        add(payload)


def add_again(pieces: list[bytes], seed: int, records: Iterable[Record]) -> None:
    """Put records that were read once behind `pieces`, for another segment."""
    for record in records:
        add_record(pieces, seed, *record)


class RecordHeader(NamedTuple):
    """A header that is whole by its own checksum; `length` and `payload_checksum` of the payload.

    `log_index` is the header's index.
    """

    kind: int
    detail: int
    log_index: int
    term: int
    length: int
    payload_checksum: int

    @property
    def name(self) -> str:
        """What the record is, for messages."""
        if self.kind == RecordKind.ENTRY:
            return f"entry {self.log_index} (term {self.term})"
        return f"a record of kind {self.kind}"


def payload_fits(header: RecordHeader, payload: bytes) -> bool:
    """Whether this is the payload that the header tells of, by its checksum."""
    return len(payload) == header.length and zlib.crc32(payload) == header.payload_checksum


def read_header(content: bytes, at: int, end: int, seed: int, sector: int) -> RecordHeader:
    """The header of a record, whatever its payload; see `read_record`. Raises DamageFound."""
    kind, detail, _, length, index, term, payload_checksum, _ = _header_fields(
        content, at, end, seed, sector
    )
    return RecordHeader(kind, detail, index, term, length, payload_checksum)


def read_record(content: bytes, at: int, end: int, seed: int, sector: int) -> Record:
    """The record at `at` of a batch's content, which ends at `end`.

    `sector` is the batch's first, to name places by. Raises DamageFound.
    """
    kind, detail, _, length, index, term, payload_checksum, _ = _header_fields(
        content, at, end, seed, sector
    )
    start = at + HEADER_BYTES
    payload = content[start : start + length]
    if zlib.crc32(payload) != payload_checksum:
        what = f" of entry {index} (term {term})" if kind == RecordKind.ENTRY else ""
        raise DamageFound(
            DamageKind.PAYLOAD,
            file_offset(sector, start),
            f"a record's payload{what} fails its checksum",
        )
    return Record(kind, detail, index, term, payload)


def _header_fields(
    content: bytes, at: int, end: int, seed: int, sector: int
) -> tuple[int, int, int, int, int, int, int, int]:
    """The fields of the header at `at`, checked. Raises DamageFound."""
    if at + HEADER_BYTES > end:
        raise DamageFound(
            DamageKind.HEADER, file_offset(sector, at), "a record is cut off by its batch's end"
        )
    fields: tuple[int, int, int, int, int, int, int, int] = _HEADER.unpack_from(content, at)
    kind, _, flags, length, _, _, _, checksum = fields
    if zlib.crc32(content[at : at + _FIELDS.size], seed) != checksum:
        raise DamageFound(
            DamageKind.HEADER, file_offset(sector, at), "a record's header fails its checksum"
        )
    if flags or kind not in KNOWN_KINDS:
        raise DamageFound(
            DamageKind.NEWER,
            file_offset(sector, at),
            f"a record of kind {kind} with flags {flags:#x}, which this raftpi does not know",
        )
    if at + HEADER_BYTES + length > end or (length and kind in BARE_KINDS):
        raise DamageFound(
            DamageKind.HEADER,
            file_offset(sector, at),
            f"a record claims {length} bytes, more than there is room for",
        )
    return fields
