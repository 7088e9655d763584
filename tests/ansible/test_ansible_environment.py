"""scripts/ansible_environment.sh makes Ansible's virtual environment once.

The interpreter and ssh are small stand-ins that write down what they were asked.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.ansible.places import ROOT

PYTHON = """#!/bin/sh
case "$*" in
    *version_info*) [ ! -e {root}/python-is-old ] ;;
    "-m venv "*) echo venv >>{root}/asked; mkdir -p "$3/bin"; cp "$0" "$3/bin/python"
        touch "$3/pyvenv.cfg" ;;
    "-m pip "*) echo pip >>{root}/asked; [ ! -e {root}/network-is-down ] ;;
    "-c ") ;;
    *) echo "unexpected: $*" >&2; exit 99 ;;
esac
"""


class Machine:
    """A machine with nothing on its path but what the script needs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.venv = root / "venv"
        self.bin = root / "bin"
        self.bin.mkdir()
        for tool in ("sh", "cat", "rm", "mkdir", "cp", "touch"):
            (self.bin / tool).symlink_to(shutil.which(tool) or tool)
        self.put("python3", PYTHON.format(root=root))
        self.put("ssh", "#!/bin/sh\n")
        self.put("id", "#!/bin/sh\necho 1000\n")

    def put(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def run(self) -> subprocess.CompletedProcess[str]:
        script = ROOT / "scripts" / "ansible_environment.sh"
        return subprocess.run(
            [self.bin / "sh", script, self.venv],
            env={"PATH": str(self.bin)},
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )

    def asked(self) -> list[str]:
        path = self.root / "asked"
        return path.read_text().split() if path.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_it_is_made_once(machine: Machine) -> None:
    assert machine.run().returncode == 0
    assert machine.asked() == ["venv", "pip"]
    again = machine.run()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert machine.asked() == ["venv", "pip"]


def test_another_list_of_packages_makes_it_anew(machine: Machine) -> None:
    machine.run()
    (machine.venv / "stamp").write_text("ansible-core==1\n")
    (machine.venv / "left-over").touch()
    assert machine.run().returncode == 0
    assert machine.asked() == ["venv", "pip"] * 2
    assert not (machine.venv / "left-over").exists()


def test_an_environment_that_was_not_finished_is_made_anew(machine: Machine) -> None:
    (machine.root / "network-is-down").touch()
    assert machine.run().returncode != 0
    (machine.root / "network-is-down").unlink()
    assert machine.run().returncode == 0
    assert machine.asked() == ["venv", "pip"] * 2


def test_a_directory_of_somebody_s_is_left_alone(machine: Machine) -> None:
    machine.venv.mkdir()
    (machine.venv / "letters").touch()
    done = machine.run()
    assert done.returncode != 0
    assert "no virtual environment" in done.stderr
    assert (machine.venv / "letters").exists()


def test_an_old_python_is_named(machine: Machine) -> None:
    (machine.root / "python-is-old").touch()
    done = machine.run()
    assert done.returncode != 0
    assert "Python 3.11 or newer" in done.stderr


def test_a_missing_ssh_is_named_with_the_command(machine: Machine) -> None:
    (machine.bin / "ssh").unlink()
    done = machine.run()
    assert done.returncode != 0
    assert "sudo apt-get install openssh-client" in done.stderr
