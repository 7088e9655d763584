"""What systemd itself says about the units, the users and the directories."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.systemd.unit_file import DAEMON, LAMP, SYSUSERS, TMPFILES

pytestmark = pytest.mark.root

EXPOSURE = 1.5
# bookworm's 252 does without the back-off, which came with 254, and says so.
NEWER_KEYS = ("RestartSteps", "RestartMaxDelaySec")
INSTALL_LIMIT_S = 600


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """A command, its standard output and error as text."""
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module", autouse=True)
def systemd_is_installed() -> None:
    """A container has no systemd of its own; looking at units needs only its programs."""
    if shutil.which("systemd-analyze") and shutil.which("systemd-sysusers"):
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "-y", "--no-install-recommends", "systemd"]):
        command = ["apt-get", "-qq", *words]
        subprocess.run(
            command, check=True, capture_output=True, env=environment, timeout=INSTALL_LIMIT_S
        )


@pytest.mark.parametrize("unit", [DAEMON, LAMP], ids=["daemon", "lamp"])
def test_the_exposure_is_at_most_that_of_the_promise(unit: Path) -> None:
    done = run("systemd-analyze", "security", "--offline=true", "--no-pager", str(unit))
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found is not None, done.stdout + done.stderr
    assert float(found[1]) <= EXPOSURE, done.stdout


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    copies = []
    for unit in (DAEMON, LAMP):
        # The programs are on boards; everything else is as there.
        text = re.sub(r"(?m)^(ExecStart(?:Post)?=[-+]*)\S+", r"\1/bin/true", unit.read_text())
        copies.append(tmp_path / unit.name)
        copies[-1].write_text(text)
    done = run("systemd-analyze", "verify", "--man=no", *map(str, copies))
    complaints = [
        line
        for line in (done.stdout + done.stderr).splitlines()
        if str(tmp_path) in line and not any(f"'{key}'" in line for key in NEWER_KEYS)
    ]
    assert complaints == []
    assert done.returncode == 0, done.stderr


def ids_in(root: Path, name: str) -> dict[str, list[str]]:
    """The fields of /etc/passwd or /etc/group below a root, by the name in the first."""
    lines = (root / "etc" / name).read_text().splitlines()
    return {fields[0]: fields for fields in (line.split(":") for line in lines)}


def test_users_and_directories_are_made_as_the_units_need_them(tmp_path: Path) -> None:
    (tmp_path / "etc/raftpi/keys").mkdir(parents=True)
    for name in ("raftpi.toml", "trusted.toml", "client.key", "keys/node.key"):
        (tmp_path / "etc/raftpi" / name).touch(mode=0o666)
    done = run("systemd-sysusers", f"--root={tmp_path}", str(SYSUSERS))
    assert done.returncode == 0, done.stderr
    users, groups = ids_in(tmp_path, "passwd"), ids_in(tmp_path, "group")
    daemon_user, group = int(users["raftpi"][2]), int(groups["raftpi"][2])
    assert int(users["raftpi"][3]) == int(users["raftpi-led"][3]) == group
    assert groups["gpio"][3] == "raftpi-led"

    # In a directory of raftpi's, tmpfiles touches only what is raftpi's already.
    os.chown(tmp_path / "etc/raftpi/keys/node.key", daemon_user, -1)
    done = run("systemd-tmpfiles", "--create", f"--root={tmp_path}", str(TMPFILES))
    assert done.returncode == 0, done.stderr
    assert {
        path: (oct(status.st_mode & 0o7777), status.st_uid, status.st_gid)
        for path in ("raftpi.toml", "trusted.toml", "client.key", "keys", "keys/node.key")
        for status in [(tmp_path / "etc/raftpi" / path).stat()]
    } == {
        "raftpi.toml": ("0o644", 0, 0),
        "trusted.toml": ("0o644", 0, 0),
        "client.key": ("0o640", 0, group),
        "keys": ("0o700", daemon_user, group),
        "keys/node.key": ("0o600", daemon_user, group),
    }
    data = (tmp_path / "var/lib/raftpi").stat()
    assert (oct(data.st_mode & 0o7777), data.st_uid, data.st_gid) == ("0o700", daemon_user, group)
