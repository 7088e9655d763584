"""How the tests start stand-in daemons and ask them."""

import json
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from raftpi.local.cluster import LocalCluster
from raftpi.status import NodeStatus

SCRIPT = Path(__file__).with_name("stand_in_daemon.py")


def command(config: str) -> tuple[str, ...]:
    return (sys.executable, "-S", str(SCRIPT), "node", "--config", config)


def status_of(node_id: int, role: str = "follower", leader: int = 0, **more: Any) -> NodeStatus:
    """A status as a healthy node of a fresh cluster would send it."""
    status = NodeStatus(
        id=node_id,
        name=f"pi{node_id}",
        cluster_id=7,
        replica_id=100 + node_id,
        condition="running",
        role=role,
        term=1,
        leader=leader,
        voted_for=0,
        last_index=1,
        commit_index=1,
        applied_index=1,
        durable_index=1,
    )
    return replace(status, **more)


def ask(endpoints: Sequence[str], timeout_s: float) -> list[NodeStatus]:
    """As the client would: a status for every stand-in that answers in time."""
    told = []
    for endpoint in endpoints:
        parts = urlsplit(endpoint)
        try:
            with socket.create_connection((parts.hostname, parts.port), timeout_s) as line:
                told.append(json.loads(line.makefile().readline()))
        except (OSError, ValueError):
            continue
    leader = next((item["id"] for item in told if item["role"] == "leader"), 0)
    return [status_of(i["id"], i["role"], leader, pid=i["pid"]) for i in told]


def create(directory: Path, nodes: int = 3, **more: Any) -> LocalCluster:
    return LocalCluster.create(directory, nodes, command=command, ask=ask, **more)


def reopen(directory: Path) -> LocalCluster:
    return LocalCluster.open(directory, command=command, ask=ask)


def behave(cluster: LocalCluster, node_id: int, behaviour: str) -> None:
    (cluster.home(node_id) / "behaviour").write_text(behaviour)
