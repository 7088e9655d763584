"""The port through which every byte of the storage reaches a card, and the real one behind it.

The simulator implements `Disk` again, to tear, lose and rot what is written. So the port
promises only what a careful reading of POSIX promises:

- `File.write_at` may be torn at any 512-byte sector until `File.sync` has returned;
- a name that was created, renamed or removed may come back or be gone until
  `sync_directory` on its directory has returned;
- a failed sync must never be tried again: the kernel has dropped the pages
  ("Can Applications Recover from fsync Failures?", USENIX ATC 2020).

Errors: an OSError never leaves this module. No space is `NoSpace`, all else
`StorageFailure`; both name the operation and the path.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from raftpi.errors import DirectoryRefused, NoSpace, RaftpiError, StorageFailure


class File(Protocol):
    """An open file that is written at given places. A rename does not disturb it."""

    def write_at(self, offset_bytes: int, data: bytes, /) -> None:
        """Write all of `data`; beyond the end the file grows. Durable only after `sync`."""

    def sync(self) -> None:
        """Make the file's bytes and its length durable (fdatasync(2))."""

    def truncate(self, length_bytes: int, /) -> None:
        """Cut the file off at this length. Durable only after `sync`."""

    def close(self) -> None:
        """Give the file back; what was not synced stays as undurable as it was."""


class Lock(Protocol):
    """A lock that is held until released, or until the process ends."""

    def release(self) -> None:
        """Let others have it."""


class Disk(Protocol):
    """Files and directories by path; `/` separates names."""

    def exists(self, path: str, /) -> bool:
        """Whether there is a file or directory of this name."""

    def list(self, directory: str, /) -> list[str]:
        """The names in a directory, sorted."""

    def size(self, path: str, /) -> int:
        """The file's length in bytes. Nobody who only looks may `open`, which is for writing."""

    def read(self, path: str, offset_bytes: int = 0, length_bytes: int | None = None, /) -> bytes:
        """The file's bytes from `offset_bytes` on, at most `length_bytes`; shorter at its end."""

    def reread(self, path: str, offset_bytes: int, length_bytes: int, /) -> bytes:
        """As `read`, but what the card holds, as far as that can be told from the page cache.

        Leaves nothing behind: neither in the page cache, nor as an access time on the card.
        """

    def create(self, path: str, /) -> File:
        """A new, empty file, open for writing. It must not exist."""

    def open(self, path: str, /) -> File:
        """An existing file, open for writing."""

    def rename(self, source: str, target: str, /) -> None:
        """Give a file another name of the same directory, in one step, over what had that name."""

    def move(self, source: str, target: str, /) -> None:
        """Give a file or a directory another name, in whichever directory; nothing may have it.

        Durable when both directories are.
        """

    def remove(self, path: str, /) -> None:
        """Take a file's name away."""

    def make_directory(self, path: str, /) -> None:
        """A new, empty directory. Its parent must exist, it must not."""

    def sync_directory(self, path: str, /) -> None:
        """Make the names in a directory durable."""

    def free_bytes(self, path: str, /) -> int:
        """How much this process may still write to the file system that `path` is on."""

    def lock(self, path: str, /) -> Lock:
        """Take the lock file at `path`, made if missing.

        Raises DirectoryRefused if another has it.
        """


