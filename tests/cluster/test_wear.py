"""What real daemons cost their cards: nothing when idle, and what they say of it."""

import time
from pathlib import Path

import pytest

from raftpi.client import Client
from raftpi.daemon.kernel_writes import UNKNOWN, kernel_written_bytes
from raftpi.daemon.wear_meter import REFRESH_US
from raftpi.local.cluster import LocalCluster
from raftpi.status import WearSpan
from tests.cluster.waiting import status_of, wait_until, wait_until_whole

PUT_COUNT = 20
VALUE_BYTES = 256
# Whoever was asked for the counts a moment ago counts anew after this.
REFRESHED_S = REFRESH_US / 1e6 + 0.2


def pass_time(duration_s: float) -> None:
    """Wait, though nothing is to happen."""
    end_s = time.monotonic() + duration_s
    wait_until(lambda: time.monotonic() >= end_s, "the time is over", duration_s + 20)


def traces(cluster: LocalCluster, node_id: int) -> dict[str, tuple[int, ...]]:
    """All that a write would leave: in the kernel's count, in the files, in the node's counts."""
    pid = cluster.pid(node_id)
    kernel_bytes = kernel_written_bytes(Path(f"/proc/{pid}/io"))
    assert kernel_bytes != UNKNOWN
    found: dict[str, tuple[int, ...]] = {"written by the kernel": (kernel_bytes,)}
    data = Path(cluster.node(node_id).data)
    for path in [data, *data.rglob("*")]:
        stat = path.stat()
        found[str(path)] = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
    status = status_of(cluster, node_id)
    assert status is not None
    found["counted by the node"] = tuple(status.wear.since_start[1:])
    found["syncs"] = (status.sync.count, status.sync.written_bytes)
    found["term"] = (status.term,)
    return found


def stay_idle(cluster: LocalCluster, duration_s: float) -> None:
    """Nothing is written by any node for so long."""
    wait_until_whole(cluster)
    pass_time(REFRESHED_S)
    before = {node.id: traces(cluster, node.id) for node in cluster.nodes}
    pass_time(duration_s)
    for node in cluster.nodes:
        assert traces(cluster, node.id) == before[node.id]


@pytest.mark.slow
def test_an_idle_cluster_keeps_its_leader_and_writes_nothing(three: LocalCluster) -> None:
    with Client(three.endpoints()) as client:
        client.put("before", "the silence")
    stay_idle(three, 3)


@pytest.mark.soak
def test_an_idle_cluster_writes_no_byte_in_ten_minutes(three: LocalCluster) -> None:
    with Client(three.endpoints()) as client:
        client.put("before", "the silence")
    stay_idle(three, 600)


@pytest.mark.slow
def test_the_status_tells_what_puts_cost(three: LocalCluster) -> None:
    wait_until_whole(three)
    pass_time(REFRESHED_S)
    before = {status.id: status for status in three.statuses()}
    with Client(three.endpoints()) as client:
        for number in range(PUT_COUNT):
            client.put(f"k{number}", b"v" * VALUE_BYTES)
    wait_until_whole(three)
    pass_time(REFRESHED_S)
    statuses = three.statuses()
    assert len(statuses) == len(before)
    for status in statuses:
        wear, was = status.wear.since_start, before[status.id].wear.since_start
        cost = WearSpan(*(now - then for now, then in zip(wear, was, strict=True)))
        assert PUT_COUNT * VALUE_BYTES < cost.acknowledged_bytes < 2 * PUT_COUNT * VALUE_BYTES
        assert cost.handed_bytes > cost.acknowledged_bytes
        assert cost.page_bytes >= 4096 * cost.batch_count
        # A follower may get two entries with one append.
        assert PUT_COUNT // 2 <= cost.batch_count <= PUT_COUNT + 2
        assert cost.sync_count >= cost.batch_count
        assert sum(status.sync.histogram) == wear.batch_count
        assert status.sync.sum_us > before[status.id].sync.sum_us
        assert wear.kernel_bytes == kernel_written_bytes(Path(f"/proc/{status.pid}/io"))
        assert status.wear.last_hour == status.wear.last_day == wear


@pytest.mark.slow
def test_a_restart_counts_anew_and_not_what_it_only_reads(three: LocalCluster) -> None:
    leader = wait_until_whole(three)
    with Client(three.endpoints()) as client:
        for number in range(PUT_COUNT):
            client.put(f"k{number}", b"v" * VALUE_BYTES)
    follower = next(node.id for node in three.nodes if node.id != leader)
    three.stop(follower)
    three.start_node(follower)
    wait_until_whole(three)
    pass_time(REFRESHED_S)
    status = status_of(three, follower)
    assert status is not None
    wear = status.wear.since_start
    assert status.applied_index >= PUT_COUNT
    assert wear.acknowledged_bytes == 0
    # Recovery has made a segment, with its zeros.
    assert wear.handed_bytes > 100_000
    assert wear.over_us < 60_000_000
