"""scripts/environment.sh makes the virtual environment once, and names what the system lacks.

The interpreter, apt-get and id are small stand-ins that write down what they were asked.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.finding import ROOT

TOOLS = ("sh", "cat", "cksum", "cp", "mkdir", "mktemp", "rm", "tail", "touch")

PYTHON = """#!/bin/sh
case "$*" in
    *"sys.version_info < "*) [ ! -e {machine}/python-is-old ] ;;
    *"import ensurepip"*) [ ! -e {machine}/venv-is-missing ] ;;
    *"%d.%d"*) echo 3.11 ;;
    *base_prefix*) cat {machine}/base ;;
    "-m venv "*) echo "venv $3" >>{machine}/asked; mkdir -p "$3/bin"
        cp "$0" "$3/bin/python"; touch "$3/pyvenv.cfg" ;;
    "-m pip "*) echo "pip $*" >>{machine}/asked ;;
    *) echo "unexpected: $*" >&2; exit 99 ;;
esac
"""
APT_GET = """#!/bin/sh
echo "apt-get $*" >>{machine}/asked
case "$1" in
    update) rm -f {machine}/lists-are-missing ;;
    install) [ ! -e {machine}/lists-are-missing ] || {{ echo "no candidate"; exit 100; }}
        rm -f {machine}/venv-is-missing {machine}/python-is-old
        [ -e {machine}/bin/python3 ] || cp {machine}/python3 {machine}/bin/python3 ;;
esac
"""


class Machine:
    """A Debian-like machine with nothing on its path but what the script needs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.house = root / "house"
        self.bin = root / "bin"
        for folder in (self.house / "scripts", self.bin, root / "tmp"):
            folder.mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "environment.sh", self.house / "scripts")
        (self.house / "pyproject.toml").write_text("[project]\n")
        (root / "base").write_text("3.11 here")
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found is not None
            (self.bin / tool).symlink_to(found)
        self.program("python3", PYTHON)
        shutil.copy(self.bin / "python3", root / "python3")
        self.program("apt-get", APT_GET)
        self.become(1000)

    def program(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(text.format(machine=self.root))
        path.chmod(0o755)

    def become(self, user: int) -> None:
        self.program("id", f"#!/bin/sh\necho {user}\n")

    def lacks(self, what: str) -> None:
        (self.root / what).touch()

    def make(self, extra: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", "scripts/environment.sh", ".venv", extra],
            cwd=self.house,
            env={"PATH": str(self.bin), "TMPDIR": str(self.root / "tmp"), **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    def asked(self) -> list[str]:
        """What was asked of the stand-ins since the last call."""
        path = self.root / "asked"
        lines = path.read_text().splitlines() if path.exists() else []
        path.write_text("")
        return lines


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def made(extras: str) -> list[str]:
    return [
        "venv .venv",
        f"pip -m pip -qq --disable-pip-version-check install -e .[{extras}]",
    ]


def test_the_environment_is_made_with_the_extras_it_needs(machine: Machine) -> None:
    assert machine.make("demo").returncode == 0
    assert machine.asked() == made("demo")
    assert machine.make("test").returncode == 0
    assert machine.asked() == made("demo,test")


def test_an_environment_that_is_there_is_left_alone_in_silence(machine: Machine) -> None:
    machine.make("test")
    machine.asked()
    for extra in ("test", "demo"):
        finished = machine.make(extra)
        assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")
    assert machine.asked() == []


def test_another_pyproject_makes_it_anew(machine: Machine) -> None:
    machine.make("test")
    (machine.house / ".venv" / "old").touch()
    machine.asked()
    (machine.house / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    machine.make("test")
    assert machine.asked() == made("demo,test")
    assert not (machine.house / ".venv" / "old").exists()


def test_a_house_that_was_moved_makes_it_anew(machine: Machine) -> None:
    machine.make("test")
    machine.asked()
    machine.house = machine.house.rename(machine.root / "elsewhere")
    machine.make("test")
    assert machine.asked() == made("demo,test")


def test_another_interpreter_makes_it_anew_and_none_keeps_it(machine: Machine) -> None:
    machine.make("test")
    machine.asked()
    machine.make("test", PYTHON="python3")
    assert machine.asked() == []
    text = (machine.bin / "python3").read_text().replace(f"cat {machine.root}/base", "echo other")
    machine.program("python3.12", text)
    machine.make("test", PYTHON="python3.12")
    assert machine.asked() == made("demo,test")


def test_a_making_that_was_cut_short_is_done_again(machine: Machine) -> None:
    machine.make("test")
    machine.asked()
    for stamp in (machine.house / ".venv").glob("stamp-*"):
        stamp.unlink()
    machine.make("test")
    assert machine.asked() == made("demo,test")


def test_a_missing_venv_package_is_named_with_its_command(machine: Machine) -> None:
    machine.lacks("venv-is-missing")
    finished = machine.make("test")
    assert finished.returncode == 1
    assert "sudo apt-get install python3.11-venv" in finished.stderr
    assert machine.asked() == []


def test_a_missing_venv_package_is_installed_when_root(machine: Machine) -> None:
    machine.lacks("venv-is-missing")
    machine.become(0)
    assert machine.make("test").returncode == 0
    assert machine.asked() == [
        "apt-get install -y --no-install-recommends python3.11-venv",
        *made("demo,test"),
    ]


def test_package_lists_are_fetched_only_when_needed(machine: Machine) -> None:
    machine.lacks("venv-is-missing")
    machine.lacks("lists-are-missing")
    machine.become(0)
    assert machine.make("demo").returncode == 0
    assert machine.asked() == [
        "apt-get install -y --no-install-recommends python3.11-venv",
        "apt-get update",
        "apt-get install -y --no-install-recommends python3.11-venv",
        *made("demo"),
    ]


def test_a_missing_python_is_named_and_installed_when_root(machine: Machine) -> None:
    (machine.bin / "python3").unlink()
    finished = machine.make("demo")
    assert finished.returncode == 1
    assert "python3 is missing" in finished.stderr
    assert "sudo apt-get install python3 python3-venv" in finished.stderr
    machine.become(0)
    assert machine.make("demo").returncode == 0
    assert machine.asked()[1:] == made("demo")


def test_an_old_python_is_named(machine: Machine) -> None:
    machine.lacks("python-is-old")
    finished = machine.make("demo")
    assert finished.returncode == 1
    assert "python3 is older than 3.11" in finished.stderr
    assert "sudo apt-get install python3.11 python3.11-venv" in finished.stderr


def test_a_system_without_apt_is_told_the_names(machine: Machine) -> None:
    (machine.bin / "apt-get").unlink()
    machine.lacks("venv-is-missing")
    finished = machine.make("demo")
    assert finished.returncode == 1
    assert "package manager (Debian calls it: python3.11-venv)" in finished.stderr


def test_an_interpreter_that_does_not_do_is_refused(machine: Machine) -> None:
    finished = machine.make("demo", PYTHON="python9")
    assert finished.returncode == 1
    assert "PYTHON=python9 is not a Python 3.11 or newer." in finished.stderr


def test_a_directory_that_is_no_environment_is_not_removed(machine: Machine) -> None:
    precious = machine.house / ".venv" / "thesis.txt"
    precious.parent.mkdir()
    precious.write_text("all of it")
    finished = machine.make("demo")
    assert finished.returncode == 1
    assert "is no virtual environment; remove it" in finished.stderr
    assert precious.read_text() == "all of it"
