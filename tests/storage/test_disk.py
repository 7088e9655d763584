"""The real disk: what its errors become, and what its operations do."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from raftpi.errors import DirectoryRefused, NoSpace, RaftpiError, StorageFailure
from raftpi.storage.disk import RealDisk, storage_error


def test_files_are_created_written_read_renamed_and_removed(tmp_path: Path) -> None:
    disk = RealDisk()
    directory = f"{tmp_path}/d"
    disk.make_directory(directory)
    file = disk.create(f"{directory}/a")
    file.write_at(4, b"later")
    file.write_at(0, b"zero")
    file.sync()
    assert disk.size(f"{directory}/a") == 9
    disk.rename(f"{directory}/a", f"{directory}/b")
    disk.sync_directory(directory)
    file.write_at(9, b"!")
    file.close()
    assert disk.list(directory) == ["b"]
    assert disk.read(f"{directory}/b") == b"zerolater!"
    assert disk.read(f"{directory}/b", 4, 3) == b"lat"
    assert disk.read(f"{directory}/b", 8) == b"r!"
    again = disk.open(f"{directory}/b")
    again.write_at(0, b"Z")
    again.close()
    assert disk.read(f"{directory}/b", 0, 4) == b"Zero"
    disk.remove(f"{directory}/b")
    assert not disk.exists(f"{directory}/b")
    assert disk.exists(directory)


def test_files_and_directories_are_moved_with_what_is_in_them(tmp_path: Path) -> None:
    disk = RealDisk()
    for name in ("a", "a/inner", "b"):
        disk.make_directory(f"{tmp_path}/{name}")
    disk.create(f"{tmp_path}/a/inner/file").close()
    disk.move(f"{tmp_path}/a/inner", f"{tmp_path}/b/moved")
    assert disk.list(f"{tmp_path}/b/moved") == ["file"]
    assert disk.list(f"{tmp_path}/a") == []
    with pytest.raises(StorageFailure, match="cannot move"):
        disk.move(f"{tmp_path}/none", f"{tmp_path}/b/none")


def test_rereading_asks_the_card_and_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pages are let go of before, so that the card answers, and after; no access time."""
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 64)
    os.utime(path, (1, 1))  # older than its bytes: a usual read would note the access
    calls: list[tuple[object, ...]] = []
    advise, pread = os.posix_fadvise, os.pread

    def advised(descriptor: int, *extent: int) -> None:
        calls.append(extent)
        advise(descriptor, *extent)

    def read(descriptor: int, length: int, offset: int) -> bytes:
        calls.append(("read", offset))
        return pread(descriptor, min(length, 1000), offset)

    monkeypatch.setattr(os, "posix_fadvise", advised)
    monkeypatch.setattr(os, "pread", read)
    disk = RealDisk()
    assert disk.reread(str(path), 4096, 1500) == path.read_bytes()[4096:5596]
    forgotten = (4096, 1500, os.POSIX_FADV_DONTNEED)
    assert calls == [forgotten, ("read", 4096), ("read", 5096), forgotten]
    os.utime(path, (1, 1))
    assert disk.reread(str(path), 16_000, 1000) == path.read_bytes()[16_000:]
    os.utime(path, (1, 1))
    disk.reread(str(path), 0, 16_384)
    assert path.stat().st_atime == 1
    with pytest.raises(StorageFailure, match="cannot read"):
        disk.reread(f"{tmp_path}/none", 0, 1)


def test_no_space_is_told_apart_with_operation_and_path() -> None:
    file = RealDisk().open("/dev/full")
    with pytest.raises(NoSpace, match=r"cannot write /dev/full: .*free some room"):
        file.write_at(0, b"x")
    file.close()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOSPC, NoSpace),
        (errno.EDQUOT, NoSpace),
        (errno.EIO, StorageFailure),
        (errno.EROFS, StorageFailure),
    ],
)
def test_an_os_error_becomes_one_of_two(code: int, kind: type[RaftpiError]) -> None:
    error = storage_error("sync", "/d/x", OSError(code, "why"))
    assert type(error) is kind
    assert "cannot sync /d/x: why" in str(error)


def test_every_operation_on_what_is_not_there_is_a_storage_failure(tmp_path: Path) -> None:
    disk = RealDisk()
    missing = f"{tmp_path}/no/such"
    for operation in (
        disk.list,
        disk.read,
        disk.create,
        disk.open,
        disk.remove,
        disk.make_directory,
        disk.sync_directory,
        disk.lock,
    ):
        with pytest.raises(StorageFailure, match=missing):
            operation(missing)
    with pytest.raises(StorageFailure, match=missing):
        disk.rename(missing, f"{missing}2")


def test_a_file_is_created_once(tmp_path: Path) -> None:
    disk = RealDisk()
    disk.create(f"{tmp_path}/a").close()
    with pytest.raises(StorageFailure, match="exists"):
        disk.create(f"{tmp_path}/a")


def test_a_held_lock_is_refused_even_when_its_file_does_not_say_by_whom(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(DirectoryRefused, match=f"{tmp_path} is in use by another process"):
            RealDisk().lock(str(path))
    lock = RealDisk().lock(str(path))
    assert path.read_text().strip().isdigit()
    lock.release()


def test_a_file_is_cut_off_and_what_is_free_is_known(tmp_path: Path) -> None:
    disk = RealDisk()
    path = str(tmp_path / "file")
    file = disk.create(path)
    file.write_at(0, b"0123456789")
    file.truncate(4)
    file.sync()
    assert disk.size(path) == 4
    file.close()
    assert disk.read(path) == b"0123"
    found = os.statvfs(tmp_path)
    free_bytes = found.f_frsize * found.f_bavail
    assert disk.free_bytes(str(tmp_path)) >= free_bytes // 2


def test_the_lock_is_had_on_a_card_without_room_for_our_name_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "lock")
    lock = RealDisk().lock(path)
    lock.release()

    def full(descriptor: int, data: bytes, offset: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    lock = RealDisk().lock(path)
    with pytest.raises(DirectoryRefused, match="another process"):
        RealDisk().lock(path)
    lock.release()
