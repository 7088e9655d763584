"""Rot on the card of a running board is found while the others are well."""

from collections.abc import Callable
from pathlib import Path

import pytest

from raftpi.client import Client
from raftpi.local.cluster import LocalCluster
from raftpi.status import NodeStatus
from tests.cluster.waiting import status_of, wait_until, wait_until_whole

pytestmark = pytest.mark.slow

SEGMENT_BYTES = 65_536


@pytest.fixture
def scrubbed(make_cluster: Callable[..., LocalCluster]) -> LocalCluster:
    """Three boards that read their cards back every second, with logs of several segments."""
    cluster = make_cluster(3)
    for node in cluster.nodes:
        path = Path(node.config)
        storage = f"[storage]\nscrub_pass_s = 1\nsegment_bytes = {SEGMENT_BYTES}\n"
        text = path.read_text().replace("[cluster]\n", "[cluster]\nvalue_bytes = 16384\n")
        path.write_text(storage + text)
    cluster.start()
    with Client(cluster.endpoints()) as client:
        for number in range(150):
            client.put(f"key{number}", "v" * 1000)
    wait_until_whole(cluster)
    return cluster


def segments(cluster: LocalCluster, node_id: int) -> list[Path]:
    return sorted((Path(cluster.node(node_id).data) / "log").glob("*.wal"))


def flip(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        (byte,) = file.read(1)
        file.seek(offset)
        file.write(bytes([byte ^ 0x10]))


def status(cluster: LocalCluster, node_id: int) -> NodeStatus:
    """What it says; a busy machine may need a moment."""
    found: list[NodeStatus] = []

    def answers() -> bool:
        answer = status_of(cluster, node_id)
        if answer is not None:
            found.append(answer)
        return bool(found)

    wait_until(answers, "it answers")
    return found[0]


def test_a_flipped_byte_in_a_closed_segment_is_found_told_and_mended(
    scrubbed: LocalCluster,
) -> None:
    leader = wait_until_whole(scrubbed)
    ill = next(node.id for node in scrubbed.nodes if node.id != leader)
    closed = segments(scrubbed, ill)[1]
    assert len(segments(scrubbed, ill)) >= 3
    flip(closed, 5_000)
    wait_until(lambda: status(scrubbed, ill).scrub.rot_count > 0, "the rot is found")
    assert str(closed) in status(scrubbed, ill).scrub.last_rot
    wait_until(lambda: not closed.exists(), "it is cut away")
    wait_until(lambda: status(scrubbed, ill).needs_person == "", "it is well")
    log = scrubbed.log(ill).read_text()
    assert f"rot on the card: {closed} at offset" in log
    assert f"has mended rot on the card: {closed}" in log
    # What was rotten is not needed any more: it starts again, and has all.
    scrubbed.kill(ill)
    scrubbed.start_node(ill)
    wait_until_whole(scrubbed)
    with Client([scrubbed.node(ill).client]) as client:
        assert len(client.list("key")) == 150


def test_rot_that_cannot_be_mended_yet_needs_a_person(scrubbed: LocalCluster) -> None:
    """Without a quorum nothing is committed, so no snapshot holds what came last."""
    leader = wait_until_whole(scrubbed)
    for node in scrubbed.nodes:
        if node.id != leader:
            scrubbed.kill(node.id)
    # Its own term's entries, or at least the term, come into a log that nobody else has.
    last = segments(scrubbed, leader)[-1]
    data = last.read_bytes()
    flip(last, len(data.rstrip(b"\0")) - 100)

    def is_told() -> bool:
        found = status(scrubbed, leader)
        return str(last) in found.scrub.last_rot

    wait_until(is_told, "the rot is found")
    for node in scrubbed.nodes:
        if node.id != leader:
            scrubbed.start_node(node.id)
    wait_until(lambda: status(scrubbed, leader).needs_person == "", "it is mended", 90)


def test_passes_end_and_an_idle_board_writes_nothing(scrubbed: LocalCluster) -> None:
    leader = wait_until_whole(scrubbed)
    wait_until(lambda: status(scrubbed, leader).scrub.pass_count >= 1, "a pass ends")
    pid = scrubbed.pid(leader)
    before = Path(f"/proc/{pid}/io").read_text().split("write_bytes: ")[1].split()[0]
    passes = status(scrubbed, leader).scrub.pass_count
    wait_until(lambda: status(scrubbed, leader).scrub.pass_count >= passes + 3, "more passes end")
    after = Path(f"/proc/{pid}/io").read_text().split("write_bytes: ")[1].split()[0]
    assert after == before
    assert status(scrubbed, leader).scrub.rot_count == 0
