"""Which ports the nodes of a local cluster use: base + id, base + 100 + id, base + 200 + id."""

import random
import socket
from pathlib import Path

from raftpi.errors import UsageError
from raftpi.local.failures import PortInUse

HOST = "127.0.0.1"
PEER_OFFSET = 0
CLIENT_OFFSET = 100
STATUS_OFFSET = 200
LOWEST_BASE = 10_000
# Where Linux usually begins to hand out ports for outgoing connections.
USUAL_EPHEMERAL_START = 32_768
ATTEMPT_COUNT = 200


def node_ports(base_port: int, node_id: int) -> tuple[int, int, int]:
    """The peer, client and status port of a node."""
    return (
        base_port + PEER_OFFSET + node_id,
        base_port + CLIENT_OFFSET + node_id,
        base_port + STATUS_OFFSET + node_id,
    )


def is_free(port: int, host: str = HOST) -> bool:
    """Whether a listener could be had on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As libzmq does: connections that linger from a killed daemon do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def check_base_port(base_port: int, node_count: int) -> None:
    """Raises UsageError when the ports from this base are no ports, PortInUse when one is taken."""
    if not 1024 <= base_port <= 65_535 - STATUS_OFFSET - node_count:
        raise UsageError(
            f"--base-port {base_port} does not work: it must lie between 1024 and "
            f"{65_535 - STATUS_OFFSET - node_count} (the nodes use base + 1 to "
            f"base + {STATUS_OFFSET + node_count})"
        )
    for node_id in range(1, node_count + 1):
        for port in node_ports(base_port, node_id):
            if not is_free(port):
                raise PortInUse(
                    f"port {port} on {HOST}, needed by pi{node_id}, is in use by another program; "
                    "choose another --base-port, or none to have free ports found"
                )


def find_base_port(node_count: int, choose: random.Random | None = None) -> int:
    """A base from which all ports of this many nodes are free.

    Below the range for outgoing connections, so that no connection of another program takes
    a port while its node is down. Raises PortInUse when there is none.
    """
    chooser = choose or random.Random()
    highest = max(_ephemeral_start() - STATUS_OFFSET - 100, LOWEST_BASE)
    for _ in range(ATTEMPT_COUNT):
        base_port = chooser.randint(LOWEST_BASE // 100, highest // 100) * 100
        ports = [p for i in range(1, node_count + 1) for p in node_ports(base_port, i)]
        if all(is_free(port) for port in ports):
            return base_port
    raise PortInUse(
        f"no {3 * node_count} free ports found on {HOST} between {LOWEST_BASE} and {highest}; "
        "name a free range with --base-port"
    )


def _ephemeral_start() -> int:
    """The first port for outgoing connections. Source: ip(7), ip_local_port_range."""
    path = Path("/proc/sys/net/ipv4/ip_local_port_range")
    try:
        return int(path.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return USUAL_EPHEMERAL_START
