"""The playbooks keep Ansible's production profile, and need no collection from a galaxy."""

import re
from pathlib import Path

import pytest

from tests.ansible.conftest import Run
from tests.ansible.places import PLAYBOOKS, ROLE

MODULE = re.compile(r"^\s+(?:- )?([a-z_]+\.[a-z_]+\.[a-z_0-9]+):", re.MULTILINE)
LOOKUP = re.compile(r"lookup\('([^']+)'")
FILES = sorted(PLAYBOOKS.rglob("*.yml"))
NAMES = ("site.yml", "status.yml", "stop.yml", "start.yml", "demo.yml", "inventory.example.yml")


def test_the_playbooks_are_there() -> None:
    assert set(NAMES) <= {path.name for path in PLAYBOOKS.glob("*.yml")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PLAYBOOKS)))
def test_only_what_comes_with_ansible_is_used(path: Path) -> None:
    text = path.read_text()
    for name in [*MODULE.findall(text), *LOOKUP.findall(text)]:
        assert name.startswith("ansible.builtin."), name


def test_modules_are_found_by_this_test() -> None:
    assert "ansible.builtin.apt" in MODULE.findall((ROLE / "tasks/install.yml").read_text())


def test_every_variable_of_a_person_is_explained() -> None:
    lines = (ROLE / "defaults/main.yml").read_text().splitlines()
    for number, line in enumerate(lines):
        if re.match(r"raftpi_\w+:", line):
            above = next(before for before in reversed(lines[:number]) if not before[:1].isalpha())
            assert above.startswith(("#", " ")), line


@pytest.mark.slow
@pytest.mark.limit_s(600)
def test_the_production_profile_of_ansible_lint_finds_nothing(ansible: Run) -> None:
    done = ansible("ansible-lint", "--offline", "--profile", "production", "--nocolor", "-q", ".")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.limit_s(600)
@pytest.mark.parametrize("name", [name for name in NAMES if "inventory" not in name])
def test_ansible_understands_the_playbook(ansible: Run, name: str) -> None:
    done = ansible("ansible-playbook", "--syntax-check", "-i", "inventory.example.yml", name)
    assert done.returncode == 0, done.stderr
