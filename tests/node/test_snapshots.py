"""A follower that takes a leader's snapshot, on virtual boards."""

from raftpi.command import Put, Stamp, pack_command
from raftpi.core.limits import Limits
from raftpi.kv.machine import Machine
from raftpi.sim.cluster import VirtualCluster


def put(number: int) -> bytes:
    stamp = Stamp(session_id=9, sequence=number, first_pending=number, began_index=0)
    return pack_command(stamp, Put(key=b"key%d" % number, value=b"value"))


def behind_the_compacted_log() -> tuple[VirtualCluster, int]:
    """A cluster, and the follower in it that nothing but a snapshot can help."""
    cluster = VirtualCluster(3, 1, snapshot_entry_count=10, limits=Limits(trailing_count=0))
    leader = cluster.elect()
    follower = leader % 3 + 1
    cluster.submit(leader, put(1))
    cluster.run_for_us(100_000)
    cluster.isolate(follower)
    for number in range(2, 60):
        cluster.submit(leader, put(number))
        cluster.run_for_us(5_000)
    assert cluster.node(leader).raft.state.log.first_index > 10
    return cluster, follower


def test_the_state_of_before_an_installed_snapshot_is_freed_bit_by_bit() -> None:
    cluster, follower = behind_the_compacted_log()
    node = cluster.node(follower)
    former = node.machine
    assert isinstance(former, Machine)
    assert len(former._store) == 1
    cluster.heal()
    assert cluster.run_until(lambda: node.machine is not former)
    assert node._former_machine is former

    assert cluster.run_until(lambda: node._former_machine is None, 60_000_000)
    assert len(former._store) == 0
    assert cluster.run_until(lambda: node.applied_index == cluster.live()[0].applied_index)


def test_what_a_snapshot_brought_is_answered_by_who_took_it() -> None:
    cluster, follower = behind_the_compacted_log()
    cluster.heal()
    node = cluster.node(follower)
    assert cluster.run_until(lambda: node.raft.state.snapshot is not None)
    assert node.raft.state.log.first_index > 10
    for number in range(1, 40):
        assert node.machine._store.get(b"key%d" % number) is not None  # type: ignore[attr-defined]
