"""SIGKILL at any moment, in a start too: every start recovers, nothing acknowledged is lost.

The moments are drawn, so they fall into writes, syncs, the making of segments and snapshots, and
into recoveries of the kill before. Segments and snapshots are small, so that there are many.
"""

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from raftpi.local.cluster import LocalCluster
from tests.cluster.acknowledged import AcknowledgedWrites
from tests.cluster.waiting import wait_until_whole

pytestmark = pytest.mark.slow

STORAGE = "[storage]\nsegment_bytes = 65536\nsnapshot_entries = 300\n"
LIMITS = "[cluster]\nvalue_bytes = 4096\n"
PROGRESS_S = 60.0
# A start and some writes take about that long; it is drawn how much of it there is.
LIFE_S = 1.5


@pytest.fixture
def made(make_cluster: Callable[..., LocalCluster]) -> Callable[[int], LocalCluster]:
    """Clusters that begin segments and take snapshots all the time."""

    def make(node_count: int) -> LocalCluster:
        cluster = make_cluster(node_count)
        for node in cluster.nodes:
            path = Path(node.config)
            text = path.read_text(encoding="utf-8").replace("[cluster]\n", LIMITS)
            path.write_text(STORAGE + text, encoding="utf-8")
        cluster.start()
        return cluster

    return make


def kill_at_random_points(cluster: LocalCluster, kill_count: int, seed: int) -> None:
    chance = random.Random(seed)
    pause = threading.Event()
    ids = [node.id for node in cluster.nodes]
    with AcknowledgedWrites(cluster.endpoints(), client_count=4, seed=seed) as writes:
        writes.wait_for_more(50, PROGRESS_S)
        for turn in range(kill_count):
            victims = ids if chance.random() < 0.2 else [chance.choice(ids)]
            for victim in victims:
                assert cluster.kill(victim), f"it ended by itself: {cluster.died()}"
            for victim in victims:
                cluster.spawn(victim)
            # Half of the time the next kill may fall into the start.
            if chance.random() < 0.5:
                pause.wait(LIFE_S * chance.random())
            else:
                writes.wait_for_more(chance.randrange(1, 60), PROGRESS_S)
            assert not cluster.died()
            if turn % 50 == 49:
                wait_until_whole(cluster)
                assert writes.missing() == {}
        wait_until_whole(cluster)
        writes.wait_for_more(50, PROGRESS_S)
    # From their cards alone, once more.
    for victim in ids:
        cluster.kill(victim)
    for victim in ids:
        cluster.spawn(victim)
    wait_until_whole(cluster)
    assert writes.missing() == {}
    assert len(writes.acknowledged) > 100
    for node in cluster.nodes:
        said = cluster.log(node.id).read_text(encoding="utf-8", errors="replace")
        assert "Traceback" not in said
        assert "stops: " not in said


@pytest.mark.parametrize("node_count", [1, 3])
def test_killed_ten_times_at_random_points(
    made: Callable[[int], LocalCluster], node_count: int
) -> None:
    kill_at_random_points(made(node_count), kill_count=10, seed=node_count)


@pytest.mark.soak
@pytest.mark.parametrize("node_count", [1, 3])
def test_killed_two_hundred_times_at_random_points(
    made: Callable[[int], LocalCluster], node_count: int
) -> None:
    kill_at_random_points(made(node_count), kill_count=200, seed=10 + node_count)
