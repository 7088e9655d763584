"""What becomes of what clients ask for."""

from raftpi.sim.cluster import VirtualCluster
from tests.node.test_node import followers, outcome, put


def test_committed_commands_are_counted_but_not_those_that_recovery_read() -> None:
    cluster = VirtualCluster(3, seed=31)
    leader = cluster.elect()
    command = put(1)
    cluster.submit(leader, command)
    outcome(cluster, leader)
    cluster.run_for_us(1_000_000)
    assert {node.acknowledged_bytes for node in cluster.live()} == {len(command)}
    follower = followers(cluster, leader)[0]
    cluster.crash(follower)
    cluster.start(follower)
    cluster.run_for_us(1_000_000)
    again = cluster.node(follower)
    assert again.applied_index == cluster.node(leader).applied_index
    assert again.acknowledged_bytes == 0
    cluster.submit(leader, put(2, value=b"longer"))
    outcome(cluster, leader)
    cluster.run_for_us(1_000_000)
    assert again.acknowledged_bytes == len(put(2, value=b"longer"))
