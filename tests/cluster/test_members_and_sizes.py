"""Clusters of every size, hand-overs, and a member whose directory is thrown away."""

from collections.abc import Callable

import pytest

from raftpi.client import Client
from raftpi.local.cluster import LocalCluster, Stopped
from tests.cluster.waiting import status_of, wait_until, wait_until_whole
from tests.cluster.workload import Workload


@pytest.mark.slow
@pytest.mark.parametrize("nodes", [1, 2, 5, 7])
def test_clusters_of_other_sizes_elect_and_commit(
    make_cluster: Callable[..., LocalCluster], nodes: int
) -> None:
    cluster = make_cluster(nodes)
    cluster.start()
    with Client(cluster.endpoints()) as client:
        revision = client.put("size", str(nodes))
        entry = client.get("size")
    assert entry is not None
    assert (entry.value, entry.revision) == (str(nodes).encode(), revision)
    assert len(cluster.statuses()) == nodes


@pytest.mark.slow
def test_a_member_with_a_fresh_directory_does_not_vote_and_the_cluster_goes_on(
    three: LocalCluster,
) -> None:
    leader = wait_until_whole(three)
    forgetful, other = [node.id for node in three.nodes if node.id != leader]
    with Client(three.endpoints()) as client:
        client.put("before", "1")
        three.stop(forgetful)
        three.throw_away_data(forgetful)
        three.start_node(forgetful)

        def says_so() -> bool:
            status = status_of(three, forgetful)
            return status is not None and status.condition == "lost_memory"

        wait_until(says_so, "the board says that it has lost its memory")
        status = status_of(three, forgetful)
        assert status is not None
        assert "lost memory" in status.needs_person
        assert "has lost its memory" in three.log(forgetful).read_text()
        assert "has lost its memory" in three.log(leader).read_text()
        client.put("after", "2")
    three.kill(other)

    def leads_no_more() -> bool:
        mine = status_of(three, leader)
        return mine is not None and mine.leader == 0

    wait_until(leads_no_more, "the leader has stepped down: the fresh board is not counted")
    fresh = status_of(three, forgetful)
    assert fresh is not None
    assert (fresh.role, fresh.voted_for, fresh.last_index) == ("none", 0, 0)
    three.start_node(other)
    with Client(three.endpoints(), timeout_s=10) as client:
        assert [entry.key for entry in client.list()] == [b"after", b"before"]


@pytest.mark.slow
def test_a_stopped_leader_hands_over_and_no_write_fails(three: LocalCluster) -> None:
    with Workload(three.endpoints(), client_count=4, seed=5) as workload:
        workload.wait_for_progress(50, 15)
        for _ in range(3):
            leader = wait_until_whole(three)
            assert three.stop(leader) is Stopped.CLEANLY
            workload.wait_for_progress(50, 15)
            assert "handing over" in three.log(leader).read_text()
            three.start_node(leader)
    assert workload.unknown_count == 0


@pytest.mark.slow
def test_a_transfer_moves_the_lead(three: LocalCluster) -> None:
    leader = wait_until_whole(three)
    target = next(node.id for node in three.nodes if node.id != leader)
    with Client(three.endpoints()) as client:
        client.transfer(target)

        def leads() -> bool:
            status = status_of(three, target)
            return status is not None and status.role == "leader"

        wait_until(leads, "the target leads")
        client.put("k", "v")
