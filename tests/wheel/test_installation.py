"""The wheel, installed by pip with Debian's versions of its dependencies, does its work."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.wheel.built import ROOT, modules_of, pip, run
from tests.wheel.interpreters import find_interpreters, packages_of_debian

pytestmark = pytest.mark.slow

INTERPRETERS = find_interpreters()
# The demo's screen needs textual, which boards do not have.
DEMO = "raftpi/cli/demo/"


@pytest.fixture(scope="module", params=sorted(INTERPRETERS))
def place(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The programs' directory of a virtual environment in which the wheel is installed."""
    home = tmp_path_factory.mktemp(f"python{request.param}")
    run([INTERPRETERS[request.param], "-m", "venv", home])
    python = home / "bin" / "python"
    # msgpack 1.0.3 has no wheel for these Pythons; without its C part it needs no compiler.
    run(
        [python, "-m", "pip", "-q", "install", *packages_of_debian(request.param), wheel],
        env={**os.environ, "MSGPACK_PUREPYTHON": "1"},
    )
    pip("-q", "check", python=python)
    return home / "bin"


@pytest.fixture
def cluster(place: Path, tmp_path: Path) -> Generator[Path, None, None]:
    """A running cluster of one node, by its directory."""
    folder = tmp_path / "cluster"
    run([place / "raftpi", "cluster", "start", "--nodes", "1", "--dir", folder])
    yield folder
    run([place / "raftpi", "cluster", "clean", "--dir", folder])


def test_the_command_tells_what_it_does(place: Path) -> None:
    assert "usage: raftpi" in run([place / "raftpi", "--help"])


def test_every_module_of_the_wheel_can_be_imported(place: Path, wheel: Path) -> None:
    names = [name for name in sorted(modules_of(wheel)) if not name.startswith(DEMO)]
    modules = [
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in names
        if not name.endswith("__main__.py")
    ]
    assert "raftpi.core.raft" in modules
    ask = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    # cwd: away from the repository, so that what is imported is what was installed.
    run([place / "python", "-c", ask, *modules], cwd="/")


def test_a_cluster_of_one_keeps_what_it_is_given(place: Path, cluster: Path) -> None:
    nodes = json.loads((cluster / "cluster.json").read_text())["nodes"]
    where = ["--endpoints", nodes[0]["client"]]
    assert "committed" in run([place / "raftpi", "put", "temperature", "72.5", *where])
    assert run([place / "raftpi", "get", "temperature", *where]).strip() == "72.5"


def test_the_library_is_there_with_its_help(place: Path) -> None:
    ask = "from raftpi.client import Client; help(Client.put); help('raftpi.errors')"
    told = run([place / "python", "-c", ask], cwd="/")
    assert "revision" in told
    assert "Unavailable" in told


def test_a_traceback_names_file_line_and_text_of_a_packed_module(place: Path) -> None:
    ask = (
        "import traceback\n"
        "from raftpi.core.raft import Raft\n"
        "try:\n    Raft.ready(None)\n"
        "except Exception:\n    traceback.print_exc()\n"
    )
    told = run([place / "python", "-c", ask], cwd="/")
    lines = told.splitlines()
    (where,) = [index for index, line in enumerate(lines) if "raftpi/core/raft.py" in line]
    number = int(lines[where].split("line ")[1].split(",")[0])
    source = (ROOT / "raftpi/core/raft.py").read_text().splitlines()
    assert lines[where + 1].strip() == source[number - 1].strip()


def test_unpacked_beside_the_package_the_modules_are_files(
    place: Path, wheel: Path, tmp_path: Path
) -> None:
    run([place / "python", "-m", "zipfile", "-e", wheel, tmp_path])
    run([place / "python", "-m", "tarfile", "-e", tmp_path / "raftpi/rooms.tar.bz2", tmp_path])
    assert cached_code_of_the_core(place, tmp_path).parent == tmp_path / "raftpi/core/__pycache__"


def test_a_release_on_a_board_is_compiled_once_for_all(
    place: Path, wheel: Path, tmp_path: Path
) -> None:
    brought = shutil.copy(wheel, tmp_path)
    release = tmp_path / "release"
    run([place / "python", ROOT / "ansible/roles/raftpi/files/unpack_release.py", brought, release])
    assert cached_code_of_the_core(place, release).exists()
    assert not (release / "raftpi/rooms.tar.bz2").exists()
    ask = f"import sys; sys.path.insert(0, {str(release)!r}); import raftpi.core\n"
    ask += "print(sorted({'tarfile', 'tempfile', 'importlib.util'} & set(sys.modules)))"
    loaded = run([place / "python", "-S", "-B", "-c", ask], cwd="/").strip()
    assert loaded == "[]", "the wheel's importer takes memory that nobody needs"


def cached_code_of_the_core(place: Path, folder: Path) -> Path:
    """Where Python looks for the byte code of raftpi.core, with the package taken from `folder`."""
    ask = f"import sys; sys.path.insert(0, {str(folder)!r}); import raftpi.core as room\n"
    ask += "print(room.__spec__.cached)"
    return Path(run([place / "python", "-B", "-c", ask], cwd="/").strip())


def test_other_peoples_programs_see_its_types(place: Path, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from raftpi.client import Client\n\n"
        "def keep(client: Client) -> int:\n"
        '    return client.put("temperature", "72.5")\n\n'
        "def forget(client: Client) -> str:\n"
        '    return client.delete("temperature")\n'
    )
    command = [sys.executable, "-m", "mypy", "--python-executable", str(place / "python")]
    told = subprocess.run(
        [*command, program.name], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert 'program.py:7: error: Incompatible return value type (got "bool"' in told.stdout
    assert "program.py:4" not in told.stdout
