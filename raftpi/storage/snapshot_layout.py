"""The bytes of a snapshot file.

The stamp (see `stamp`), then, little-endian, without any padding:

    head     length of its rest u32, crc32 of its rest u32,
             replica id u64, cluster id u64, index, term and configuration (see `raftpi.payload`)
    blocks   64 KiB of payload each, the last one shorter, each followed by its crc32 u32
    footer   bytes of payload u64, crc32 of all before the footer u32, crc32 of these 12 u32

A block's checksum starts from the head's and the block's number instead of 0, so that no block
passes for another. The payload is opaque: its bytes are the node's. The file is written under
an unfinished name, synced, renamed, and its directory synced; so one that bears its name is
whole, and every flaw in it is rot.
"""

import zlib
from dataclasses import dataclass
from struct import Struct

from raftpi.core.snapshot import SnapshotMeta
from raftpi.errors import ProtocolError
from raftpi.payload import pack_snapshot_meta, unpack_snapshot_meta
from raftpi.storage.finding import DamageFound, DamageKind
from raftpi.storage.stamp import SNAPSHOT_MAGIC, STAMP_BYTES, check_stamp, make_stamp

BLOCK_BYTES = 64 * 1024
CHECKSUM = Struct("<I")
STORED_BLOCK_BYTES = BLOCK_BYTES + CHECKSUM.size

_FRAME = Struct("<II")
_OWNER = Struct("<QQ")
_SEED = Struct("<IQ")
_EXTENT = Struct("<QI")
FOOTER_BYTES = _EXTENT.size + CHECKSUM.size
HEAD_START_BYTES = STAMP_BYTES + _FRAME.size


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotHead:
    """Whose a snapshot file is, and what it stands for."""

    replica_id: int
    cluster_id: int
    meta: SnapshotMeta


def pack_head(head: SnapshotHead) -> bytes:
    """Stamp and head."""
    rest = _OWNER.pack(head.replica_id, head.cluster_id) + pack_snapshot_meta(head.meta)
    return make_stamp(SNAPSHOT_MAGIC) + _FRAME.pack(len(rest), zlib.crc32(rest)) + rest


def head_size(start: bytes) -> int:
    """How long stamp and head are, from the first `HEAD_START_BYTES`. Raises DamageFound."""
    check_stamp(start, SNAPSHOT_MAGIC, 0)
    if len(start) < HEAD_START_BYTES:
        raise DamageFound(DamageKind.SHORT, len(start), "the snapshot ends inside its head")
    return HEAD_START_BYTES + int(_FRAME.unpack_from(start, STAMP_BYTES)[0])


def unpack_head(data: bytes) -> SnapshotHead:
    """What `pack_head` packed; `data` is as long as `head_size` says. Raises DamageFound."""
    if len(data) < head_size(data):
        raise DamageFound(DamageKind.SHORT, len(data), "the snapshot ends inside its head")
    rest = data[HEAD_START_BYTES:]
    if zlib.crc32(rest) != seed_of(data) or len(rest) < _OWNER.size:
        raise DamageFound(
            DamageKind.HEADER, HEAD_START_BYTES, "the snapshot's head fails its checksum"
        )
    replica_id, cluster_id = _OWNER.unpack_from(rest)
    try:
        meta = unpack_snapshot_meta(rest[_OWNER.size :])
    except ProtocolError as error:
        raise DamageFound(DamageKind.HEADER, HEAD_START_BYTES, str(error)) from error
    return SnapshotHead(replica_id=replica_id, cluster_id=cluster_id, meta=meta)


def seed_of(head: bytes) -> int:
    """The head's checksum, from which those of the blocks start."""
    return int(_FRAME.unpack_from(head, STAMP_BYTES)[1])


def block_checksum(block: bytes | memoryview, number: int, seed: int) -> int:
    """The checksum of the block with this number, counted from 0."""
    return zlib.crc32(block, zlib.crc32(_SEED.pack(seed, number)))


def pack_footer(payload_bytes: int, checksum: int) -> bytes:
    """The end of a file; `checksum` is that of all bytes before."""
    extent = _EXTENT.pack(payload_bytes, checksum)
    return extent + CHECKSUM.pack(zlib.crc32(extent))


def unpack_footer(data: bytes, offset: int) -> tuple[int, int]:
    """Bytes of payload, and the checksum of all before the footer at `offset`.

    Raises DamageFound.
    """
    if len(data) != FOOTER_BYTES or zlib.crc32(data[: _EXTENT.size]) != int(
        CHECKSUM.unpack_from(data, _EXTENT.size)[0]
    ):
        raise DamageFound(
            DamageKind.HEADER, offset, "the snapshot does not end with a footer that is whole"
        )
    payload_bytes, checksum = _EXTENT.unpack_from(data)
    return payload_bytes, checksum


def stored_size(payload_bytes: int) -> int:
    """How much of the file that much payload takes, with the checksums."""
    return payload_bytes + -(-payload_bytes // BLOCK_BYTES) * CHECKSUM.size
