"""No acknowledged write is lost and the history is linearizable, whatever is killed or paused."""

import os
import random

import pytest

from raftpi.client import Client
from raftpi.local.cluster import LocalCluster
from raftpi.sim.linearizability.checker import check
from raftpi.sim.linearizability.search import Verdict
from tests.cluster.waiting import wait_until_whole
from tests.cluster.workload import Workload

PROGRESS_S = 15.0


def kill_and_pause(cluster: LocalCluster, kill_count: int, seed: int) -> None:
    """Kill the leader again and again; pause any node now and then; all under load."""
    chance = random.Random(seed)
    with Workload(cluster.endpoints(), client_count=8, seed=seed) as workload:
        workload.wait_for_progress(50, PROGRESS_S)
        for turn in range(kill_count):
            leader = wait_until_whole(cluster)
            cluster.kill(leader)
            workload.wait_for_progress(50, PROGRESS_S)
            cluster.start_node(leader)
            if turn % 3 == 2:
                wait_until_whole(cluster)
                paused = chance.choice([node.id for node in cluster.nodes])
                cluster.pause(paused)
                workload.wait_for_progress(50, PROGRESS_S)
                cluster.resume(paused)
        wait_until_whole(cluster)
        workload.wait_for_progress(50, PROGRESS_S)
    report = check(workload.recorder.operations())
    assert report.verdict is Verdict.LINEARIZABLE, report.text
    assert report.operation_count > kill_count * 50


@pytest.mark.slow
def test_the_leader_killed_and_nodes_paused_under_load(three: LocalCluster) -> None:
    kill_and_pause(three, kill_count=6 if os.environ.get("CI") else 20, seed=1)


@pytest.mark.soak
def test_the_leader_killed_a_hundred_times_under_load(three: LocalCluster) -> None:
    kill_and_pause(three, kill_count=100, seed=2)


@pytest.mark.slow
def test_all_nodes_killed_at_once_in_the_middle_of_writes(three: LocalCluster) -> None:
    for seed in range(3):
        acknowledged: dict[bytes, bytes] = {}
        with Workload(three.endpoints(), client_count=4, seed=seed) as workload:
            workload.wait_for_progress(100, PROGRESS_S)
            with Client(three.endpoints()) as client:
                for number in range(50):
                    key = b"sure%d.%d" % (seed, number)
                    client.put(key, key)
                    acknowledged[key] = key
            for node in three.nodes:
                three.kill(node.id)
            for node in three.nodes:
                three.spawn(node.id)
            workload.wait_for_progress(50, 2 * PROGRESS_S)
        wait_until_whole(three)
        with Client(three.endpoints()) as client:
            found = {entry.key: entry.value for entry in client.list(b"sure%d." % seed)}
        assert found == acknowledged
        report = check(workload.recorder.operations()) if seed == 0 else None
        assert report is None or report.verdict is Verdict.LINEARIZABLE, report.text
