"""Whose card may be lost: never so many that no algorithm could go on."""

from raftpi.sim.cluster import VirtualCluster
from raftpi.sim.electorates import Electorates


def founded(count: int) -> tuple[VirtualCluster, Electorates]:
    cluster = VirtualCluster(count, seed=8)
    cluster.elect()
    cluster.run_for_us(300_000)
    return cluster, Electorates(cluster.boards, cluster.world.ledger)


def test_a_minority_of_cards_may_be_lost() -> None:
    cluster, electorates = founded(3)
    assert all(electorates.can_lose(node_id) for node_id in cluster.boards)
    cluster.crash(1)
    cluster.throw_away_card(1)
    assert not electorates.can_lose(2)
    assert electorates.can_lose(1)


def test_the_only_card_may_not_be_lost() -> None:
    _, electorates = founded(1)
    assert not electorates.can_lose(1)


def test_before_anything_is_committed_nobody_counts() -> None:
    cluster = VirtualCluster(3, seed=8, start=False)
    electorates = Electorates(cluster.boards, cluster.world.ledger)
    assert electorates.current() == []


def test_a_healthy_set_is_just_a_majority_of_those_whose_card_is_there() -> None:
    cluster, electorates = founded(5)
    assert electorates.healthy([5, 3, 1, 2, 4]) == [5, 3, 1]
    cluster.crash(3)
    cluster.throw_away_card(3)
    assert electorates.healthy([5, 3, 1, 2, 4]) == [5, 3, 1, 2]


def test_voters_must_have_a_majority_of_cards() -> None:
    cluster, electorates = founded(3)
    ids = [cluster.boards[node_id].replica_id for node_id in (1, 2, 3)]
    assert electorates.can_become(ids)
    assert electorates.can_become([*ids, 99])
    assert not electorates.can_become([ids[0], 98, 99])
