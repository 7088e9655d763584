"""etcd as a peer: three processes with etcd's own defaults, spoken to over the gateway."""

import base64
import json
import subprocess
import time
import urllib.request
from pathlib import Path

from bench.load.http import KeepAlive
from bench.load.keys import key_number, keys
from bench.load.loop import Client
from bench.peers.ports import free_ports

START_TIMEOUT_S = 30.0


class Etcd:
    """Started when made; clients are those of the leader."""

    name = "etcd"

    def __init__(self, directory: Path, nodes: int = 3, binary: str = "etcd") -> None:
        """Start them and wait for a leader."""
        ports = free_ports(2 * nodes)
        peers = [f"http://127.0.0.1:{port}" for port in ports[:nodes]]
        self.clients = [f"http://127.0.0.1:{port}" for port in ports[nodes:]]
        members = ",".join(f"n{place}={peer}" for place, peer in enumerate(peers))
        self._processes: list[subprocess.Popen[bytes]] = []
        for place, (peer, client) in enumerate(zip(peers, self.clients, strict=True)):
            options = {
                "name": f"n{place}",
                "data-dir": str(directory / f"etcd{place}"),
                "listen-client-urls": client,
                "advertise-client-urls": client,
                "listen-peer-urls": peer,
                "initial-advertise-peer-urls": peer,
                "initial-cluster": members,
            }
            words = [binary, *(f"--{name}={value}" for name, value in options.items())]
            silent = subprocess.DEVNULL
            self._processes.append(subprocess.Popen(words, stdout=silent, stderr=silent))
        self.leader = self._wait_for_leader()

    @property
    def pids(self) -> list[int]:
        """Of all."""
        return [process.pid for process in self._processes]

    def put_client(self, number: int, value_bytes: int, key_count: int, depth: int = 1) -> Client:
        """A client that puts values of this size."""
        assert depth == 1, "HTTP/1.1 has one request under way"
        value = base64.b64encode(b"v" * value_bytes)

        tail = b'","value":"%s"}' % value
        names = _names(key_count)

        def ask(sequence: int) -> tuple[str, bytes]:
            name = names[key_number(number, sequence, key_count)]
            return "/v3/kv/put", b'{"key":"' + name + tail

        return self._client(ask)

    def read_client(self, number: int, key_count: int) -> Client:
        """A client that reads linearizably, which is the gateway's default."""

        names = _names(key_count)

        def ask(sequence: int) -> tuple[str, bytes]:
            return "/v3/kv/range", b'{"key":"%s"}' % names[key_number(number, sequence, key_count)]

        return self._client(ask)

    def close(self) -> None:
        """Kill them."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()

    def _client(self, ask) -> Client:  # type: ignore[no-untyped-def]  # as KeepAlive's
        host = self.clients[self.leader].removeprefix("http://")
        address, _, port = host.rpartition(":")
        return Client((address, int(port)), KeepAlive(host, ask))

    def _wait_for_leader(self) -> int:
        end_s = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end_s:
            for place, client in enumerate(self.clients):
                try:
                    status = _post(f"{client}/v3/maintenance/status")
                except OSError:
                    continue
                if status.get("leader", "0") == status["header"]["member_id"]:
                    return place
            time.sleep(0.1)
        raise TimeoutError("etcd has no leader")


def _names(key_count: int) -> list[bytes]:
    return [base64.b64encode(key) for key in keys(key_count)]


def _post(url: str) -> dict:  # type: ignore[type-arg]  # whatever etcd tells
    with urllib.request.urlopen(url, data=b"{}", timeout=2) as answer:
        return json.loads(answer.read())  # type: ignore[no-any-return]
