"""PySyncObj as a peer: three processes; its client is inside the leader, which is its fastest."""

import json
import subprocess
import sys
from pathlib import Path

from bench.peers.peer import python_environment
from bench.peers.ports import free_ports


class Pysyncobj:
    """Started when made."""

    name = "pysyncobj"

    def __init__(self, directory: Path) -> None:
        """Start them; they keep nothing in `directory`."""
        ports = [str(port) for port in free_ports(3)]
        self._processes = []
        for place in range(3):
            order = [ports[place], *ports[:place], *ports[place + 1 :]]
            words = [sys.executable, "-m", "bench.peers.pysyncobj_node", *order]
            pipe = subprocess.PIPE
            environment = python_environment()
            self._processes.append(
                subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, env=environment)
            )
        for process in self._processes:
            assert process.stdout is not None
            process.stdout.readline()

    @property
    def pids(self) -> list[int]:
        """Of all."""
        return [process.pid for process in self._processes]

    def puts(
        self, depth: int, seconds: float, value_bytes: int, key_count: int
    ) -> dict[str, float]:
        """Put with so many under way: puts a second, and the median latency."""
        order = {
            "depth": depth,
            "seconds": seconds,
            "value_bytes": value_bytes,
            "key_count": key_count,
        }
        told: dict[str, float] = {}
        for process in self._processes:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            told.update(json.loads(process.stdout.readline()))
        return told

    def close(self) -> None:
        """Kill them."""
        for process in self._processes:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
