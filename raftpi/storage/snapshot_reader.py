"""Reading a snapshot file: piece by piece, or all of it to see that it is whole."""

import zlib
from collections.abc import Callable, Iterator

from raftpi.core.snapshot import SnapshotMeta
from raftpi.errors import DamagedData, RaftpiError
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.finding import Damage, DamageFound, DamageKind
from raftpi.storage.identity import Identity
from raftpi.storage.snapshot_layout import (
    BLOCK_BYTES,
    CHECKSUM,
    FOOTER_BYTES,
    HEAD_START_BYTES,
    STORED_BLOCK_BYTES,
    block_checksum,
    head_size,
    seed_of,
    stored_size,
    unpack_footer,
    unpack_head,
)

VERIFIED_BLOCKS = 16  # read at a time


class SnapshotGone(RaftpiError):
    """A snapshot that is no longer kept: a newer one has taken its place; ask for that."""


class SnapshotReader:
    """A finished snapshot, open for reading; it holds nothing that would have to be closed."""

    def __init__(
        self,
        disk: Disk,
        directory: DataDirectory,
        index: int,
        identity: Identity,
        *,
        read: Callable[[str, int, int], bytes] | None = None,
    ) -> None:
        """Read head and footer. Raises DamageFound: see `Snapshots.open` for others.

        `read` is what to read with, `Disk.read` if it is not given.
        """
        self.path = directory.snapshot_path(index)
        self._disk = disk
        self._read = disk.read if read is None else read
        self._directory = directory
        length = disk.size(self.path)
        size = head_size(self._read(self.path, 0, HEAD_START_BYTES))
        if size > length:
            raise DamageFound(DamageKind.SHORT, length, "the snapshot ends inside its head")
        self._head = self._read(self.path, 0, size)
        head = unpack_head(self._head)
        _check_owner(head.replica_id, head.cluster_id, identity)
        if head.meta.index != index:
            raise _foreign(f"the snapshot is one up to index {head.meta.index}")
        self._footer_offset = max(size, length - FOOTER_BYTES)
        footer = self._read(self.path, self._footer_offset, FOOTER_BYTES)
        payload_bytes, self._checksum = unpack_footer(footer, self._footer_offset)
        if size + stored_size(payload_bytes) != self._footer_offset:
            raise DamageFound(
                DamageKind.SHORT,
                self._footer_offset,
                f"the snapshot's footer tells of {payload_bytes} bytes of payload, "
                "and they are not what lies before it",
            )
        self.meta: SnapshotMeta = head.meta
        self.size_bytes: int = payload_bytes

    def read(self, offset_bytes: int, length_bytes: int) -> bytes:
        """Payload from there on, at most so much; shorter at the end. Its checksums are checked.

        Raises DamagedData for rot, SnapshotGone once the snapshot was removed, StorageFailure,
        and ValueError for a place outside of the payload.
        """
        if not 0 <= offset_bytes <= self.size_bytes or length_bytes < 0:
            raise ValueError(f"{self.path} has {self.size_bytes} bytes, not {offset_bytes}")
        end = min(offset_bytes + length_bytes, self.size_bytes)
        if end == offset_bytes:
            return b""
        if not self._disk.exists(self.path):
            raise SnapshotGone(f"{self.path} has been removed: a newer snapshot took its place")
        first = offset_bytes // BLOCK_BYTES
        count = -(-end // BLOCK_BYTES) - first
        try:
            payload = b"".join(self._checked(first, self._stored(first, count)))
        except DamageFound as found:
            raise DamagedData(
                f"{self.path} at offset {found.damage.offset}: {found.damage.text}; it must not "
                f"be sent to anybody: run `raftpi fsck {self._directory.path}`"
            ) from None
        return payload[offset_bytes - first * BLOCK_BYTES : end - first * BLOCK_BYTES]

    def verify(self) -> None:
        """Read all of it, and raise DamageFound unless every byte is as it was written."""
        for _ in self.slices(VERIFIED_BLOCKS):
            pass

    def slices(self, block_count: int) -> Iterator[int]:
        """Verify it, so many blocks at a time: the bytes of each slice. Raises as `verify`."""
        whole = zlib.crc32(self._head)
        for first in range(0, -(-self.size_bytes // BLOCK_BYTES), block_count):
            stored = self._stored(first, block_count)
            self._checked(first, stored)
            whole = zlib.crc32(stored, whole)
            yield len(stored)
        if whole != self._checksum:
            raise DamageFound(
                DamageKind.PAYLOAD, self._footer_offset, "the snapshot fails its checksum"
            )

    def flaws(self) -> list[Damage]:
        """All that `verify` could stumble upon: every rotten block; none if the file is whole."""
        found: list[Damage] = []
        whole = zlib.crc32(self._head)
        for number in range(-(-self.size_bytes // BLOCK_BYTES)):
            try:
                stored = self._stored(number, 1)
                whole = zlib.crc32(stored, whole)
                self._checked(number, stored)
            except DamageFound as damaged:
                found.append(damaged.damage)
        if whole != self._checksum and not found:
            text = "the snapshot fails its checksum"
            offset = self._footer_offset
            found.append(Damage(kind=DamageKind.PAYLOAD, offset=offset, text=text))
        return found

    def _stored(self, first: int, count: int) -> bytes:
        """These blocks as they lie in the file, with their checksums."""
        start = len(self._head) + first * STORED_BLOCK_BYTES
        length = min(count * STORED_BLOCK_BYTES, self._footer_offset - start)
        stored = self._read(self.path, start, length)
        if len(stored) != length:
            raise DamageFound(DamageKind.SHORT, start + len(stored), "the snapshot lost its end")
        return stored

    def _checked(self, first: int, stored: bytes) -> list[memoryview]:
        """The payload of these blocks, each of them compared with its checksum."""
        view = memoryview(stored)
        seed = seed_of(self._head)
        blocks: list[memoryview] = []
        for place, at in enumerate(range(0, len(stored), STORED_BLOCK_BYTES)):
            end = min(at + STORED_BLOCK_BYTES, len(stored)) - CHECKSUM.size
            block = view[at:end]
            if block_checksum(block, first + place, seed) != CHECKSUM.unpack_from(stored, end)[0]:
                raise DamageFound(
                    DamageKind.PAYLOAD,
                    len(self._head) + first * STORED_BLOCK_BYTES + at,
                    f"block {first + place} of the snapshot fails its checksum",
                )
            blocks.append(block)
        return blocks


def _check_owner(replica_id: int, cluster_id: int, identity: Identity) -> None:
    if replica_id != identity.replica_id:
        raise _foreign(
            f"the snapshot belongs to replica {replica_id:016x}, "
            f"the directory to {identity.replica_id:016x}"
        )
    if identity.cluster_id not in (0, cluster_id):
        raise _foreign(
            f"the snapshot belongs to cluster {cluster_id:016x}, "
            f"the directory to {identity.cluster_id:016x}"
        )


def _foreign(text: str) -> DamageFound:
    return DamageFound(DamageKind.FOREIGN, 0, text)
