"""The real disk below a directory of its own: paths of the scripts become real files.

Nothing is synced: what is read is the page cache, and no power is cut here.
"""

import os
from pathlib import Path

from raftpi.storage.disk import File, Lock, RealDisk, RealFile


class UnsyncedFile(RealFile):
    __slots__ = ()

    def sync(self) -> None:
        return


class RootedDisk:
    """`/data/node` is `ROOT/data/node`, on the machine's own file system."""

    def __init__(self, root: Path) -> None:
        (root / "data").mkdir(exist_ok=True)
        self._root = str(root)
        self._disk = RealDisk()

    def real(self, path: str) -> Path:
        """Where a path of the scripts really is."""
        return Path(self._root + path)

    def exists(self, path: str) -> bool:
        return self._disk.exists(self._root + path)

    def list(self, directory: str) -> list[str]:
        return self._disk.list(self._root + directory)

    def read(self, path: str, offset_bytes: int = 0, length_bytes: int | None = None) -> bytes:
        return self._disk.read(self._root + path, offset_bytes, length_bytes)

    def reread(self, path: str, offset_bytes: int, length_bytes: int) -> bytes:
        return self._disk.reread(self._root + path, offset_bytes, length_bytes)

    def create(self, path: str) -> File:
        real = self._root + path
        self._disk.create(real).close()
        return UnsyncedFile(real, os.open(real, os.O_RDWR))

    def size(self, path: str) -> int:
        return self._disk.size(self._root + path)

    def open(self, path: str) -> File:
        real = self._root + path
        return UnsyncedFile(real, os.open(real, os.O_RDWR))

    def rename(self, source: str, target: str) -> None:
        self._disk.rename(self._root + source, self._root + target)

    def move(self, source: str, target: str) -> None:
        self._disk.move(self._root + source, self._root + target)

    def remove(self, path: str) -> None:
        self._disk.remove(self._root + path)

    def make_directory(self, path: str) -> None:
        self._disk.make_directory(self._root + path)

    def sync_directory(self, path: str) -> None:
        assert self.real(path).is_dir()

    def lock(self, path: str) -> Lock:
        return self._disk.lock(self._root + path)
