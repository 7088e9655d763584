"""raftpi as a peer: three daemons as `raftpi cluster start` runs them."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.failover import leader_of_whole
from bench.load.commands import gets, is_done, puts
from bench.load.keys import keys
from bench.load.loop import Client
from bench.load.mix import mixed
from bench.load.zmtp import Dealer
from raftpi.client import Client as RaftpiClient
from raftpi.local.cluster import LocalCluster


class Raftpi:
    """Started when made; clients are those of the leader."""

    name = "raftpi"

    def __init__(
        self, directory: Path, nodes: int = 3, timing: str = "wired", snapshot_entries: int = 0
    ) -> None:
        """Start the daemons and wait for a leader. `snapshot_entries`: unless it is 0."""
        self.cluster = LocalCluster.create(directory / "raftpi", nodes=nodes, timing=timing)
        if snapshot_entries:
            for node in self.cluster.nodes:
                keep_a_long_log(self.cluster.home(node.id) / "raftpi.toml", snapshot_entries)
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
        return self._client(self._puts(number, value_bytes, key_count, depth), depth)

    def read_client(self, number: int, key_count: int) -> Client:
        """A client that reads linearizably."""
        return self._client(gets(number, keys(key_count)))

    def mixed_client(self, number: int, value_bytes: int, key_count: int) -> Client:
        """A client that reads, and puts now and then."""
        reads = gets(number, keys(key_count))
        return self._client(mixed(self._puts(number, value_bytes, key_count, 1), reads))

    def _puts(
        self, number: int, value_bytes: int, key_count: int, depth: int
    ) -> Callable[[int], bytes]:
        session_id = random.getrandbits(62) + 2**62
        value = b"v" * value_bytes
        return puts(number, session_id, self._began_index, keys(key_count), value, depth)

    def _client(self, ask: Callable[[int], bytes], depth: int = 1) -> Client:
        return Client(("127.0.0.1", self._port), Dealer(ask, is_done), depth)

    def leader_pid(self) -> int:
        """The process that leads, once all have its log."""
        leader = leader_of_whole(self.cluster)
        return self.cluster.pid(leader) or 0

    def put_somewhere(self, avoided_pid: int, timeout_s: float) -> bool:
        """One put by the client library, which finds the leader by itself."""
        with RaftpiClient(self.cluster.endpoints(), timeout_s=timeout_s) as client:
            client.put("fault", "0000")
        return True

    def hand_over(self) -> None:
        """`raftpi transfer`."""
        with RaftpiClient(self.cluster.endpoints()) as client:
            client.transfer()

    @contextmanager
    def writer(self) -> Iterator[Callable[[], None]]:
        """A client that puts one after the other, each as soon as the one before is done."""
        with RaftpiClient(self.cluster.endpoints()) as client:

            def put() -> None:
                client.put("fault", "0000")

            yield put

    def heal(self) -> None:
        """Start again what was killed."""
        for node in self.cluster.nodes:
            if not self.cluster.is_running(node.id):
                self.cluster.start_node(node.id)
        leader_of_whole(self.cluster)

    def close(self) -> None:
        """Stop and remove it."""
        self.cluster.clean()


def keep_a_long_log(config: Path, snapshot_entries: int) -> None:
    """Have the daemon make snapshots after so many entries, however many bytes they are."""
    limits = f"snapshot_entries = {snapshot_entries}\nsnapshot_log_bytes = 1_073_741_824\n"
    text = config.read_text()
    config.write_text(text.replace("[chaos]", f"[storage]\n{limits}\n[chaos]"))
