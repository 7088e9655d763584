"""A node whose card is full: who leads, what clients are told, and that it goes on by itself."""

from raftpi.command import Get, pack_query
from raftpi.core.messages import AppendEntriesResponse
from raftpi.core.ready import Role
from raftpi.lamp import NEEDS_PERSON, lamp_for
from raftpi.node import Committed, NotLeading, QueryAnswered
from raftpi.node.report import status_of
from raftpi.node.space import LOOK_EVERY_US
from raftpi.sim.cluster import VirtualCluster
from raftpi.status import NodeStatus
from tests.node.test_node import followers, outcome, put

SETTLE_US = 500_000
LIFE_US = 20_000_000
VALUE = b"v" * 5_000


def fill(cluster: VirtualCluster, node_id: int) -> None:
    disk = cluster.boards[node_id].card.disk
    disk.capacity_bytes = disk.used_bytes


def empty(cluster: VirtualCluster, node_id: int) -> None:
    cluster.boards[node_id].card.disk.capacity_bytes = None


def status(cluster: VirtualCluster, node_id: int) -> NodeStatus:
    return status_of(cluster.node(node_id), name=f"pi{node_id}", now_us=cluster.now_us)


def is_full(cluster: VirtualCluster, node_id: int) -> bool:
    return status(cluster, node_id).condition == "disk_full"


def write_until(cluster: VirtualCluster, node_id: int) -> list[int]:
    """Put by way of whoever leads until that board is full; the indexes that were committed."""
    committed: list[int] = []
    for number in range(1, 400):
        if is_full(cluster, node_id):
            return committed
        leader = cluster.elect()
        cluster.boards[leader].outcomes.clear()
        cluster.submit(leader, put(number, value=VALUE))
        done = outcome(cluster, leader)
        if isinstance(done, Committed):
            committed.append(done.index)
    raise AssertionError("the card was never full")


def told(cluster: VirtualCluster, node_id: int, text: str) -> int:
    return sum(text in line for line in cluster.boards[node_id].story)


def test_a_leader_whose_card_is_full_hands_over_and_follows_without_a_restart() -> None:
    cluster = VirtualCluster(3, seed=1)
    leader = cluster.elect()
    cluster.run_for_us(SETTLE_US)
    life = cluster.boards[leader].life
    fill(cluster, leader)
    committed = write_until(cluster, leader)
    assert cluster.run_until(lambda: cluster.leader() not in (0, leader))
    assert lamp_for(status(cluster, leader), age_us=0, connected=True) == NEEDS_PERSON
    assert "bytes" in status(cluster, leader).needs_person
    cluster.run_for_us(LIFE_US)
    assert cluster.node(leader).raft.role is Role.FOLLOWER
    assert told(cluster, leader, "the disk is full") == 1

    empty(cluster, leader)
    cluster.run_for_us(LOOK_EVERY_US + SETTLE_US)
    assert not is_full(cluster, leader)
    assert told(cluster, leader, "has space on the disk again") == 1
    assert cluster.boards[leader].life == life
    assert cluster.node(leader).raft.state.durability.durable_index >= max(committed)
    cluster.check_everything()


def test_a_full_follower_vouches_for_nothing_it_cannot_write_and_catches_up_with_space() -> None:
    cluster = VirtualCluster(3, seed=2)
    leader = cluster.elect()
    cluster.run_for_us(SETTLE_US)
    full = followers(cluster, leader)[0]
    fill(cluster, full)
    write_until(cluster, full)
    assert cluster.leader() == leader
    durable_index = status(cluster, full).durable_index
    for number in range(1000, 1020):
        cluster.submit(leader, put(number, value=VALUE))
        assert isinstance(outcome(cluster, leader), Committed)
    cluster.run_for_us(SETTLE_US)
    assert status(cluster, full).durable_index == durable_index
    progress = cluster.node(leader).raft.state.progress[cluster.boards[full].replica_id]
    assert progress.match_index == durable_index
    assert not progress.disk_healthy
    empty(cluster, full)
    cluster.run_for_us(LOOK_EVERY_US + SETTLE_US)
    assert status(cluster, full).durable_index == status(cluster, leader).last_index


def test_without_a_better_card_the_leader_stays_refuses_commands_and_answers_reads() -> None:
    cluster = VirtualCluster(3, seed=3)
    leader = cluster.elect()
    cluster.run_for_us(SETTLE_US)
    for node_id in cluster.boards:
        fill(cluster, node_id)
    write_until(cluster, leader)
    cluster.run_for_us(LIFE_US)
    assert cluster.leader() == leader
    cluster.boards[leader].outcomes.clear()
    cluster.submit(leader, put(1000))
    refused = outcome(cluster, leader)
    assert isinstance(refused, NotLeading)
    assert refused.reason == f"disk full on pi{leader}"
    cluster.boards[leader].ask("read", pack_query(Get(key=b"k1")))
    assert isinstance(outcome(cluster, leader), QueryAnswered)


def test_a_full_follower_still_votes() -> None:
    cluster = VirtualCluster(3, seed=4)
    leader = cluster.elect()
    cluster.run_for_us(SETTLE_US)
    full, other = followers(cluster, leader)
    fill(cluster, full)
    write_until(cluster, full)
    cluster.run_for_us(SETTLE_US)
    cluster.crash(leader)
    assert cluster.run_until(lambda: cluster.leader() == other)
    assert status(cluster, full).voted_for == other


def test_what_waited_for_a_write_that_was_refused_never_leaves() -> None:
    cluster = VirtualCluster(3, seed=6)
    leader = cluster.elect()
    cluster.run_for_us(SETTLE_US)
    full, other = followers(cluster, leader)
    fill(cluster, full)
    # More than there is room for ahead: refused as it is written, not before.
    cluster.submit(leader, put(1, value=b"v" * 300_000))
    assert isinstance(outcome(cluster, leader), Committed)
    assert cluster.run_until(lambda: is_full(cluster, full))
    durable_index = status(cluster, full).durable_index
    cluster.boards[leader].transfer("hand over", other)
    assert cluster.run_until(lambda: cluster.leader() == other)
    assert status(cluster, full).voted_for == other
    said = [
        message.match_index
        for source, _, message in cluster.sent
        if source == full and isinstance(message, AppendEntriesResponse)
    ]
    assert max(said) <= durable_index


def test_looking_for_space_writes_nothing() -> None:
    cluster = VirtualCluster(3, seed=5)
    leader = cluster.elect()
    cluster.run_for_us(SETTLE_US)
    full = followers(cluster, leader)[0]
    fill(cluster, full)
    write_until(cluster, full)
    cluster.run_for_us(LOOK_EVERY_US)
    before = cluster.boards[full].card.disk.effect_count
    cluster.run_for_us(10 * LOOK_EVERY_US)
    assert cluster.boards[full].card.disk.effect_count == before
