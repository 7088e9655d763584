"""A clean copy of the tree, the wheel built from it, and what is in the wheel."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = "raftpi/rooms.tar.bz2"


def copy_tree(to: Path) -> Path:
    """Copy what git knows or would add, as it is now: a clone with today's changes."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    for name in sorted(set(os.fsdecode(listed.stdout).split("\0")) - {""}):
        if (ROOT / name).is_file():  # a file that was deleted is still listed
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    return to


def pip(*arguments: str | Path, python: str | Path = sys.executable) -> None:
    """Run pip; AssertionError with its output when it fails."""
    run([python, "-m", "pip", "--disable-pip-version-check", *arguments])


def run(command: list[str | Path], **settings: object) -> str:
    """Run a command and return what it printed; AssertionError with it when it fails."""
    ended = subprocess.run(  # type: ignore[call-overload]  # settings are subprocess.run's own
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **settings,
    )
    assert ended.returncode == 0, f"{command} ended with {ended.returncode}:\n{ended.stdout}"
    return str(ended.stdout)


def build(source: Path, to: Path) -> Path:
    """The wheel of a tree or a source distribution."""
    pip("wheel", "--no-deps", "--wheel-dir", to, source)
    (wheel,) = to.glob("*.whl")
    return wheel


def files_of(wheel: Path) -> dict[str, bytes]:
    """What stands in the wheel as a file, by its path."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rooms_of(wheel: Path) -> dict[str, bytes]:
    """The modules that the wheel carries packed, by the path that they would have."""
    modules: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(files_of(wheel)[ROOMS])) as tar:
        for member in tar:
            content = tar.extractfile(member)
            assert content is not None, f"{member.name} is no file"
            modules[member.name] = content.read()
    return modules


def modules_of(wheel: Path) -> dict[str, bytes]:
    """Every module of the package raftpi, packed or not, by its path."""
    files = {name: text for name, text in files_of(wheel).items() if name.endswith(".py")}
    return files | rooms_of(wheel)
