"""Rot on the cards of two boards of three, in different places: nothing acknowledged is lost."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from raftpi.client import Client
from raftpi.local.cluster import LocalCluster
from tests.cluster.waiting import wait_until, wait_until_whole

pytestmark = pytest.mark.slow

KEYS = 20


def fsck(*words: str) -> tuple[int, dict[str, Any]]:
    """The command's exit code and what it tells."""
    done = subprocess.run(
        [sys.executable, "-m", "raftpi", "fsck", "--json", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


def value_of(number: int) -> bytes:
    return b"value %03d " % number * 40


def fill(cluster: LocalCluster) -> None:
    """Values of several sectors each, acknowledged, on every card."""
    with Client(cluster.endpoints()) as client:
        for number in range(KEYS):
            client.put(f"key{number}", value_of(number))
    wait_until_whole(cluster)


def rot(cluster: LocalCluster, node_id: int, number: int) -> None:
    """Flip a byte of this value, wherever the log of that board holds it."""
    count = 0
    for path in Path(cluster.node(node_id).data, "log").glob("*.wal"):
        data = bytearray(path.read_bytes())
        at = data.find(value_of(number)[:20])
        if at >= 0:
            data[at + 15] ^= 4
            path.write_bytes(bytes(data))
            count += 1
    assert count, "the value is in that log"


def refuses(cluster: LocalCluster, node_id: int) -> bool:
    cluster.spawn(node_id)
    wait_until(lambda: not cluster.is_running(node_id), f"node {node_id} refuses to start")
    return cluster.exit_code(node_id) == 12


def has_all(cluster: LocalCluster) -> bool:
    with Client(cluster.endpoints()) as client:
        entries = {entry.key: entry.value for entry in client.list("key")}
    return entries == {b"key%d" % number: value_of(number) for number in range(KEYS)}


def test_two_boards_with_rot_in_different_places_heal_each_other(three: LocalCluster) -> None:
    fill(three)
    cards = {node.id: node.data for node in three.nodes}
    for node_id in cards:
        three.stop(node_id)
    for node_id, number in ((1, 5), (2, 11)):
        rot(three, node_id, number)
        assert refuses(three, node_id)
        code, told = fsck(cards[node_id])
        assert (code, told["start"]["starts"]) == (12, False)
        assert {damage["remedy"] for damage in told["damage"]} == {"repair-from-peer"}
    # Neither of the two has a quorum to ask; each has the other's files.
    assert fsck("--repair", cards[1])[0] == 12
    assert fsck("--repair", "--from", cards[2], cards[1])[0] == 0
    assert fsck("--repair", "--from", cards[1], cards[2])[0] == 0
    for node_id in (1, 2):
        three.spawn(node_id)
    three.wait_for_leader()
    assert has_all(three)
    three.start_node(3)
    wait_until_whole(three)


def test_a_board_is_refilled_from_a_daemon_that_runs(three: LocalCluster) -> None:
    fill(three)
    card = three.node(1).data
    three.stop(1)
    rot(three, 1, 7)
    rot(three, 1, 8)
    assert refuses(three, 1)
    running = three.node(3).client
    assert fsck(three.node(3).data)[1]["in_use_by"]
    code, told = fsck("--repair", "--from", running, card)
    assert (code, told["clean"]) == (0, True)
    assert told["repaired"]
    assert three.start_node(1)
    wait_until_whole(three)
    assert has_all(three)
    assert fsck("--repair", three.node(3).data)[0] == 11
