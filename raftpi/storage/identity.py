"""The file `identity`: whose directory this is, and how far its log has certainly come.

The stamp (see `stamp`), then, little-endian:

    length of the rest u32, crc32 of the rest u32,
    replica id u64, cluster id u64, node id u64, newest generation u64, name (UTF-8)

Cluster id 0: not founded yet. `newest generation`: a segment of this or a later generation
is in `log/`; its absence is damage. The file is written beside as `identity.new`, synced,
renamed, and its directory synced; so it is always whole, and every flaw in it is damage.
"""

import zlib
from dataclasses import dataclass
from struct import Struct

from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.finding import Damage, DamageFound, DamageKind, DamageRefused, refusal
from raftpi.storage.stamp import IDENTITY_MAGIC, STAMP_BYTES, check_stamp, make_stamp

_FRAME = Struct("<II")
_FIELDS = Struct("<QQQQ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a data directory is: the replica id is the member, node id and name are its board."""

    replica_id: int
    node_id: int
    name: str
    cluster_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityFile:
    """What the file holds."""

    identity: Identity
    newest_generation: int


def write_identity(disk: Disk, directory: DataDirectory, content: IdentityFile) -> None:
    """Put the identity in the place of the one before, durably."""
    if disk.exists(directory.new_identity_path):
        disk.remove(directory.new_identity_path)
    file = disk.create(directory.new_identity_path)
    try:
        file.write_at(0, pack_identity(content))
        file.sync()
    finally:
        file.close()
    disk.rename(directory.new_identity_path, directory.identity_path)
    disk.sync_directory(directory.path)


def read_identity(disk: Disk, directory: DataDirectory) -> IdentityFile | None:
    """The identity; None in a directory that has none.

    Raises DamagedData if it is unreadable, or missing where there is a log, NewerVersion if
    it comes from a newer raftpi.
    """
    path = directory.identity_path
    if disk.exists(path):
        try:
            return unpack_identity(disk.read(path))
        except DamageFound as found:
            raise refusal(directory.path, path, found.damage) from None
    if directory.generations():
        text = f"the file is missing, but {directory.log_path} holds a log: whose it is unknown"
        raise DamageRefused(
            f"{path} is missing at offset 0, but {directory.log_path} holds a log: whose it is "
            f"cannot be told; put the file back, or run `raftpi fsck {directory.path}`",
            path,
            Damage(kind=DamageKind.MISSING, offset=0, text=text),
        )
    return None


def pack_identity(content: IdentityFile) -> bytes:
    """The bytes of the file."""
    identity = content.identity
    fields = _FIELDS.pack(
        identity.replica_id, identity.cluster_id, identity.node_id, content.newest_generation
    )
    rest = fields + identity.name.encode()
    return make_stamp(IDENTITY_MAGIC) + _FRAME.pack(len(rest), zlib.crc32(rest)) + rest


def unpack_identity(data: bytes) -> IdentityFile:
    """What `pack_identity` packed. Raises DamageFound."""
    check_stamp(data, IDENTITY_MAGIC, 0)
    start = STAMP_BYTES + _FRAME.size
    if len(data) < start + _FIELDS.size:
        raise DamageFound(DamageKind.SHORT, len(data), "the identity has lost its end")
    length, checksum = _FRAME.unpack_from(data, STAMP_BYTES)
    rest = data[start:]
    if len(rest) != length or zlib.crc32(rest) != checksum:
        raise DamageFound(DamageKind.PAYLOAD, start, "the identity fails its checksum")
    replica_id, cluster_id, node_id, generation = _FIELDS.unpack_from(rest)
    try:
        name = rest[_FIELDS.size :].decode()
    except UnicodeDecodeError as error:
        raise DamageFound(DamageKind.PAYLOAD, start, "the name is no text") from error
    return IdentityFile(
        identity=Identity(replica_id=replica_id, node_id=node_id, name=name, cluster_id=cluster_id),
        newest_generation=generation,
    )
