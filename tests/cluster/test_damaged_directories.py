"""`raftpi node` on damaged data: exit code, file, offset and the next step, but no traceback.

A sample; every byte is tried in `tests/storage/test_recovery_of_real_files.py`.
"""

import fcntl
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from raftpi.client import Client
from raftpi.local.cluster import LocalCluster
from raftpi.local.processes import daemon_command
from raftpi.storage.identity import pack_identity, unpack_identity

KEY_COUNT = 40
END_S = 60.0


@pytest.fixture
def single(make_cluster: Callable[..., LocalCluster]) -> LocalCluster:
    """A node by itself that has written keys in two lives, and was stopped."""
    cluster = make_cluster(1)
    for life in range(2):
        cluster.start()
        with Client(cluster.endpoints()) as client:
            for number in range(KEY_COUNT):
                client.put(f"key{life}.{number}", "value")
        cluster.stop(1)
    return cluster


def flipped(path: Path, offset: int, mask: int = 1) -> Path:
    data = bytearray(path.read_bytes())
    data[offset] ^= mask
    path.write_bytes(data)
    return path


def stamped(path: Path, at: int) -> Path:
    """Of the next version of the format."""
    data = bytearray(path.read_bytes())
    fields = bytes(data[at : at + 8]) + struct.pack("<HH", 2, 0)
    data[at : at + 16] = fields + struct.pack("<I", zlib.crc32(fields))
    path.write_bytes(data)
    return path


def removed(path: Path) -> Path:
    path.unlink()
    return path


def shortened(path: Path, length: int) -> Path:
    path.write_bytes(path.read_bytes()[:length])
    return path


def of_another_node(path: Path) -> Path:
    found = unpack_identity(path.read_bytes())
    identity = replace(found.identity, node_id=2, name="pi2")
    path.write_bytes(pack_identity(replace(found, identity=identity)))
    return path


def segment(data: Path) -> Path:
    return max((data / "log").glob("*.wal"))


def written(data: Path) -> int:
    """How far the last segment was written."""
    return len(segment(data).read_bytes().rstrip(b"\0"))


Damage = Callable[[Path], Path]
DAMAGES: dict[str, tuple[int, Damage]] = {
    "a bit of the identity": (12, lambda data: flipped(data / "identity", 30, 8)),
    "no identity": (12, lambda data: removed(data / "identity")),
    "a bit of a stamp": (12, lambda data: flipped(segment(data), 9)),
    "a bit of a mark": (12, lambda data: flipped(segment(data), 512, 128)),
    "a bit of a payload": (12, lambda data: flipped(segment(data), 2048 + 200, 16)),
    "a bit of the last batch": (12, lambda data: flipped(segment(data), written(data) - 2)),
    "a byte beyond the end": (12, lambda data: flipped(segment(data), written(data) + 9000, 0xFF)),
    "half of a segment": (12, lambda data: shortened(segment(data), written(data) // 2)),
    "no segment": (12, lambda data: removed(segment(data))),
    "an identity from the future": (15, lambda data: stamped(data / "identity", 0)),
    "a segment from the future": (15, lambda data: stamped(segment(data), 4)),
    "another node's directory": (11, lambda data: of_another_node(data / "identity")),
}


def contents(data: Path) -> dict[Path, bytes]:
    files = (path for path in data.rglob("*") if path.is_file() and path.name != "lock")
    return {path: path.read_bytes() for path in files}


def ended(cluster: LocalCluster) -> tuple[int, str]:
    """Run the daemon until it ends by itself: its exit code and all that it said."""
    done = subprocess.run(
        daemon_command(cluster.node(1).config),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=END_S,
        check=False,
    )
    return done.returncode, done.stdout


def test_each_damage_ends_the_daemon_with_its_code_the_file_and_the_offset(
    single: LocalCluster, tmp_path: Path
) -> None:
    data = Path(single.node(1).data)
    whole = tmp_path / "whole"
    shutil.copytree(data, whole)
    for name, (code, damage) in DAMAGES.items():
        path = damage(data)
        before = contents(data)
        found, said = ended(single)
        assert found == code, (name, said)
        assert "Traceback" not in said, said
        last = said.strip().splitlines()[-1]
        assert "stops: " in last
        if code == 11:
            assert f"{data} belongs to node 2 (pi2)" in last
        else:
            assert re.search(f"{re.escape(str(path))} (is missing )?at offset [0-9]+", last), last
            step = f"raftpi fsck {data}" if code == 12 else "install that newer raftpi"
            assert step in last
        assert contents(data) == before, name
        shutil.rmtree(data)
        shutil.copytree(whole, data)
    # And whole again it serves everything.
    single.start()
    with Client(single.endpoints()) as client:
        assert len(list(client.list("key"))) == 2 * KEY_COUNT


def test_a_directory_in_use_ends_the_second_daemon_with_11(single: LocalCluster) -> None:
    data = Path(single.node(1).data)
    with (data / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, said = ended(single)
    assert code == 11
    assert f"{data} is in use" in said
    assert "Traceback" not in said


def test_what_matters_to_nobody_keeps_no_node_from_starting(single: LocalCluster) -> None:
    data = Path(single.node(1).data)
    (data / "lock").write_bytes(b"\xff" * 100)
    (data / "log" / "notes.txt").write_text("mine")
    (data / "log" / "0000000000000099.new").write_bytes(b"half")
    (data / "snapshots" / "0000000000009999.snap").write_bytes(b"not noted")
    single.start()
    with Client(single.endpoints()) as client:
        assert len(list(client.list("key"))) == 2 * KEY_COUNT
    said = single.log(1).read_text(encoding="utf-8")
    assert "notes.txt at 0: not a file of raftpi: left alone" in said
    assert "0000000000000099.new at 0: a new segment was being made" in said
    assert (data / "log" / "notes.txt").read_text() == "mine"
