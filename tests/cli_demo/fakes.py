"""A cluster, feeds and a store that do as a test says."""

import threading
from collections.abc import Callable, Mapping

from raftpi.cli.demo.actions import Actions, Misbehaviour
from raftpi.cli.demo.answers import Done, Found
from raftpi.cli.demo.commands import StoreCommand
from raftpi.cli.demo.scene import Scene
from raftpi.cli.demo.watch import Watch
from raftpi.errors import RaftpiError
from raftpi.local.failures import DaemonDied
from raftpi.status import NodeStatus, PeerStatus

NAMES = {1: "pi1", 2: "pi2", 3: "pi3"}


def make_status(node_id: int, **changes: object) -> NodeStatus:
    """A healthy member of three: pi1 leads term 4 with ten entries, the others follow."""
    leads = node_id == 1
    peers = tuple(
        PeerStatus(
            id=other,
            name=name,
            replica_id=other + 100,
            voter=True,
            heard_us_ago=12_000,
            match_index=10,
            delay_us=300,
        )
        for other, name in NAMES.items()
        if other != node_id
    )
    values: dict[str, object] = {
        "id": node_id,
        "name": NAMES.get(node_id, f"pi{node_id}"),
        "cluster_id": 9,
        "replica_id": node_id + 100,
        "condition": "running",
        "role": "leader" if leads else "follower",
        "term": 4,
        "leader": 1,
        "voted_for": 1,
        "last_index": 10,
        "commit_index": 10,
        "applied_index": 10,
        "durable_index": 10,
        "lease_us": 120_000 if leads else 0,
        "election_max_us": 300_000,
        "alive_count": 3,
        "voter_count": 3,
        "pid": 1000 + node_id,
        "peers": peers,
    }
    return NodeStatus(**{**values, **changes})  # type: ignore[arg-type]


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_us = 1_000_000

    def __call__(self) -> int:
        return self.now_us


class FakeFeeds:
    """Gives out what a test put in; boards in `cut` have dropped their connection."""

    def __init__(self, statuses: dict[int, NodeStatus]) -> None:
        self.waiting = dict(statuses)
        self.cut: set[int] = set()
        self.closed = False

    def wait(self, limit_s: float) -> None:
        threading.Event().wait(min(limit_s, 0.005))

    def read(self) -> Mapping[int, NodeStatus]:
        given, self.waiting = self.waiting, {}
        return given

    def connected(self, node_id: int) -> bool:
        return node_id not in self.cut

    def close(self) -> None:
        self.closed = True


class FakeCluster:
    """Remembers what was done to it."""

    def __init__(self, names: dict[int, str]) -> None:
        self.alive = set(names)
        self.deeds: list[str] = []
        self.dead: list[DaemonDied] = []
        self.refuses_to_start: set[int] = set()

    def kill(self, node_id: int) -> bool:
        self.deeds.append(f"kill {node_id}")
        was_alive = node_id in self.alive
        self.alive.discard(node_id)
        return was_alive

    def start_node(self, node_id: int) -> bool:
        self.deeds.append(f"start {node_id}")
        if node_id in self.refuses_to_start:
            raise RaftpiError("its log is damaged")
        self.alive.add(node_id)
        return True

    def running(self) -> tuple[int, ...]:
        return tuple(sorted(self.alive))

    def deaths(self) -> tuple[DaemonDied, ...]:
        given, self.dead = tuple(self.dead), []
        return given


class FakeStore:
    """Answers with what a test says; waits for `go` first."""

    def __init__(self) -> None:
        self.asked: list[StoreCommand] = []
        self.outcome: Done | Found | RaftpiError = Done(
            changed=True, index=48, acks=2, voter_count=3
        )
        self.go = threading.Event()
        self.go.set()
        self.closed = False

    def run(self, command: StoreCommand) -> Done | Found:
        self.asked.append(command)
        self.go.wait(10)
        if isinstance(self.outcome, RaftpiError):
            raise self.outcome
        return self.outcome

    def close(self) -> None:
        self.closed = True
        self.go.set()


class Stage:
    """A scene made of fakes, with all its parts at hand."""

    def __init__(
        self,
        names: dict[int, str] | None = None,
        clock: Callable[[], int] | None = None,
        silent: bool = False,
    ) -> None:
        self.names = dict(names or NAMES)
        self.clock = Clock()
        clock_us = clock or self.clock
        said = {} if silent else {i: make_status(i, name=n) for i, n in self.names.items()}
        self.feeds = FakeFeeds(said)
        self.watch = Watch(self.names, self.feeds, clock_us)
        self.cluster = FakeCluster(self.names)
        self.told: list[tuple[int, Misbehaviour]] = []
        self.slept_s: list[float] = []
        self.ending = threading.Event()
        self.store = FakeStore()
        self.actions = Actions(self.cluster, self.watch, self.names, self.tell, self.slept_s.append)
        self.scene = Scene(
            names=self.names,
            cluster=self.cluster,
            watch=self.watch,
            store=self.store,
            actions=self.actions,
            clock_us=clock_us,
            ending=self.ending,
        )

    def tell(self, node_id: int, how: Misbehaviour) -> None:
        self.told.append((node_id, how))

    def events(self) -> list[str]:
        return [event.text for event in self.watch.events_since(0)[0]]
