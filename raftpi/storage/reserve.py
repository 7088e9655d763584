"""The reserve: a file as large as a snapshot, so that one can be written on a full card.

What is in it means nothing. It is zero-filled ahead, so that its blocks are its own; a snapshot
for which there is no space is written over it, and it takes the snapshot's name in the end.
So nobody else can have the room in between. (That holds for file systems that write in place.)
A snapshot that is not needed any more takes the place of a reserve that was used.
"""

from raftpi.errors import NoSpace
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk, File

SLICE_BYTES = 512 * 1024
# A reserve that has become too small is made larger than the last snapshot by this part of it.
MARGIN_PART = 4


class Reserve:
    """One file at most. `least_bytes` 0: there shall be none.

    Invariant: `size_bytes` of it are allocated, 0 while it is in use or missing.
    """

    def __init__(self, disk: Disk, directory: DataDirectory, least_bytes: int = 0) -> None:
        """Nothing is touched; see `look`."""
        self.size_bytes = 0
        self._disk = disk
        self._directory = directory
        self._least_bytes = least_bytes
        self._needed_bytes = least_bytes
        self._is_taken = False

    def look(self) -> None:
        """See whether there is one of an earlier run."""
        path = self._directory.reserve_path
        if self._disk.exists(path):
            self.size_bytes = self._disk.size(path)

    def note(self, snapshot_bytes: int) -> None:
        """The last snapshot's file has so many bytes."""
        if self._least_bytes:
            self._needed_bytes = max(self._least_bytes, snapshot_bytes)

    @property
    def lacking_bytes(self) -> int:
        """How much more has to be written until there is room for one snapshot."""
        if self._is_taken or self.size_bytes >= self._needed_bytes:
            return 0
        return self._wanted_bytes - self.size_bytes

    def grow(self) -> None:
        """Write one slice of what is lacking. Raises NoSpace: there is as much as before then."""
        path = self._directory.reserve_path
        count = min(SLICE_BYTES, self.lacking_bytes)
        free_bytes = self._disk.free_bytes(self._directory.path)
        if free_bytes < count:
            raise NoSpace(f"cannot reserve {count} bytes in {path}: {free_bytes} are free")
        is_new = not self._disk.exists(path)
        file = self._disk.create(path) if is_new else self._disk.open(path)
        try:
            file.write_at(self.size_bytes, bytes(count))
            file.sync()
        finally:
            file.close()
        if is_new:
            self._disk.sync_directory(self._directory.snapshots_path)
        self.size_bytes += count

    def take(self) -> File | None:
        """The file, to write a snapshot over it; None if there is none, or it is in use."""
        if not self.size_bytes:
            return None
        file = self._disk.open(self._directory.reserve_path)
        self.size_bytes = 0
        self._is_taken = True
        return file

    def give_back(self) -> None:
        """What was begun over it is given up."""
        self._is_taken = False
        self.size_bytes = self._disk.size(self._directory.reserve_path)

    def used(self) -> None:
        """It bears a snapshot's name now."""
        self._is_taken = False

    def refill(self, path: str) -> bool:
        """Make it of a file that is not needed any more, if it is missing; the name stays to be
        made durable. False: that file has to be removed.
        """
        if not self._least_bytes or self._is_taken or self.size_bytes:
            return False
        self._disk.rename(path, self._directory.reserve_path)
        self.size_bytes = self._disk.size(self._directory.reserve_path)
        return True

    @property
    def _wanted_bytes(self) -> int:
        if self._needed_bytes == self._least_bytes:
            return self._least_bytes
        return self._needed_bytes + self._needed_bytes // MARGIN_PART
