"""Three daemons on the loopback with keys: every TCP link is encrypted, and let in by key."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from raftpi.local.ports import find_base_port
from raftpi.transport.keys import KeyPair, make_key_pair, write_key
from raftpi.transport.trust import Trust, TrustedClient, TrustedNode, format_trust

KINDS = ("peer", "client", "status")


class GuardedCluster:
    """Lays three boards out in a directory as `raftpi keys make` would, and runs their daemons."""

    def __init__(self, directory: Path) -> None:
        """Write all files; nothing runs yet."""
        self.directory = directory
        self.base_port = find_base_port(3)
        self.nodes = {i: make_key_pair() for i in (1, 2, 3)}
        self.clients = {name: make_key_pair() for name in ("anna", "bob", "mallory")}
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        for name, pair in self.clients.items():
            (directory / name).mkdir()
            write_key(self.key_file(name), pair)
            (directory / name / "trusted.toml").write_text(format_trust(self.trust()))
        for node_id, pair in self.nodes.items():
            home = self.home(node_id)
            (home / "keys").mkdir(parents=True)
            (home / "run").mkdir()
            write_key(home / "keys" / "node.key", pair)
            self.write_trust(node_id, self.trust())
            (home / "raftpi.toml").write_text(self._config(node_id))

    def home(self, node_id: int) -> Path:
        """The directory of one board."""
        return self.directory / f"pi{node_id}"

    def key_file(self, name: str) -> Path:
        """A client's key: anna is an admin, bob is not, mallory is a stranger."""
        return self.directory / name / f"{name}.key"

    def endpoint(self, node_id: int, kind: str) -> str:
        """Where a node listens: kind is peer, client or status."""
        offset = {"peer": 0, "client": 100, "status": 200}[kind]
        return f"tcp://127.0.0.1:{self.base_port + offset + node_id}"

    def trust(self, replaced: dict[int, KeyPair] | None = None) -> Trust:
        """What everybody trusts: the nodes (some with another key), anna and bob."""
        pairs = {**self.nodes, **(replaced or {})}
        return Trust(
            nodes=tuple(
                TrustedNode(
                    id=i,
                    name=f"pi{i}",
                    client=self.endpoint(i, "client"),
                    status=self.endpoint(i, "status"),
                    public=pair.public,
                )
                for i, pair in pairs.items()
            ),
            clients=(
                TrustedClient(name="anna", role="admin", public=self.clients["anna"].public),
                TrustedClient(name="bob", role="ordinary", public=self.clients["bob"].public),
            ),
        )

    def write_trust(self, node_id: int, trust: Trust) -> None:
        """Put another trusted.toml on one board."""
        (self.home(node_id) / "trusted.toml").write_text(format_trust(trust))

    def start(self, node_ids: Sequence[int] = (1, 2, 3)) -> None:
        """Start daemons; does not wait for them."""
        for node_id in node_ids:
            home = self.home(node_id)
            with (home / "log").open("ab") as log:
                self._processes[node_id] = subprocess.Popen(
                    [sys.executable, "-m", "raftpi", "node", "--config", home / "raftpi.toml"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )

    def wait(self, node_id: int, timeout_s: float = 10.0) -> int:
        """The exit code of a daemon that ends by itself."""
        return self._processes[node_id].wait(timeout_s)

    def reload(self, node_id: int) -> None:
        """What `systemctl reload` does."""
        os.kill(self._processes[node_id].pid, signal.SIGHUP)

    def end(self, node_id: int) -> None:
        """End a daemon as `systemctl stop` does, and wait for it."""
        self._processes[node_id].terminate()
        self._processes[node_id].wait(20)

    def log(self, node_id: int) -> str:
        """What a daemon wrote."""
        return (self.home(node_id) / "log").read_text()

    def stop(self) -> None:
        """End all daemons."""
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait()

    def _config(self, node_id: int) -> str:
        home = self.home(node_id)
        lines = [
            f'[node]\nid = {node_id}\ndata = "{home}/data"\nruntime = "{home}/run"',
            "[chaos]\nenabled = true",
            f'[security]\nkeys = "{home}/keys"\ntrusted = "{home}/trusted.toml"',
        ]
        lines += [
            f'[[member]]\nid = {i}\nname = "pi{i}"\n'
            + "\n".join(f'{kind} = "{self.endpoint(i, kind)}"' for kind in KINDS)
            for i in (1, 2, 3)
        ]
        return "\n".join(lines) + "\n"
