"""The wheel to install, the release that it becomes, and how it is unpacked on a board."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.ansible.places import ROLE, load

release = load("filter_plugins/raftpi_release.py")


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "raftpi-1.2-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("raftpi/__init__.py", "ANSWER = 42\n")
        archive.writestr("raftpi/core/__init__.py", "")
        archive.writestr("raftpi-1.2.dist-info/METADATA", "Name: raftpi\n")
    return path


def unpack(wheel: Path, directory: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, ROLE / "files/unpack_release.py", wheel, directory]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_the_newest_wheel_is_taken(tmp_path: Path) -> None:
    for name, moment in (("a", 20), ("b", 30), ("c", 10)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (moment, moment))
    assert release.newest([str(tmp_path / name) for name in "abc"]) == str(tmp_path / "b")
    assert release.newest([]) == ""


def test_two_builds_of_one_version_are_two_releases(wheel: Path) -> None:
    first = release.release_name(str(wheel))
    assert first.startswith("1.2-")
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    assert release.release_name(str(wheel)) != first


@pytest.mark.parametrize("name", ["other-1.2-py3-none-any.whl", "raftpi-1.2.tar.gz", "raftpi.whl"])
def test_what_is_no_wheel_of_raftpi_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(ValueError, match="not a wheel of raftpi"):
        release.release_name(str(tmp_path / name))


def test_a_wheel_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot read"):
        release.release_name(str(tmp_path / "raftpi-1.2-py3-none-any.whl"))


def test_the_current_release_and_two_older_ones_stay() -> None:
    assert release.outdated(["5", "4", "3", "2", "1"], "5", 2) == ["2", "1"]
    assert release.outdated(["5", "4", "3", "2", "1"], "2", 2) == ["3", "1"]
    assert release.outdated([], "5", 2) == []


def test_a_release_is_unpacked_whole_and_compiled(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "1.2-abc"
    assert unpack(wheel, target).returncode == 0
    tag = sys.implementation.cache_tag
    assert (target / f"raftpi/__pycache__/__init__.{tag}.pyc").exists()
    assert not wheel.exists()
    assert not target.with_name("1.2-abc.part").exists()
    assert (target / "raftpi").stat().st_mode & 0o777 == 0o755


def test_byte_code_names_the_place_where_the_release_lies(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "1.2-abc"
    unpack(wheel, target)
    (code,) = (target / "raftpi/__pycache__").glob("__init__*.pyc")
    assert str(target / "raftpi/__init__.py").encode() in code.read_bytes()
    assert b".part" not in code.read_bytes()


def test_what_a_power_cut_left_behind_is_begun_anew(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "1.2-abc"
    (tmp_path / "1.2-abc.part/raftpi").mkdir(parents=True)
    (tmp_path / "1.2-abc.part/raftpi/stale.py").touch()
    assert unpack(wheel, target).returncode == 0
    assert not (target / "raftpi/stale.py").exists()


def test_a_release_from_before_a_new_python_is_only_compiled(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "1.2-abc"
    unpack(wheel, target)
    before = (target / "raftpi/__init__.py").stat().st_ino
    for code in target.rglob("*.pyc"):
        code.unlink()
    assert unpack(wheel, target).returncode == 0
    assert (target / "raftpi/__init__.py").stat().st_ino == before
    assert list(target.rglob("*.pyc"))


def test_a_wheel_that_is_cut_short_leaves_no_release(wheel: Path, tmp_path: Path) -> None:
    wheel.write_bytes(wheel.read_bytes()[:100])
    assert unpack(wheel, tmp_path / "1.2-abc").returncode != 0
    assert not (tmp_path / "1.2-abc").exists()
