"""A disk that counts what goes through it, so that wear is measured where it arises."""

from raftpi.storage.disk import Disk, File, Lock

# Linux writes files in pages: a page of which one byte was changed goes to the card whole.
PAGE_BYTES = 4096


class MeteredDisk:
    """Passes everything on, and counts bytes written and syncs of files and directories.

    `page_bytes` counts whole pages that were written to, each once between two syncs of its
    file: what a card gets of it at the least.
    """

    def __init__(self, disk: Disk) -> None:
        """Nothing counted yet."""
        self.written_bytes = 0
        self.page_bytes = 0
        self.sync_count = 0
        self._disk = disk

    def exists(self, path: str) -> bool:
        """See `Disk.exists`."""
        return self._disk.exists(path)

    def list(self, directory: str) -> list[str]:
        """See `Disk.list`."""
        return self._disk.list(directory)

    def read(self, path: str, offset_bytes: int = 0, length_bytes: int | None = None) -> bytes:
        """See `Disk.read`."""
        return self._disk.read(path, offset_bytes, length_bytes)

    def reread(self, path: str, offset_bytes: int, length_bytes: int) -> bytes:
        """See `Disk.reread`."""
        return self._disk.reread(path, offset_bytes, length_bytes)

    def create(self, path: str) -> File:
        """See `Disk.create`."""
        return MeteredFile(self, self._disk.create(path))

    def size(self, path: str) -> int:
        """See `Disk.size`."""
        return self._disk.size(path)

    def open(self, path: str) -> File:
        """See `Disk.open`."""
        return MeteredFile(self, self._disk.open(path))

    def rename(self, source: str, target: str) -> None:
        """See `Disk.rename`."""
        self._disk.rename(source, target)

    def move(self, source: str, target: str) -> None:
        """See `Disk.move`."""
        self._disk.move(source, target)

    def remove(self, path: str) -> None:
        """See `Disk.remove`."""
        self._disk.remove(path)

    def make_directory(self, path: str) -> None:
        """See `Disk.make_directory`."""
        self._disk.make_directory(path)

    def sync_directory(self, path: str) -> None:
        """See `Disk.sync_directory`."""
        self.sync_count += 1
        self._disk.sync_directory(path)

    def free_bytes(self, path: str) -> int:
        """See `Disk.free_bytes`."""
        return self._disk.free_bytes(path)

    def lock(self, path: str) -> Lock:
        """See `Disk.lock`."""
        return self._disk.lock(path)


class MeteredFile:
    """An open file whose writes and syncs are counted on the disk's meter."""

    __slots__ = ("_file", "_meter", "_newest_page")

    def __init__(self, meter: MeteredDisk, file: File) -> None:
        """`meter` is where to count."""
        self._meter = meter
        self._file = file
        # The last page of the write before, unless that was synced.
        self._newest_page = -1

    def write_at(self, offset_bytes: int, data: bytes) -> None:
        """See `File.write_at`."""
        meter = self._meter
        first = offset_bytes // PAGE_BYTES
        end = -(-(offset_bytes + len(data)) // PAGE_BYTES)
        meter.written_bytes += len(data)
        meter.page_bytes += PAGE_BYTES * (end - first - (first == self._newest_page))
        self._newest_page = end - 1
        self._file.write_at(offset_bytes, data)

    def sync(self) -> None:
        """See `File.sync`."""
        self._meter.sync_count += 1
        self._newest_page = -1
        self._file.sync()

    def truncate(self, length_bytes: int) -> None:
        """See `File.truncate`."""
        self._file.truncate(length_bytes)

    def close(self) -> None:
        """See `File.close`."""
        self._file.close()
