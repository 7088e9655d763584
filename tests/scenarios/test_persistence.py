"""MIT 6.5840: persistence, and figure 8."""

import pytest

from raftpi.core.ready import Role
from tests.scenarios.lab import LONG_REORDERING, SECOND_US, UNRELIABLE, Lab


def test_persistence_one_staged_restarts() -> None:
    lab = Lab(3)
    lab.one(3)
    for server in lab.servers:
        lab.crash(server)
    for server in lab.servers:
        lab.start(server)
    lab.one(3)
    for server in (lab.check_one_leader(), lab.check_one_leader()):
        lab.restart(server)
        lab.one(3)
    leader = lab.check_one_leader()
    lab.crash(leader)
    lab.one(2)
    lab.start(leader)
    lab.one(3)
    away = next(server for server in lab.servers if server != lab.check_one_leader())
    lab.crash(away)
    lab.one(2)
    lab.start(away)
    lab.one(3)


def test_persistence_two_five_rotations() -> None:
    lab = Lab(5)
    for _ in range(5):
        lab.one(5)
        leader = lab.check_one_leader()
        ring = [(leader + step - 1) % 5 + 1 for step in range(5)]
        lab.disconnect(ring[1], ring[2])
        lab.one(3)
        lab.disconnect(*ring)
        lab.connect(ring[1], ring[2])
        lab.restart(ring[1])
        lab.restart(ring[2])
        lab.sleep(SECOND_US)
        lab.restart(ring[3])
        lab.connect(ring[3])
        lab.one(3)
        lab.connect(ring[4], ring[0])
    lab.one(5)


def test_persistence_three_a_partition_and_a_crashed_pair() -> None:
    lab = Lab(3)
    lab.one(3)
    leader = lab.check_one_leader()
    second, third = [server for server in lab.servers if server != leader]
    lab.disconnect(third)
    lab.one(2)
    lab.crash(leader)
    lab.crash(second)
    lab.connect(third)
    lab.start(leader)
    lab.one(2)
    lab.start(second)
    lab.one(3)


def figure_eight(lab: Lab, rounds: int, *, unreliable: bool) -> None:
    chance = lab.chance
    for number in range(rounds):
        if unreliable and number == 200:
            lab.cluster.network.weather = LONG_REORDERING
        leader = 0
        for server in lab.servers:
            node = lab.cluster.boards[server].node
            if node is not None and node.raft.role is Role.LEADER:
                lab.propose(server)
                leader = server
        lab.sleep(1 + chance.below(499_000 if chance.happens(0.1) else 12_000))
        if unreliable:
            if leader and chance.happens(0.5):
                lab.disconnect(leader)
            if len(lab.connected) < 3:
                lab.connect(chance.pick(lab.servers))
            continue
        if leader:
            lab.crash(leader)
        while sum(lab.is_up(server) for server in lab.servers) < 3:
            lab.start(chance.pick(lab.servers))


@pytest.mark.slow
def test_figure_8() -> None:
    lab = Lab(5)
    figure_eight(lab, 1000, unreliable=False)
    for server in lab.servers:
        lab.start(server)
    lab.one(5)
    lab.cluster.check_everything()


@pytest.mark.slow
def test_figure_8_unreliable() -> None:
    lab = Lab(5)
    lab.cluster.network.weather = UNRELIABLE
    figure_eight(lab, 1000, unreliable=True)
    lab.connect(*lab.servers)
    lab.cluster.network.weather = type(UNRELIABLE)()
    lab.one(5)
    lab.cluster.check_everything()


def test_everybody_crashes_five_times() -> None:
    lab = Lab(3)
    index = lab.one(3)
    for _ in range(5):
        for server in lab.servers:
            lab.restart(server)
        lab.check_one_leader()
        found = lab.one(3)
        assert found > index, "the index went back"
        index = found


def test_restart_around_one_write() -> None:
    lab = Lab(3)
    index = lab.one(3)
    for server in lab.servers:
        lab.restart(server)
    lab.check_one_leader()
    assert lab.one(3) > index
    for server in lab.servers:
        assert lab.last_index(server) > index
