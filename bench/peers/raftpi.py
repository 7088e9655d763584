"""raftpi as a peer: three daemons as `raftpi cluster start` runs them."""

import random
from pathlib import Path

from bench.load.commands import gets, is_done, puts
from bench.load.keys import keys
from bench.load.loop import Client
from bench.load.zmtp import Dealer
from raftpi.client import Client as RaftpiClient
from raftpi.local.cluster import LocalCluster


class Raftpi:
    """Started when made; clients are those of the leader."""

    name = "raftpi"

    def __init__(self, directory: Path, nodes: int = 3, timing: str = "wired") -> None:
        """Start the daemons and wait for a leader."""
        self.cluster = LocalCluster.create(directory / "raftpi", nodes=nodes, timing=timing)
        try:
            leader = self.cluster.start()
            self._port = int(self.cluster.node(leader.id).client.rpartition(":")[2])
            with RaftpiClient(self.cluster.endpoints()) as client:
                self._began_index = client.put("bench", "begins")
        except BaseException:
            self.cluster.clean()
            raise

    @property
    def pids(self) -> list[int]:
        """Of all daemons."""
        return [pid for node in self.cluster.nodes if (pid := self.cluster.pid(node.id))]

    def put_client(self, number: int, value_bytes: int, key_count: int, depth: int = 1) -> Client:
        """A client with a session of its own that puts values of this size."""
        session_id = random.getrandbits(62) + 2**62
        value = b"v" * value_bytes
        ask = puts(number, session_id, self._began_index, keys(key_count), value, depth)
        return Client(("127.0.0.1", self._port), Dealer(ask, is_done), depth)

    def read_client(self, number: int, key_count: int) -> Client:
        """A client that reads linearizably."""
        return Client(("127.0.0.1", self._port), Dealer(gets(number, keys(key_count)), is_done))

    def close(self) -> None:
        """Stop and remove it."""
        self.cluster.clean()
