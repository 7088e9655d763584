"""A snapshot that is being written: from its first byte to its name."""

import zlib

from raftpi.core.snapshot import SnapshotMeta
from raftpi.errors import NoSpace
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk, File
from raftpi.storage.reserve import SLICE_BYTES, Reserve
from raftpi.storage.snapshot_layout import (
    BLOCK_BYTES,
    CHECKSUM,
    SnapshotHead,
    block_checksum,
    pack_footer,
    pack_head,
    seed_of,
)


class SnapshotFile:
    """Takes a snapshot's payload piece by piece, and gives the file its name at the end.

    Where there is no space it goes on in the reserve, if there is one.
    Invariant: the file bears its name only when every byte of it is durable.
    Every method but `discard` raises NoSpace or StorageFailure when the card fails; all that
    is left to do then is to discard it.
    """

    def __init__(
        self,
        disk: Disk,
        directory: DataDirectory,
        head: SnapshotHead,
        path: str,
        finished: dict[int, SnapshotMeta],
        reserve: Reserve,
    ) -> None:
        """Create the file at `path`. `finished` are those that are durable under their names."""
        self.meta = head.meta
        self.size_bytes = 0
        self._disk = disk
        self._directory = directory
        self._path = path
        self._finished = finished
        self._reserve = reserve
        self._is_in_reserve = False
        packed = pack_head(head)
        self._seed = seed_of(packed)
        self._rest = bytearray()
        self._block_count = 0
        self._checksum = 0
        self._end = 0
        if disk.exists(path):
            disk.remove(path)
        self._file: File | None = None
        try:
            try:
                self._file = disk.create(path)
            except NoSpace as error:
                self._go_on_in_reserve(error)
            self._put(packed)
        except BaseException:
            self.discard()
            raise

    def write(self, data: bytes) -> None:
        """Append payload; nothing is synced. `size_bytes` counts it. ValueError when ended."""
        self._open_file()
        self.size_bytes += len(data)
        rest = self._rest
        rest += data
        at = 0
        while len(rest) - at >= BLOCK_BYTES:
            self._put_block(bytes(rest[at : at + BLOCK_BYTES]))
            at += BLOCK_BYTES
        del rest[:at]

    def sync(self) -> None:
        """Make whole blocks written so far durable, so that `finish` has less left to do."""
        self._open_file().sync()

    def finish(self) -> None:
        """Complete the file and make it durable, with its name. ValueError when ended.

        Where the same snapshot is finished already, that one stays: somebody may be reading it.
        """
        self._open_file()
        if self._finished.get(self.meta.index) == self.meta:
            self.discard()
            return
        if self._rest:
            self._put_block(bytes(self._rest))
            self._rest.clear()
        self._put(pack_footer(self.size_bytes, self._checksum))
        file = self._open_file()
        if self._is_in_reserve:
            file.truncate(self._end)
        file.sync()
        self._disk.rename(self._path, self._directory.snapshot_path(self.meta.index))
        self._file = None
        file.close()
        if self._is_in_reserve:
            self._reserve.used()
        self._reserve.note(self._end)
        self._disk.sync_directory(self._directory.snapshots_path)
        self._finished[self.meta.index] = self.meta

    def discard(self) -> None:
        """Give it up and remove it; no harm when it is finished or discarded already."""
        file, self._file = self._file, None
        if file is None:
            return
        file.close()
        if self._is_in_reserve:
            self._reserve.give_back()
        else:
            self._disk.remove(self._path)

    def _open_file(self) -> File:
        if self._file is None:
            raise ValueError(f"{self._path} is finished or discarded already")
        return self._file

    def _put_block(self, block: bytes) -> None:
        checksum = block_checksum(block, self._block_count, self._seed)
        self._block_count += 1
        self._put(block + CHECKSUM.pack(checksum))

    def _put(self, data: bytes) -> None:
        try:
            self._open_file().write_at(self._end, data)
        except NoSpace as error:
            self._go_on_in_reserve(error)
            self._open_file().write_at(self._end, data)
        self._end += len(data)
        self._checksum = zlib.crc32(data, self._checksum)

    def _go_on_in_reserve(self, error: NoSpace) -> None:
        """Write again over the reserve what was written so far; raise `error` if that cannot be."""
        file = None if self._is_in_reserve else self._reserve.take()
        if file is None:
            raise error
        before, self._file = self._file, file
        self._is_in_reserve = True
        at = 0
        while at < self._end:
            data = self._disk.read(self._path, at, min(SLICE_BYTES, self._end - at))
            file.write_at(at, data)
            at += len(data)
        if before is not None:
            before.close()
            self._disk.remove(self._path)
        self._path = self._directory.reserve_path
