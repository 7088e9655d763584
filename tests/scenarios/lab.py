"""The MIT labs' view of a cluster: servers that are connected or not, and commands with indexes.

Restated for virtual time; the labs' numbers are in SCENARIOS of the tests beside. Names of the
labs' own helpers: `one` is an agreement, `check_one_leader` waits for exactly one leader.
"""

from raftpi.command import Get, Put, Stamp, pack_command, pack_query, unpack_listing
from raftpi.core.ready import Role
from raftpi.node import Committed, Node
from raftpi.sim.chance import Chance
from raftpi.sim.cluster import VirtualCluster
from raftpi.sim.network import Weather

SECOND_US = 1_000_000
# The labs' unreliable network: up to 26 ms of delay, a tenth of all messages lost.
UNRELIABLE = Weather(delay_min_us=0, delay_max_us=26_000, loss=0.1)
# Long reordering besides: two thirds of the messages 200 to 2,200 ms later.
LONG_REORDERING = Weather(
    delay_min_us=0, delay_max_us=26_000, loss=0.1, reordering=0.66, late_us=2_200_000
)
AGREEMENT_US = 10 * SECOND_US


class Lab:
    """`count` servers on virtual time; numbers of servers are node ids, from 1."""

    def __init__(self, count: int, seed: int = 1, *, snapshot_entry_count: int = 100_000) -> None:
        """All connected, with a leader to come."""
        self.cluster = VirtualCluster(count, seed, snapshot_entry_count=snapshot_entry_count)
        self.chance = Chance(f"lab {seed}")
        self.disconnected: set[int] = set()
        self._sequence = 0
        # The founding is not the labs': they begin with servers that know each other.
        self.cluster.elect()

    @property
    def servers(self) -> list[int]:
        """All of them."""
        return sorted(self.cluster.boards)

    @property
    def connected(self) -> list[int]:
        """Those on the network."""
        return [server for server in self.servers if server not in self.disconnected]

    # --- what is done to servers ------------------------------------------------------------

    def disconnect(self, *servers: int) -> None:
        """Take servers off the network; they run on."""
        self.disconnected.update(servers)
        self._lay_cables()

    def connect(self, *servers: int) -> None:
        """Put them back."""
        self.disconnected.difference_update(servers)
        self._lay_cables()

    def partition(self, *groups: list[int]) -> None:
        """Servers hear only those of their own group."""
        network = self.cluster.network
        network.heal()
        for server in self.servers:
            for other in self.servers:
                if server != other and not any({server, other} <= set(group) for group in groups):
                    network.cut(server, other)

    def crash(self, server: int) -> None:
        """Power off."""
        if self.is_up(server):
            self.cluster.crash(server)

    def start(self, server: int) -> None:
        """Power on, with what is on its card."""
        if not self.is_up(server):
            self.cluster.start(server)

    def restart(self, server: int) -> None:
        """Power off and on."""
        self.crash(server)
        self.start(server)

    def is_up(self, server: int) -> bool:
        """Whether it runs."""
        return self.cluster.boards[server].node is not None

    def sleep(self, span_us: int) -> None:
        """Let time pass."""
        self.cluster.run_for_us(span_us)

    # --- what is seen of them ---------------------------------------------------------------

    def leaders(self) -> list[tuple[int, int]]:
        """(term, server) of all that lead and are connected, oldest term first."""
        found = []
        for server in self.connected:
            node = self.cluster.boards[server].node
            if node is not None and node.raft.role is Role.LEADER:
                found.append((node.raft.current_term, server))
        return sorted(found)

    def check_one_leader(self) -> int:
        """Wait for exactly one leader of the newest term among those connected."""

        def settled() -> bool:
            found = self.leaders()
            return bool(found) and found[-1][0] == self._newest_term()

        assert self.cluster.run_until(settled, 5 * SECOND_US), "no leader in five seconds"
        terms = [term for term, _ in self.leaders()]
        assert len(terms) == len(set(terms)), "two leaders in one term"
        return self.leaders()[-1][1]

    def check_no_leader(self) -> None:
        """Nobody who is connected leads."""
        assert self.leaders() == []

    def committed_on(self, command: bytes) -> list[int]:
        """The servers that have applied a put of this key."""
        found = []
        for server in self.servers:
            node = self.cluster.boards[server].node
            if node is not None and _has(node, command):
                found.append(server)
        return found

    def last_index(self, server: int) -> int:
        """Where the server's log ends."""
        return self.cluster.node(server).raft.state.log.last_index

    # --- commands ---------------------------------------------------------------------------

    def command(self, size_bytes: int = 0) -> tuple[bytes, bytes]:
        """A new command: its key, and its bytes."""
        self._sequence += 1
        key = b"c%06d" % self._sequence
        stamp = Stamp(session_id=1 + self._sequence, sequence=1, first_pending=1, began_index=0)
        return key, pack_command(stamp, Put(key=key, value=b"v" * size_bytes))

    def propose(self, server: int, size_bytes: int = 0) -> bytes:
        """Hand a new command to a server; its key. It may come to nothing."""
        key, packed = self.command(size_bytes)
        self.cluster.submit(server, packed)
        return key

    def one(self, expected: int, *, size_bytes: int = 0, retry: bool = True) -> int:
        """Reach agreement on a new command on `expected` servers; its index."""
        key, packed = self.command(size_bytes)
        cluster = self.cluster
        end_us = cluster.now_us + AGREEMENT_US
        while cluster.now_us < end_us:
            for server in self.connected:
                if not self.is_up(server):
                    continue
                board = cluster.boards[server]
                board.outcomes.clear()
                cluster.submit(server, packed)
                cluster.run_until(lambda board=board: bool(board.outcomes), 2 * SECOND_US)  # type: ignore[misc]
                said = board.outcomes[0] if board.outcomes else None
                if isinstance(said, Committed):
                    agreed = cluster.run_until(
                        lambda: len(self.committed_on(key)) >= expected, 2 * SECOND_US
                    )
                    assert agreed, f"{key!r} is on {self.committed_on(key)}, not on {expected}"
                    return said.index
            assert retry, f"no agreement on {key!r}"
            cluster.run_for_us(50_000)
        raise AssertionError(f"no agreement on {key!r} in {AGREEMENT_US // SECOND_US} s")

    def request_count(self, since: int = 0) -> int:
        """How many remote calls since then, as the labs count: a message and its answer are one."""
        asked = [m for _, _, m in self.cluster.sent[since:] if not _is_answer(m)]
        return len(asked)

    # --- within -----------------------------------------------------------------------------

    def _lay_cables(self) -> None:
        network = self.cluster.network
        network.heal()
        for server in self.disconnected:
            for other in self.servers:
                if other != server:
                    network.cut(server, other)
                    network.cut(other, server)

    def _newest_term(self) -> int:
        return max(
            node.raft.current_term
            for server in self.connected
            if (node := self.cluster.boards[server].node) is not None
        )


def _has(node: Node, key: bytes) -> bool:
    return bool(unpack_listing(node.machine.query(pack_query(Get(key=key)))).items)


def _is_answer(message: object) -> bool:
    return type(message).__name__.endswith("Response")
