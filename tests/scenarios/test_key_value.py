"""MIT 6.5840: the key-value service; what the clients saw is linearizable."""

from dataclasses import dataclass

import pytest

from raftpi.core.ready import Role
from raftpi.sim.chance import Chance
from raftpi.sim.client import VirtualClient, Workload
from raftpi.sim.linearizability.checker import check
from raftpi.sim.linearizability.history import Operation
from raftpi.sim.linearizability.search import Verdict
from raftpi.sim.network import Weather
from tests.scenarios.lab import SECOND_US, UNRELIABLE, Lab


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One of the labs' trials."""

    servers: int = 5
    clients: int = 1
    unreliable: bool = False
    partitions: bool = False
    restarts: bool = False
    snapshots: bool = False
    span_us: int = 5 * SECOND_US


class Service:
    """Servers and clients; `history` is what the clients saw."""

    def __init__(self, trial: Trial, seed: int) -> None:
        every = 40 if trial.snapshots else 100_000
        self.lab = Lab(trial.servers, seed, snapshot_entry_count=every)
        self.trial = trial
        self.history: list[Operation] = []
        if trial.unreliable:
            self.lab.cluster.network.weather = UNRELIABLE
        workload = Workload(
            clients=trial.clients,
            keys=10 + 2 * trial.clients,
            think_us=10_000 * trial.clients,
        )
        self.clients = [
            VirtualClient(
                self.lab.cluster,
                number,
                workload,
                self.history,
                Chance(f"client {number} of {seed}"),
            )
            for number in range(1, trial.clients + 1)
        ]

    def answered_count(self) -> int:
        return sum(client.answered_count for client in self.clients)

    def run(self) -> None:
        lab, trial = self.lab, self.trial
        end_us = lab.cluster.now_us + trial.span_us
        while lab.cluster.now_us < end_us:
            lab.sleep(lab.chance.between(SECOND_US, SECOND_US * 12 // 10))
            if trial.partitions:
                mixed = lab.chance.some(lab.servers, len(lab.servers))
                cut = lab.chance.between(1, len(mixed) // 2)
                lab.partition(mixed[:cut], mixed[cut:])
        lab.cluster.heal()
        if trial.restarts:
            for server in lab.servers:
                lab.crash(server)
            lab.sleep(SECOND_US)
            for server in lab.servers:
                lab.start(server)
        lab.cluster.network.weather = Weather()
        before = self.answered_count()
        assert lab.cluster.run_until(
            lambda: self.answered_count() >= before + 3 * len(self.clients), 10 * SECOND_US
        ), "the clients are not answered"
        for client in self.clients:
            client.give_up()
            client.busy = False
        lab.cluster.check_everything()
        report = check(self.history)
        assert report.verdict is Verdict.LINEARIZABLE, report.text


@pytest.mark.parametrize(
    "trial",
    [
        Trial(clients=1),
        Trial(clients=5),
        Trial(clients=20),
        Trial(clients=5, unreliable=True),
        Trial(clients=1, partitions=True),
        Trial(clients=5, partitions=True),
        Trial(clients=5, unreliable=True, partitions=True),
        Trial(clients=1, restarts=True),
        Trial(clients=5, restarts=True, partitions=True),
        Trial(clients=5, unreliable=True, restarts=True, partitions=True),
        Trial(clients=5, snapshots=True, restarts=True),
        Trial(clients=5, snapshots=True, unreliable=True, restarts=True, partitions=True),
        Trial(servers=7, clients=15, unreliable=True, restarts=True, partitions=True),
        Trial(
            servers=7, clients=15, snapshots=True, unreliable=True, restarts=True, partitions=True
        ),
    ],
    ids=lambda t: " ".join(
        [f"{t.servers} servers {t.clients} clients"]
        + [n for n in ("unreliable", "partitions", "restarts", "snapshots") if getattr(t, n)]
    ),
)
@pytest.mark.slow
def test_what_the_clients_see_is_linearizable(trial: Trial) -> None:
    Service(trial, seed=1).run()


def test_a_minoritys_operation_does_not_finish_before_the_partition_heals() -> None:
    lab = Lab(5)
    leader = lab.check_one_leader()
    partner = next(server for server in lab.servers if server != leader)
    rest = [server for server in lab.servers if server not in (leader, partner)]
    lab.partition([leader, partner], rest)
    key = lab.propose(leader)
    lab.sleep(SECOND_US)
    assert lab.committed_on(key) == []
    lab.disconnected = {leader, partner}
    major = lab.check_one_leader()
    assert major in rest
    done = lab.propose(major)
    lab.sleep(100_000)
    assert len(lab.committed_on(done)) == 3
    lab.connect(leader, partner)
    lab.sleep(3 * SECOND_US)
    assert len(lab.committed_on(done)) == 5
    assert lab.cluster.node(leader).raft.role is not Role.PRE_CANDIDATE
    lab.one(5)
