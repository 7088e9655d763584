"""A cluster is born once, whatever crashes, is cut off or forgets while it is being founded."""

import random

import pytest

from raftpi.sim.board import DIRECTORY
from raftpi.sim.cluster import VirtualCluster
from raftpi.storage.directory import DataDirectory

BIRTH_US = 400_000


def cluster_ids(cluster: VirtualCluster) -> set[int]:
    return {n.configuration.cluster_id for n in cluster.live() if n.configuration is not None}


def was_founded(cluster: VirtualCluster, board: int) -> bool:
    """Whether the board's card holds a log, or may hold one."""
    return bool(DataDirectory(cluster.boards[board].card.disk, DIRECTORY).generations())


def disturb(cluster: VirtualCluster, chance: random.Random, *, forget: bool) -> None:
    """Crash and restart boards at random moments of the founding; links come and go."""
    end_us = cluster.now_us + BIRTH_US
    while cluster.now_us < end_us:
        cluster.run_for_us(int(chance.random() * 40_000))
        board = chance.choice(sorted(cluster.boards))
        if cluster.boards[board].node is None:
            if forget and not was_founded(cluster, board) and chance.random() < 0.3:
                cluster.throw_away_card(board)
            cluster.start(board)
        elif chance.random() < 0.5:
            cluster.crash(board)
        elif chance.random() < 0.5:
            cluster.isolate(board)
        else:
            cluster.heal()
        assert len(cluster_ids(cluster)) <= 1, "two clusters were founded"
    cluster.heal()
    for board in sorted(cluster.boards):
        if cluster.boards[board].node is None:
            cluster.start(board)


@pytest.mark.parametrize("seed", range(30))
def test_crashes_during_the_founding_leave_one_cluster_with_all_in_it(seed: int) -> None:
    cluster = VirtualCluster(3, seed)
    disturb(cluster, random.Random(seed), forget=False)
    cluster.elect()
    assert cluster.run_until(lambda: all(n.configuration is not None for n in cluster.live()))
    assert len(cluster_ids(cluster)) == 1
    cluster.check_everything()


@pytest.mark.parametrize("seed", range(30))
def test_a_directory_forgotten_during_the_founding_never_makes_a_second_cluster(
    seed: int,
) -> None:
    cluster = VirtualCluster(3, seed)
    disturb(cluster, random.Random(1000 + seed), forget=True)
    cluster.elect()
    cluster.run_for_us(3_000_000)
    assert len(cluster_ids(cluster)) == 1
    for node in cluster.live():
        assert node.configuration is not None or node.has_lost_memory()
    cluster.check_everything()
