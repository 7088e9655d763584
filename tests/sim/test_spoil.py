"""A log's end spoilt so that nobody can tell what it was: the board goes on, without a vote."""

from raftpi.core.ready import Role
from raftpi.sim.board import DIRECTORY
from raftpi.sim.cluster import VirtualCluster
from raftpi.sim.disk import VirtualDisk
from raftpi.sim.electorates import Electorates
from raftpi.sim.spoil import spoil_last_batch


def with_two_entries_more() -> tuple[VirtualCluster, int]:
    """Three boards, and the number of a follower that holds what was committed."""
    cluster = VirtualCluster(3, seed=8)
    leader = cluster.elect()
    cluster.run_for_us(1_000_000)
    return cluster, next(one for one in cluster.boards if one != leader)


def in_doubt(cluster: VirtualCluster, node_id: int) -> bool:
    node = cluster.boards[node_id].node
    assert node is not None
    return node.raft.state.doubt_id != 0


def test_a_board_in_doubt_is_cleared_by_the_others_and_counts_again() -> None:
    cluster, node_id = with_two_entries_more()
    board = cluster.boards[node_id]
    cluster.crash(node_id)
    assert spoil_last_batch(board.card.disk, DIRECTORY)
    board.is_in_doubt = True
    cluster.start(node_id)
    assert in_doubt(cluster, node_id)
    assert any("does not vote until" in line for line in board.story)
    assert cluster.run_until(lambda: not board.is_in_doubt, 5_000_000)
    assert not in_doubt(cluster, node_id)
    [other] = set(cluster.boards) - {node_id, cluster.leader()}
    cluster.crash(other)
    before = cluster.world.ledger.committed_count
    cluster.crash(cluster.leader())
    cluster.start(other)
    assert cluster.run_until(lambda: cluster.world.ledger.committed_count > before, 5_000_000)


def test_with_one_in_doubt_and_one_down_nobody_leads() -> None:
    cluster, node_id = with_two_entries_more()
    board = cluster.boards[node_id]
    cluster.crash(node_id)
    assert spoil_last_batch(board.card.disk, DIRECTORY)
    [other] = set(cluster.boards) - {node_id, cluster.leader()}
    cluster.crash(other)
    cluster.start(node_id)
    cluster.run_for_us(5_000_000)
    assert in_doubt(cluster, node_id)
    assert all(node.raft.role is not Role.LEADER for node in cluster.live())


def test_a_board_in_doubt_is_no_part_of_a_majority_that_may_be_left() -> None:
    cluster, node_id = with_two_entries_more()
    electorates = Electorates(cluster.boards, cluster.world.ledger)
    cluster.boards[node_id].is_in_doubt = True
    others = [one for one in cluster.boards if one != node_id]
    assert not any(electorates.can_lose(one) for one in others)
    assert electorates.can_lose(node_id)
    assert sorted(electorates.healthy([node_id, *others])) == sorted(cluster.boards)


def test_a_card_without_a_log_has_no_batch_to_spoil() -> None:
    assert not spoil_last_batch(VirtualDisk(), DIRECTORY)


def test_a_log_of_one_batch_has_none_to_spoil() -> None:
    cluster, node_id = with_two_entries_more()
    board = cluster.boards[node_id]
    cluster.crash(node_id)
    spoiled_count = 0
    while spoil_last_batch(board.card.disk, DIRECTORY):
        spoiled_count += 1
        cluster.start(node_id)
        cluster.crash(node_id)
    assert spoiled_count >= 1
