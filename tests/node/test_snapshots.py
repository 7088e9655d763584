"""A follower that takes a leader's snapshot, on virtual boards."""

from raftpi.command import Put, Stamp, pack_command
from raftpi.core.limits import Limits
from raftpi.kv.machine import Machine
from raftpi.sim.cluster import VirtualCluster


def put(number: int, key: bytes = b"", value: bytes = b"value") -> bytes:
    stamp = Stamp(session_id=9, sequence=number, first_pending=number, began_index=0)
    return pack_command(stamp, Put(key=key or b"key%d" % number, value=value))


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
    assert cluster.run_until(lambda: node.applied_index == cluster.live()[0].applied_index > 10)
    assert node.raft.state.log.first_index > 10
    for number in range(1, 60):
        assert node.machine._store.get(b"key%d" % number) is not None  # type: ignore[attr-defined]


def test_a_follower_far_away_catches_up_though_snapshots_go_on() -> None:
    """Three are due while one is on its way: none of them must begin the sending anew."""
    cluster = VirtualCluster(3, 1, snapshot_entry_count=10, limits=Limits(trailing_count=0))
    leader = cluster.elect()
    follower = leader % 3 + 1
    cluster.isolate(follower)
    number = 0

    def write(count: int) -> None:
        nonlocal number
        for _ in range(count):
            number += 1
            key = b"key%d" % (number % 60)
            cluster.submit(leader, put(number, key, bytes(4_000)), None)
            cluster.run_for_us(17_000)

    write(120)
    cluster.heal()
    for source, target in ((leader, follower), (follower, leader)):
        cluster.network.slow_us[(source, target)] = 50_000
    before = cluster.node(leader).raft.state.snapshot
    write(300)
    after = cluster.node(leader).raft.state.snapshot
    assert before is not None
    assert after is not None
    assert after.index - before.index > 100, "snapshots went on"
    assert cluster.node(follower).raft.state.commit_index > number - 30


def test_a_snapshot_waits_for_a_follower_but_not_for_ever() -> None:
    cluster = VirtualCluster(3, 1, snapshot_entry_count=10, limits=Limits(trailing_count=0))
    leader = cluster.elect()
    follower = leader % 3 + 1
    # It answers heartbeats, so it is alive; but nothing large ever reaches it.
    cluster.boards[follower].card.stalled_until_us = cluster.now_us + 60_000_000
    longest = 0
    for number in range(1, 400):
        cluster.submit(leader, put(number), None)
        cluster.run_for_us(5_000)
        log = cluster.node(leader).raft.state.log
        longest = max(longest, log.last_index - log.snapshot_index)
    assert 30 <= longest < 60


def test_a_log_stays_short_under_endless_writes_in_memory_and_on_the_card() -> None:
    cluster = VirtualCluster(
        3, 1, snapshot_entry_count=50, segment_bytes=4_096, limits=Limits(trailing_count=20)
    )
    leader = cluster.elect()
    sizes: list[tuple[int, int]] = []
    for number in range(1, 2_001):
        cluster.submit(leader, put(number, b"key%d" % (number % 20), bytes(100)), None)
        cluster.run_for_us(3_000)
        log = cluster.node(leader).raft.state.log
        used_bytes = cluster.boards[leader].card.disk.used_bytes
        sizes.append((log.last_index - log.snapshot_index, used_bytes))
    early, late = sizes[500:1_000], sizes[1_500:]
    assert max(count for count, _ in late) <= max(count for count, _ in early) + 10 < 200
    assert max(size for _, size in late) <= 1.1 * max(size for _, size in early) < 200_000
