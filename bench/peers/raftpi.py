"""raftpi as a peer: three daemons as `raftpi cluster start` runs them."""

import random
from pathlib import Path

import msgpack

from bench.load.loop import Client
from bench.load.zmtp import Dealer
from raftpi.client import Client as RaftpiClient
from raftpi.command import Get, Put, Stamp, pack_command, pack_query
from raftpi.local.cluster import LocalCluster
from raftpi.transport.requests import Ask, Submit, pack_request

_ANSWER = 2


def _is_done(body: bytes) -> bool:
    """Whether this frame is an Answer: committed, or the value read."""
    return bool(msgpack.unpackb(body)[1] == _ANSWER)


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
        value = b"v" * value_bytes
        session_id = random.getrandbits(63) or 1

        def ask(sequence: int) -> bytes:
            key = b"key/%d" % ((number * 7919 + sequence) % key_count)
            stamp = Stamp(
                session_id=session_id,
                sequence=sequence + 1,
                first_pending=max(1, sequence + 2 - depth),
                began_index=self._began_index,
            )
            command = pack_command(stamp, Put(key=key, value=value))
            return pack_request(Submit(request_id=sequence + 1, command=command))

        return Client(("127.0.0.1", self._port), Dealer(ask, _is_done), depth)

    def read_client(self, number: int, key_count: int) -> Client:
        """A client that reads linearizably."""

        def ask(sequence: int) -> bytes:
            key = b"key/%d" % ((number * 7919 + sequence) % key_count)
            query = pack_query(Get(key=key))
            return pack_request(Ask(request_id=sequence + 1, query=query))

        return Client(("127.0.0.1", self._port), Dealer(ask, _is_done))

    def close(self) -> None:
        """Stop and remove it."""
        self.cluster.clean()
