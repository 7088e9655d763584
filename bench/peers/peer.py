"""What every program that is measured can do; what one cannot do, it refuses."""

import os
from pathlib import Path
from typing import Protocol

from bench.load.loop import Client

# Where `scripts/bench_peers.sh` puts the programs that are not ours.
PLACE = Path(__file__).parents[2] / "build" / "peers"


class NotOffered(Exception):
    """This peer does not do that work, or cannot be asked to from here."""


class Peer(Protocol):
    """Three processes or more, started when made."""

    name: str

    @property
    def pids(self) -> list[int]:
        """Of all processes."""

    def put_client(self, number: int, value_bytes: int, key_count: int, depth: int = 1) -> Client:
        """A client of the leader with so many puts under way."""

    def read_client(self, number: int, key_count: int) -> Client:
        """A client of the leader that reads linearizably."""

    def close(self) -> None:
        """End it, and forget what it wrote."""


class Failing(Protocol):
    """A peer whose leader can be taken away."""

    def leader_pid(self) -> int:
        """The process that leads, once all follow it."""

    def put_somewhere(self, avoided_pid: int, timeout_s: float) -> bool:
        """One put, at any node but the one of this process; whether it was acknowledged."""

    def hand_over(self) -> None:
        """Let another node lead."""

    def heal(self) -> None:
        """Start again what was killed, and wait until all follow a leader."""


def etcd_program(name: str) -> str:
    """`etcd` or `etcdctl`: that of build/peers, or of the path."""
    own = PLACE / "usr" / "bin" / name
    return str(own) if own.exists() else name


def python_environment() -> dict[str, str]:
    """The environment in which PySyncObj can be imported."""
    return {**os.environ, "PYTHONPATH": str(PLACE / "python")}
