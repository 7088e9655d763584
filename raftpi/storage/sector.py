"""512-byte sectors that tell by themselves whether they were ever written.

A segment file is made of sectors. It is zero-filled ahead of use; a sector that is all
zeros was never written. Every written sector starts with a 4-byte mark (u32, little-endian)
that is not zero, followed by 508 bytes of content. The mark is made of the replica id and
the segment's generation:

    first = crc32(replica_id u64, generation u64), or 1 where that is 0 or 2**32 - 1
    following = first with all bits inverted

`first` marks the first sector of a batch, `following` all its others. So whatever a client
chose as content, "written" differs from "never written", and the start of a batch from its
middle; 32 bits would have to flip to turn one into the other. Anything that is neither zeros
nor one of the two marks is damage.

Assumed of a card: a sector is written wholly or not at all, and a power cut harms only
sectors that are being written.
"""

import zlib
from enum import Enum
from struct import Struct
from typing import NamedTuple

SECTOR_BYTES = 512
MARK_BYTES = 4
CONTENT_BYTES = SECTOR_BYTES - MARK_BYTES

_SECTOR = Struct(f"<I{CONTENT_BYTES}s")
_MARK = Struct("<I")
_ORIGIN = Struct("<QQ")
_ALL_ONES = 0xFFFFFFFF
_ZEROS = bytes(SECTOR_BYTES)


class Marks(NamedTuple):
    """The two marks of one segment."""

    first: int
    following: int


class SectorState(Enum):
    """What a sector's own bytes say of it."""

    UNWRITTEN = "unwritten"
    FIRST = "first"
    FOLLOWING = "following"
    STRANGE = "strange"


def marks_of(replica_id: int, generation: int) -> Marks:
    """The marks of a replica's segment. Two generations less than 2**32 apart differ in them."""
    first = zlib.crc32(_ORIGIN.pack(replica_id, generation))
    if first in (0, _ALL_ONES):
        first = 1
    return Marks(first, first ^ _ALL_ONES)


def sectors_for(content_bytes: int) -> int:
    """How many sectors hold that much content."""
    return -(-content_bytes // CONTENT_BYTES)


def lay_out(content: bytes, sector_count: int, marks: Marks) -> bytes:
    """The content as sectors, each with its mark; zeros behind the content's end."""
    whole_bytes = sector_count * CONTENT_BYTES
    sectors = [
        content[start : start + CONTENT_BYTES] for start in range(0, whole_bytes, CONTENT_BYTES)
    ]
    body = _MARK.pack(marks.following).join(sectors)
    padding = bytes(whole_bytes - len(content))
    return b"".join((_MARK.pack(marks.first), body, padding))


def take_apart(sectors: bytes, marks: Marks) -> bytes | None:
    """The content of a whole batch; None unless every sector bears the mark it should."""
    pairs = list(_SECTOR.iter_unpack(sectors))
    expected = [marks.following] * len(pairs)
    expected[0] = marks.first
    if [pair[0] for pair in pairs] != expected:
        return None
    return b"".join([pair[1] for pair in pairs])


def state_of(data: bytes, sector: int, marks: Marks) -> SectorState:
    """The state of the sector with this number; beyond the end of the file it is unwritten."""
    piece = data[sector * SECTOR_BYTES : (sector + 1) * SECTOR_BYTES]
    if piece == _ZEROS[: len(piece)]:
        return SectorState.UNWRITTEN
    if len(piece) == SECTOR_BYTES:
        mark = _MARK.unpack_from(piece)[0]
        if mark == marks.first:
            return SectorState.FIRST
        if mark == marks.following:
            return SectorState.FOLLOWING
    return SectorState.STRANGE


def is_untouched(data: bytes, sector: int) -> bool:
    """Whether the file holds nothing but zeros from this sector on."""
    rest = data[sector * SECTOR_BYTES :]
    return rest.count(0) == len(rest)


def file_offset(sector: int, content_offset: int) -> int:
    """Where in the file a byte of a batch's content lies; `sector` is the batch's first."""
    full, rest = divmod(content_offset, CONTENT_BYTES)
    return (sector + full) * SECTOR_BYTES + MARK_BYTES + rest
