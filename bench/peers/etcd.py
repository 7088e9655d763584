"""etcd as a peer: three processes with etcd's own defaults, spoken to over the gateway."""

import base64
import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from bench.load.http import KeepAlive
from bench.load.keys import key_number, keys
from bench.load.loop import Client
from bench.load.mix import mixed
from bench.peers.peer import etcd_program
from bench.peers.ports import free_ports

START_TIMEOUT_S = 30.0

# Makes the path and the body of a client's requests, counted from 0.
Ask = Callable[[int], tuple[str, bytes]]


class Etcd:
    """Started when made; clients are those of the leader."""

    name = "etcd"

    def __init__(self, directory: Path, nodes: int = 3) -> None:
        """Start them and wait for a leader."""
        self._directory = directory
        ports = free_ports(2 * nodes)
        peers = [f"http://127.0.0.1:{port}" for port in ports[:nodes]]
        self.clients = [f"http://127.0.0.1:{port}" for port in ports[nodes:]]
        members = ",".join(f"n{place}={peer}" for place, peer in enumerate(peers))
        self._words: list[list[str]] = []
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
            words = [
                etcd_program("etcd"),
                *(f"--{name}={value}" for name, value in options.items()),
            ]
            self._words.append(words)
            self._processes.append(_started(words))
        self.leader = self._wait_for_leader()

    @property
    def pids(self) -> list[int]:
        """Of all."""
        return [process.pid for process in self._processes]

    def put_client(self, number: int, value_bytes: int, key_count: int, depth: int = 1) -> Client:
        """A client that puts values of this size."""
        assert depth == 1, "HTTP/1.1 has one request under way"
        return self._client(_puts(number, value_bytes, key_count))

    def read_client(self, number: int, key_count: int) -> Client:
        """A client that reads linearizably, which is the gateway's default."""
        return self._client(_gets(number, key_count))

    def mixed_client(self, number: int, value_bytes: int, key_count: int) -> Client:
        """A client that reads, and puts now and then."""
        writes = _puts(number, value_bytes, key_count)
        return self._client(mixed(writes, _gets(number, key_count)))

    def leader_pid(self) -> int:
        """The process that leads."""
        self.leader = self._wait_for_leader()
        return self._processes[self.leader].pid

    def put_somewhere(self, avoided_pid: int, timeout_s: float) -> bool:
        """One put, at any node but that one."""
        pair = {"key": base64.b64encode(b"fault").decode(), "value": "AAAA"}
        for client, process in zip(self.clients, self._processes, strict=True):
            if process.pid != avoided_pid and process.poll() is None:
                try:
                    _post(f"{client}/v3/kv/put", json.dumps(pair).encode(), timeout_s)
                except OSError:
                    return False
                return True
        return False

    def hand_over(self) -> None:
        """`etcdctl move-leader`."""
        members = _post(f"{self.clients[self.leader]}/v3/cluster/member/list")["members"]
        target = (self.leader + 1) % len(self.clients)
        [found] = [int(m["ID"]) for m in members if m["name"] == f"n{target}"]
        words = [etcd_program("etcdctl"), f"--endpoints={self.clients[self.leader]}"]
        words += ["move-leader", f"{found:x}"]
        environment = {**os.environ, "ETCDCTL_API": "3"}
        subprocess.run(words, check=True, capture_output=True, env=environment)

    @contextmanager
    def writer(self) -> Iterator[Callable[[], None]]:
        """A connection to one node that puts one after the other."""
        connection = HTTPConnection(self.clients[0].removeprefix("http://"), timeout=20)
        body = json.dumps({"key": base64.b64encode(b"fault").decode(), "value": "AAAA"})

        def put() -> None:
            answer = None
            while answer is None or answer.status != HTTPStatus.OK:
                connection.request("POST", "/v3/kv/put", body)
                answer = connection.getresponse()
                answer.read()

        yield put
        connection.close()

    def heal(self) -> None:
        """Start again what was killed."""
        for place, process in enumerate(self._processes):
            if process.poll() is not None:
                self._processes[place] = _started(self._words[place])
        self._wait_for_all()

    def _wait_for_all(self) -> None:
        end_s = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end_s:
            try:
                told = [_post(f"{client}/v3/maintenance/status") for client in self.clients]
            except OSError:
                told = []
            leaders = {status.get("leader", "0") for status in told}
            if len(leaders) == 1 and leaders != {"0"}:
                return
            time.sleep(0.1)
        raise TimeoutError("etcd does not agree on a leader")

    def close(self) -> None:
        """Kill them."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()

    def _client(self, ask: Ask) -> Client:
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


def _puts(number: int, value_bytes: int, key_count: int) -> Ask:
    names = _names(key_count)
    tail = b'","value":"%s"}' % base64.b64encode(b"v" * value_bytes)

    def ask(sequence: int) -> tuple[str, bytes]:
        name = names[key_number(number, sequence, key_count)]
        return "/v3/kv/put", b'{"key":"' + name + tail

    return ask


def _gets(number: int, key_count: int) -> Ask:
    names = _names(key_count)

    def ask(sequence: int) -> tuple[str, bytes]:
        return "/v3/kv/range", b'{"key":"%s"}' % names[key_number(number, sequence, key_count)]

    return ask


def _names(key_count: int) -> list[bytes]:
    return [base64.b64encode(key) for key in keys(key_count)]


def _started(words: list[str]) -> subprocess.Popen[bytes]:
    silent = subprocess.DEVNULL
    return subprocess.Popen(words, stdout=silent, stderr=silent)


def _post(url: str, body: bytes = b"{}", timeout_s: float = 2.0) -> Any:
    with urllib.request.urlopen(url, data=body, timeout=timeout_s) as answer:
        return json.loads(answer.read())
