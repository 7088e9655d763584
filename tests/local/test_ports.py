"""Which ports nodes get, and what is said when one is taken."""

import random
import socket

import pytest

from raftpi.errors import UsageError
from raftpi.local import ports
from raftpi.local.failures import PortInUse


def test_the_three_ports_of_a_node_follow_from_the_base() -> None:
    assert ports.node_ports(7100, 2) == (7102, 7202, 7302)


def test_a_found_base_is_free_and_below_the_ports_of_outgoing_connections() -> None:
    base_port = ports.find_base_port(9)
    taken = [p for i in range(1, 10) for p in ports.node_ports(base_port, i)]
    assert len(set(taken)) == 27
    assert all(ports.is_free(port) for port in taken)
    assert max(taken) < ports._ephemeral_start()


def test_a_listener_takes_a_port_and_frees_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert not ports.is_free(port)
    assert ports.is_free(port)


def test_a_taken_base_is_refused_with_the_port_and_the_node() -> None:
    base_port = ports.find_base_port(3)
    with (
        socket.create_server(("127.0.0.1", base_port + 102)),
        pytest.raises(PortInUse, match=f"port {base_port + 102} on 127.0.0.1, needed by pi2"),
    ):
        ports.check_base_port(base_port, 3)


def test_a_taken_candidate_is_passed_over() -> None:
    first = ports.find_base_port(1, random.Random(5))
    with socket.create_server(("127.0.0.1", first + 1)):
        assert ports.find_base_port(1, random.Random(5)) != first


@pytest.mark.parametrize("base_port", [0, 80, 65_333, 70_000])
def test_a_base_out_of_range_is_a_usage_error(base_port: int) -> None:
    with pytest.raises(UsageError, match="must lie between 1024 and"):
        ports.check_base_port(base_port, 3)
