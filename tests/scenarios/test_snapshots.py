"""MIT 6.5840: snapshots, one every ten entries; the log behind them stays short."""

import pytest

from tests.scenarios.lab import UNRELIABLE, Lab

EVERY = 10
ROUNDS = 30


def rounds(
    lab: Lab, *, install: bool = False, crash: bool = False, unreliable: bool = False
) -> None:
    if unreliable:
        lab.cluster.network.weather = UNRELIABLE
    lab.one(len(lab.servers))
    leader = lab.check_one_leader()
    for number in range(ROUNDS):
        victim = (leader + 1 + number % 2 - 1) % 3 + 1
        sender = leader
        if number % 3 == 1:
            sender = (leader + 2 - 1) % 3 + 1
        if install:
            lab.disconnect(victim)
            lab.one(2)
        if crash:
            lab.crash(victim)
            lab.one(2)
        for _ in range(lab.chance.between(EVERY // 2, EVERY + 4)):
            lab.propose(sender if lab.is_up(sender) else leader)
        lab.one(2 if install or crash else 3)
        if install or crash:
            lab.connect(victim)
            lab.start(victim)
            lab.one(3)
        leader = lab.check_one_leader()
    lab.cluster.network.weather = type(UNRELIABLE)()
    lab.one(3)
    lab.cluster.check_everything()


def lab() -> Lab:
    return Lab(3, snapshot_entry_count=EVERY)


def test_snapshots_basic() -> None:
    basic = lab()
    rounds(basic)
    for server in basic.servers:
        state = basic.cluster.node(server).raft.state
        assert state.snapshot is not None
        behind = state.log.last_index - state.snapshot.index
        assert behind <= EVERY + 14, "the log behind the snapshot grows"


@pytest.mark.parametrize("unreliable", [False, True])
@pytest.mark.parametrize(("install", "crash"), [(True, False), (False, True), (True, True)])
@pytest.mark.slow
def test_snapshots_installed_and_crashing(install: bool, crash: bool, unreliable: bool) -> None:
    rounds(lab(), install=install, crash=crash, unreliable=unreliable)
