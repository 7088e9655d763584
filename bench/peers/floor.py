"""The floor as a peer: three bare processes."""

import subprocess
import sys
from pathlib import Path

import msgpack

from bench.load.keys import key_number, keys
from bench.load.loop import Client
from bench.load.zmtp import Dealer
from bench.peers.ports import free_ports


class Floor:
    """Started when made; `put_client` speaks with the one that leads."""

    name = "floor"

    def __init__(self, directory: Path) -> None:
        """Start the three."""
        ports = free_ports(3)
        self._port = ports[0]
        self._processes = []
        for place, port in enumerate(ports):
            words = [sys.executable, "-m", "bench.peers.floor_node", str(directory / f"f{place}")]
            words += [str(port), *map(str, ports[1:] if place == 0 else ())]
            process = subprocess.Popen(words, stdout=subprocess.PIPE)
            assert process.stdout is not None
            process.stdout.readline()
            self._processes.append(process)

    @property
    def pids(self) -> list[int]:
        """Of the leader first."""
        return [process.pid for process in self._processes]

    def put_client(self, number: int, value_bytes: int, key_count: int, depth: int = 1) -> Client:
        """A client that sends values of this size."""
        value = b"v" * value_bytes
        names = keys(key_count)
        pack = msgpack.Packer().pack

        def ask(sequence: int) -> bytes:
            packed: bytes = pack([sequence, names[key_number(number, sequence, key_count)], value])
            return packed

        return Client(("127.0.0.1", self._port), Dealer(ask, lambda body: True), depth)

    def close(self) -> None:
        """Kill them."""
        for process in self._processes:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
