"""One seed's run: a cluster, clients, and faults at rates that the seed draws for itself."""

import random

from raftpi.core.ready import Role
from tests.linearizability.checker import check
from tests.linearizability.history import Operation
from tests.linearizability.search import Verdict
from tests.virtual.client import VirtualClient
from tests.virtual.cluster import VirtualCluster

KEYS = [b"key%d" % number for number in range(10)]
FAULT_INTERVAL_US = 120_000


class Swarm:
    """Call `run`; it raises when an invariant, linearizability or liveness is broken."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.cluster = VirtualCluster(self.random.choice((1, 3, 3, 5, 5, 7)), seed)
        self.history: list[Operation] = []
        self.clients = [
            VirtualClient(self.cluster, number, KEYS, self.history) for number in range(5)
        ]
        draw = self.random.random
        self.rates = {
            "crash": draw() * 0.4,
            "start": 0.2 + draw() * 0.5,
            "cut": draw() * 0.3,
            "one_way": draw() * 0.2,
            "heal": 0.1 + draw() * 0.5,
            "false_hint": draw() * 0.4,
            "transfer": draw() * 0.3,
        }
        self.cluster.loss = self.random.choice((0.0, 0.0, 0.02, 0.1))
        self.cluster.reorder = draw() < 0.3
        for board in self.cluster.boards.values():
            board.card.sync_us = self.random.choice((100, 500, 5_000, 30_000))

    def run(self, faults_us: int) -> None:
        """Faults for a while, then quiet: progress, and a history that has an order."""
        self.cluster.at(self.cluster.now_us + FAULT_INTERVAL_US, self.fault)
        self.faults_end_us = self.cluster.now_us + faults_us
        self.cluster.run_for_us(faults_us)
        self.calm()
        self.expect_progress()
        self.cluster.check_everything()
        for client in self.clients:
            client.busy = False
            client.give_up()
        report = check(self.history)
        assert report.verdict is Verdict.LINEARIZABLE, report.text

    def fault(self) -> None:
        if self.cluster.now_us >= self.faults_end_us:
            return
        boards = sorted(self.cluster.boards)
        for kind in sorted(self.rates):
            if self.random.random() < self.rates[kind]:
                getattr(self, kind)(self.random.choice(boards), self.random.choice(boards))
        self.cluster.check_everything()
        self.cluster.at(self.cluster.now_us + FAULT_INTERVAL_US, self.fault)

    def crash(self, board: int, _: int) -> None:
        if self.cluster.boards[board].node is not None:
            self.cluster.crash(board, hint=self.random.random() < 0.5)

    def start(self, board: int, _: int) -> None:
        if self.cluster.boards[board].node is None:
            self.cluster.start(board)

    def cut(self, board: int, _: int) -> None:
        self.cluster.isolate(board)

    def one_way(self, board: int, other: int) -> None:
        self.cluster.blocked.add((board, other))

    def heal(self, _board: int, _other: int) -> None:
        self.cluster.heal()

    def false_hint(self, board: int, other: int) -> None:
        node = self.cluster.boards[board].node
        if node is not None:
            node.peer_lost(other, self.cluster.now_us)
            self.cluster.advance(self.cluster.boards[board])

    def transfer(self, board: int, other: int) -> None:
        node = self.cluster.boards[board].node
        if node is not None and node.raft.role is Role.LEADER:
            node.transfer(None, other, self.cluster.now_us)
            self.cluster.advance(self.cluster.boards[board])

    def calm(self) -> None:
        self.cluster.heal()
        self.cluster.loss = 0.0
        for board in sorted(self.cluster.boards):
            self.start(board, board)

    def expect_progress(self) -> None:
        done = len(self.history)
        assert self.cluster.run_until(lambda: len(self.history) > done + 20, 5_000_000), (
            f"no progress in five virtual seconds after the faults stopped; "
            f"roles {[n.raft.role.value for n in self.cluster.live()]}"
        )
        last = max(node.raft.state.commit_index for node in self.cluster.live())
        assert self.cluster.run_until(
            lambda: all(node.applied_index >= last for node in self.cluster.live()), 5_000_000
        ), "not every board caught up"
