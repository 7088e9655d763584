"""The power goes between any two effects on any board's card, in the middle of a cluster's life.

The life is always the same: three boards found a cluster, clients write and read, snapshots are
made and the log is cut, leadership is handed over, a board is restarted. Of each board every
single effect on its card (a write, a sync, a change of names) is once the last one before its
power goes; it comes back soon. Nothing acknowledged may be lost, and all must catch up.
"""

import pytest

from raftpi.sim.chance import Chance
from raftpi.sim.client import VirtualClient, Workload
from raftpi.sim.cluster import VirtualCluster
from raftpi.sim.linearizability.checker import Verdict, check
from raftpi.sim.linearizability.history import Operation

LIFE_US = 1_500_000
BOARDS = (1, 2, 3)
# In CI the effects one in so many, each board beginning at another one; all of them in the soak.
STRIDE = 25


class Life:
    """One life of the cluster, the same each time but for the cut."""

    def __init__(self, node_id: int, last_effect: int | None) -> None:
        self.history: list[Operation] = []
        self.cluster = VirtualCluster(
            3, seed=11, start=False, segment_bytes=4096, snapshot_entry_count=12
        )
        self.node_id = node_id
        self.last_effect = last_effect
        self.arm()
        for one in BOARDS:
            self.cluster.start(one)
        workload = Workload(clients=2, keys=3, think_us=20_000, value_bytes=300)
        self.clients = [
            VirtualClient(self.cluster, number, workload, self.history, Chance(f"client {number}"))
            for number in (1, 2)
        ]

    def arm(self) -> None:
        """Set the power up to go; the end of a process disarms it."""
        disk = self.cluster.boards[self.node_id].card.disk
        if self.last_effect is not None and disk.effect_count <= self.last_effect:
            disk.cut_after(self.last_effect - disk.effect_count)

    def run(self) -> None:
        cluster = self.cluster
        cluster.run_for_us(LIFE_US // 3)
        leader = cluster.leader()
        if leader:
            cluster.boards[leader].transfer(None, leader % 3 + 1)
        cluster.run_for_us(LIFE_US // 3)
        if cluster.boards[2].node is not None:
            cluster.crash(2, hint=True)
            if self.node_id == 2:
                self.arm()
            cluster.start(2)
        cluster.run_for_us(LIFE_US // 3)
        for client in self.clients:
            client.busy = False
        assert cluster.run_until(self.all_is_well, 5_000_000), "not all came back to the same log"
        cluster.check_everything()
        for client in self.clients:
            client.give_up()
        assert check(self.history).verdict is Verdict.LINEARIZABLE

    def all_is_well(self) -> bool:
        nodes = self.cluster.live()
        applied = {node.applied_index for node in nodes}
        return len(nodes) == len(BOARDS) and len(applied) == 1 and min(applied) > 0

    def effect_count(self, node_id: int) -> int:
        return self.cluster.boards[node_id].card.disk.effect_count

    def acknowledged_count(self) -> int:
        return sum(client.answered_count for client in self.clients)


@pytest.fixture(scope="module")
def whole() -> Life:
    life = Life(1, None)
    life.run()
    return life


def test_the_life_has_in_it_what_is_to_be_interrupted(whole: Life) -> None:
    assert whole.acknowledged_count() > 40
    for board in whole.cluster.boards.values():
        assert "has a snapshot up to index" in "\n".join(board.story)
        # The log was cut: its first segment is gone.
        assert "0000000000000001.wal" not in board.card.disk.list("/var/lib/raftpi/log")
    terms = [node.raft.current_term for node in whole.cluster.live()]
    assert min(terms) > 1, "leadership was handed over"


def live_on(node_id: int, effects: range) -> None:
    for effect in effects:
        life = Life(node_id, effect)
        try:
            life.run()
        except AssertionError as error:
            raise AssertionError(f"pi{node_id}, after {effect} effects: {error}") from error
        told = "\n".join(life.cluster.boards[node_id].story)
        assert "loses its power between two effects" in told, effect


@pytest.mark.parametrize("node_id", BOARDS)
def test_a_power_cut_after_any_effect_of_a_board_loses_nothing(node_id: int, whole: Life) -> None:
    live_on(node_id, range(node_id, whole.effect_count(node_id), STRIDE))


@pytest.mark.soak
@pytest.mark.parametrize("node_id", BOARDS)
def test_a_power_cut_after_every_single_effect(node_id: int, whole: Life) -> None:
    live_on(node_id, range(whole.effect_count(node_id)))