class RealDisk:
    """The machine's own file system."""

    def exists(self, path: str) -> bool:
        """See `Disk.exists`."""
        with _translated("look for", path):
            try:
                Path(path).lstat()
            except FileNotFoundError:
                return False
            return True

    def list(self, directory: str) -> list[str]:
        """See `Disk.list`."""
        with _translated("list", directory):
            return sorted(entry.name for entry in Path(directory).iterdir())

    def size(self, path: str) -> int:
        """See `Disk.size`."""
        with _translated("look at", path):
            return Path(path).stat().st_size

    def read(self, path: str, offset_bytes: int = 0, length_bytes: int | None = None) -> bytes:
        """See `Disk.read`."""
        with _translated("read", path), Path(path).open("rb") as file:
            file.seek(offset_bytes)
            return file.read(-1 if length_bytes is None else length_bytes)

    def reread(self, path: str, offset_bytes: int, length_bytes: int) -> bytes:
        """See `Disk.reread`: the pages are dropped before, so that the card is asked, and after."""
        with _translated("read", path):
            descriptor = _open_unnoticed(path)
            try:
                extent = (offset_bytes, length_bytes, os.POSIX_FADV_DONTNEED)
                os.posix_fadvise(descriptor, *extent)
                data = os.pread(descriptor, length_bytes, offset_bytes)
                while 0 < len(data) < length_bytes:
                    rest = os.pread(descriptor, length_bytes - len(data), offset_bytes + len(data))
                    if not rest:
                        break
                    data += rest
                os.posix_fadvise(descriptor, *extent)
                return data
            finally:
                os.close(descriptor)

    def create(self, path: str) -> File:
        """See `Disk.create`."""
        with _translated("create", path):
            return RealFile(path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640))

    def open(self, path: str) -> File:
        """See `Disk.open`."""
        with _translated("open", path):
            return RealFile(path, os.open(path, os.O_RDWR))

    def rename(self, source: str, target: str) -> None:
        """See `Disk.rename`."""
        with _translated("rename", source):
            Path(source).replace(target)

    def move(self, source: str, target: str) -> None:
        """See `Disk.move`."""
        with _translated("move", source):
            Path(source).rename(target)

    def remove(self, path: str) -> None:
        """See `Disk.remove`."""
        with _translated("remove", path):
            Path(path).unlink()

    def make_directory(self, path: str) -> None:
        """See `Disk.make_directory`."""
        with _translated("create the directory", path):
            Path(path).mkdir()

    def sync_directory(self, path: str) -> None:
        """See `Disk.sync_directory`: fsync(2) on the directory."""
        with _translated("sync the directory", path):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def free_bytes(self, path: str) -> int:
        """See `Disk.free_bytes`: statvfs(3). A part of some file systems is for root alone."""
        with _translated("look at", path):
            found = os.statvfs(path)
            block_count = found.f_bfree if os.geteuid() == 0 else found.f_bavail
            return found.f_frsize * block_count

    def lock(self, path: str) -> Lock:
        """See `Disk.lock`: flock(2), so that it ends with the process; our pid is written in."""
        with _translated("lock", path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _sign(descriptor)
            except BlockingIOError:
                holder = _holder(descriptor)
                os.close(descriptor)
                raise DirectoryRefused(
                    f"{Path(path).parent} is in use{holder}; "
                    "two nodes must never share a data directory: stop the other one first"
                ) from None
            except BaseException:
                os.close(descriptor)
                raise
            return RealLock(path, descriptor)


class RealFile:
    """An open file descriptor, written with pwrite(2)."""

    __slots__ = ("_descriptor", "_path")

    def __init__(self, path: str, descriptor: int) -> None:
        """`path` is for messages only."""
        self._path = path
        self._descriptor = descriptor

    def write_at(self, offset_bytes: int, data: bytes) -> None:
        """See `File.write_at`."""
        with _translated("write", self._path):
            written = os.pwrite(self._descriptor, data, offset_bytes)
            if written == len(data):
                return
            rest = memoryview(data)
            while written < len(rest):
                written += os.pwrite(self._descriptor, rest[written:], offset_bytes + written)

    def sync(self) -> None:
        """See `File.sync`."""
        with _translated("sync", self._path):
            os.fdatasync(self._descriptor)

    def truncate(self, length_bytes: int) -> None:
        """See `File.truncate`."""
        with _translated("cut off", self._path):
            os.ftruncate(self._descriptor, length_bytes)

    def close(self) -> None:
        """See `File.close`."""
        with _translated("close", self._path):
            os.close(self._descriptor)


class RealLock:
    """A flock(2) on an open lock file."""

    __slots__ = ("_descriptor", "_path")

    def __init__(self, path: str, descriptor: int) -> None:
        """`path` is for messages only."""
        self._path = path
        self._descriptor = descriptor

    def release(self) -> None:
        """See `Lock.release`. The file stays: removing it would let two processes lock two."""
        with _translated("unlock", self._path):
            os.close(self._descriptor)


def lock_holder(path: str) -> str:
    """Who holds the lock file at `path`: "" for nobody. Changes nothing, and waits for nobody."""
    with _translated("look at", path):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return ""
        try:
            # Shared, and given back at once: two who look do not take each other for a daemon.
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _holder(descriptor).removeprefix(" by ")
        finally:
            os.close(descriptor)
    return ""


def storage_error(operation: str, path: str, error: OSError) -> RaftpiError:
    """What an OSError means to the node; `Disk` implementations raise nothing else."""
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(f"cannot {operation} {path}: {reason}; free some room on this file system")
    return StorageFailure(
        f"cannot {operation} {path}: {reason}; "
        "look at the path, its owner, and the kernel's messages about the card (dmesg)"
    )


@contextmanager
def _translated(operation: str, path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise storage_error(operation, path, error) from error


def _open_unnoticed(path: str) -> int:
    """Open for reading without an access time, which only the file's owner and root may."""
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOATIME)
    except PermissionError:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def _sign(descriptor: int) -> None:
    """Write our process id into the lock file, over the one before.

    The file is cut off only behind it: what it has of the card it keeps. On a full card a lock
    file that was empty stays so, for the lock is what counts, not who is told to have it.
    """
    line = f"{os.getpid()}\n".encode()
    try:
        os.pwrite(descriptor, line, 0)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        line = b""
    os.ftruncate(descriptor, len(line))


def _holder(descriptor: int) -> str:
    """Who has the lock, as far as its file tells."""
    text = os.pread(descriptor, 32, 0).strip()
    return f" by process {int(text)}" if text.isdigit() else " by another process"
