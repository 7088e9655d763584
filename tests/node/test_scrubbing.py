"""The card is read back slowly and evenly; rot is told, and mended while the cluster goes on."""

from typing import Any

import pytest

from raftpi.command import Put, Stamp, pack_command
from raftpi.core.limits import Limits
from raftpi.node import Node
from raftpi.node.report import status_of
from raftpi.node.scrubbing import (
    FIRST_PART,
    NEVER_US,
    PAUSE_US,
    SLICE_BYTES,
    SNAPSHOT_RETRY_US,
    WAIT_US,
    Scrubbing,
)
from raftpi.sim.board import DIRECTORY
from raftpi.sim.cluster import VirtualCluster
from raftpi.sim.world import Parts
from raftpi.storage.scrub_step import ScrubStep

PASS_US = 86_400_000_000
TOTAL_BYTES = 64 * SLICE_BYTES
START_US = 5_000_000


def under_way() -> Scrubbing:
    """One whose first job was taken."""
    scrubbing = Scrubbing(PASS_US, START_US)
    assert scrubbing.take_job(START_US + PASS_US // FIRST_PART)
    return scrubbing


def read(read_bytes: int = SLICE_BYTES, **more: Any) -> ScrubStep:
    return ScrubStep(read_bytes=read_bytes, total_bytes=TOTAL_BYTES, **more)


# --- when ------------------------------------------------------------------------------------


def test_slices_are_spread_evenly_over_a_pass() -> None:
    scrubbing, now_us = under_way(), START_US + PASS_US // FIRST_PART
    for _ in range(10):
        assert scrubbing.done(read(), now_us) == []
        assert scrubbing.due_us == now_us + PASS_US // 64
        assert scrubbing.take_job(scrubbing.due_us - 1) == ()
        now_us = scrubbing.due_us
        (job,) = scrubbing.take_job(now_us)
        assert job.limit_bytes == SLICE_BYTES


def test_one_slice_at_a_time() -> None:
    scrubbing = under_way()
    assert scrubbing.due_us == NEVER_US
    assert scrubbing.take_job(START_US + PASS_US) == ()


def test_a_pass_that_ended_early_is_not_begun_again_before_its_time() -> None:
    scrubbing, now_us = under_way(), START_US + PASS_US // 2
    scrubbing.done(read(0, pass_ended=True), now_us)
    assert scrubbing.due_us == START_US + PASS_US
    status = scrubbing.status(now_us + 7)
    assert (status.pass_count, status.passed_us_ago) == (1, 7)


def test_a_card_that_is_slow_is_left_alone_in_between() -> None:
    scrubbing = Scrubbing(1_000_000, START_US)
    scrubbing.take_job(START_US + 1_000_000)
    scrubbing.done(read(1), START_US + 1_000_000)
    assert scrubbing.due_us == START_US + 1_000_000 + PAUSE_US


def test_it_is_never_due_where_it_is_off() -> None:
    scrubbing = Scrubbing(0, START_US)
    assert scrubbing.take_job(1 << 61) == ()
    assert scrubbing.status(START_US).pass_us == 0


def test_what_is_rotten_is_gone_on_with_soon() -> None:
    scrubbing = under_way()
    scrubbing.done(read(rot="x", rotten="x"), START_US)
    assert scrubbing.due_us == START_US + WAIT_US
    scrubbing.done(read(rotten="x", is_proving=True), START_US)
    assert scrubbing.due_us == START_US + PAUSE_US


def test_a_board_without_a_log_yet_is_not_asked_all_the_time() -> None:
    scrubbing = under_way()
    scrubbing.done(ScrubStep(), START_US)
    assert scrubbing.due_us == START_US + WAIT_US


def test_a_node_that_waits_for_its_card_alone_has_no_deadline() -> None:
    """A candidate whose vote is being written, with a slice under way: nothing is due."""
    cluster = VirtualCluster(1, 1, parts=Parts(node=ScrubbingNode))
    cluster.elect()
    node = cluster.node(1)
    node.scrubbing.due_us = NEVER_US
    node.raft.next_deadline_us = lambda: None  # type: ignore[method-assign]  # of that moment
    assert node.next_deadline_us() is None
    node.scrubbing.due_us = 77
    assert node.next_deadline_us() == 77


# --- what ------------------------------------------------------------------------------------


def test_rot_is_told_with_its_place_and_stays_in_the_status_until_it_is_mended() -> None:
    scrubbing = under_way()
    (event,) = scrubbing.done(read(rot="a.wal at offset 7: rot", rotten="a.wal"), START_US)
    assert event.severity == "error"
    assert "a.wal at offset 7" in event.text
    assert scrubbing.rotten == "a.wal"
    (event,) = scrubbing.done(read(mended="a.wal: cut away"), START_US)
    assert event.severity == "warning"
    assert "a.wal: cut away" in event.text
    assert scrubbing.rotten == ""
    assert scrubbing.status(START_US).rot_count == 1
    assert "a.wal at offset 7" in scrubbing.status(START_US).last_rot


def test_a_snapshot_is_wanted_only_where_it_would_help_and_not_again_and_again() -> None:
    scrubbing = under_way()
    scrubbing.done(read(rotten="x", needed_index=40), START_US)
    assert not scrubbing.wants_snapshot(39, START_US)
    assert scrubbing.wants_snapshot(40, START_US)
    assert not scrubbing.wants_snapshot(41, START_US + SNAPSHOT_RETRY_US - 1)
    assert scrubbing.wants_snapshot(41, START_US + SNAPSHOT_RETRY_US)
    scrubbing.done(read(), START_US)
    assert not scrubbing.wants_snapshot(99, START_US + 9 * SNAPSHOT_RETRY_US)


# --- a cluster -------------------------------------------------------------------------------


class ScrubbingNode(Node):
    """Reads its card back once in a second."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, scrub_pass_us=1_000_000)


def put(number: int) -> bytes:
    stamp = Stamp(session_id=9, sequence=number, first_pending=number, began_index=0)
    return pack_command(stamp, Put(key=b"key%d" % number, value=bytes(200)))


def written(count: int = 60) -> tuple[VirtualCluster, int, int]:
    """A cluster with logs of several segments, its leader and a follower."""
    cluster = VirtualCluster(
        3,
        1,
        parts=Parts(node=ScrubbingNode),
        segment_bytes=4_096,
        snapshot_entry_count=25,
        limits=Limits(trailing_count=10),
    )
    leader = cluster.elect()
    for number in range(1, count + 1):
        cluster.submit(leader, put(number), None)
        cluster.run_for_us(5_000)
    return cluster, leader, leader % 3 + 1


def a_file(cluster: VirtualCluster, node_id: int, room: str, place: int) -> str:
    disk = cluster.boards[node_id].card.disk
    room = f"{DIRECTORY}/{room}"
    names = [name for name in disk.list(room) if name.endswith((".wal", ".snap"))]
    return f"{room}/{names[place]}"


@pytest.mark.parametrize(
    ("room", "place", "offset"),
    [("log", 0, 700), ("log", -1, 700), ("log", 0, 3), ("snapshots", -1, 300)],
)
@pytest.mark.parametrize("is_leader", [False, True])
def test_rot_on_a_running_board_is_mended_and_it_starts_again(
    room: str, place: int, offset: int, is_leader: bool
) -> None:
    cluster, leader, follower = written()
    ill = leader if is_leader else follower
    path = a_file(cluster, ill, room, place)
    cluster.boards[ill].card.disk.rot(path, offset, 0x20)
    node = cluster.node(ill)
    assert cluster.run_until(lambda: node.scrubbing.status(0).rot_count > 0, 60_000_000)
    assert path in node.scrubbing.status(0).last_rot
    assert cluster.run_until(lambda: not node.scrubbing.rotten, 60_000_000)
    cluster.submit(leader, put(61), None)
    cluster.run_for_us(500_000)
    cluster.crash(ill)
    cluster.start(ill)
    assert cluster.run_until(lambda: cluster.node(ill).applied_index >= 62, 10_000_000)
    assert not cluster.node(ill).scrubbing.rotten


def test_rot_needs_a_person_while_it_cannot_be_mended() -> None:
    """Entries that are not committed are in no snapshot: without a quorum they stay rotten."""
    cluster, leader, follower = written()
    other = follower % 3 + 1
    cluster.isolate(leader)
    for number in range(61, 64):
        cluster.submit(leader, put(number), None)
    cluster.run_for_us(300_000)
    node = cluster.node(leader)
    path = a_file(cluster, leader, "log", -1)
    # The last sector that was written: what is not committed lies there.
    disk = cluster.boards[leader].card.disk
    end = len(disk.read(path).rstrip(b"\0"))
    disk.rot(path, end - 40, 0x20)
    assert cluster.run_until(lambda: bool(node.scrubbing.rotten), 60_000_000)
    cluster.run_for_us(5_000_000)
    snapshots = disk.list(f"{DIRECTORY}/snapshots")
    cluster.run_for_us(5_000_000)
    status = status_of(node, name="x", now_us=0)
    assert path in status.needs_person
    assert "fsck --repair --from" in status.needs_person
    assert disk.list(f"{DIRECTORY}/snapshots") == snapshots, "useless snapshots are not made"
    cluster.heal()
    assert cluster.run_until(lambda: not node.scrubbing.rotten, 90_000_000)
    assert status_of(node, name="x", now_us=0).needs_person == ""
    assert cluster.node(other).applied_index == node.applied_index


def test_an_idle_cluster_that_reads_its_cards_writes_nothing() -> None:
    cluster, _, _ = written()
    cluster.run_for_us(3_000_000)
    disks = [board.card.disk for board in cluster.boards.values()]
    effects = [disk.effect_count for disk in disks]
    passes = [cluster.node(i).scrubbing.status(0).pass_count for i in cluster.boards]
    cluster.run_for_us(20_000_000)
    assert [disk.effect_count for disk in disks] == effects
    for node_id, before in zip(cluster.boards, passes, strict=True):
        assert cluster.node(node_id).scrubbing.status(0).pass_count >= before + 10
