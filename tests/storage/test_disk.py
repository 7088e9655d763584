"""The real disk: what its errors become, and what its operations do."""

import errno
import fcntl
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
    assert file.size() == 9
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
