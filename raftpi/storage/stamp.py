"""The stamp by which a file says what it is and in which version of the format.

16 bytes, little-endian: magic (8), version (u16), zero (u16), crc32 of the 12 bytes before
(u32). It never changes its form or its place, in any version, so that every raftpi can tell
a newer file from a damaged one.
"""

import zlib
from struct import Struct

from raftpi.storage.finding import DamageFound, DamageKind

SEGMENT_MAGIC = b"raftpiWL"
IDENTITY_MAGIC = b"raftpiID"
SNAPSHOT_MAGIC = b"raftpiSN"
VERSION = 1

_FIELDS = Struct("<8sHH")
_CHECKSUM = Struct("<I")
STAMP_BYTES = _FIELDS.size + _CHECKSUM.size


def make_stamp(magic: bytes) -> bytes:
    """The stamp of a file written now."""
    fields = _FIELDS.pack(magic, VERSION, 0)
    return fields + _CHECKSUM.pack(zlib.crc32(fields))


def check_stamp(data: bytes, magic: bytes, offset: int) -> None:
    """Raise DamageFound unless `data` starts with a stamp that this raftpi can read.

    `offset` is where `data` lies in its file.
    """
    if len(data) < STAMP_BYTES:
        raise DamageFound(DamageKind.SHORT, offset, "the file ends inside its stamp")
    fields = data[: _FIELDS.size]
    (checksum,) = _CHECKSUM.unpack_from(data, _FIELDS.size)
    found_magic, version, _ = _FIELDS.unpack(fields)
    if found_magic != magic or checksum != zlib.crc32(fields):
        raise DamageFound(DamageKind.HEADER, offset, "the file's stamp is unreadable")
    if version > VERSION:
        raise DamageFound(
            DamageKind.NEWER,
            offset,
            f"written in version {version} of the format, and this raftpi reads {VERSION}",
        )
    if version != VERSION:
        raise DamageFound(DamageKind.HEADER, offset, f"there is no version {version} of the format")
