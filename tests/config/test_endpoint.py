"""Endpoints are taken apart, and what is none is refused with the reason."""

import pytest

from raftpi.config.endpoint import endpoint_problem, parse_endpoint


@pytest.mark.parametrize(
    ("text", "host", "port", "loopback"),
    [
        ("tcp://127.0.0.1:7101", "127.0.0.1", 7101, True),
        ("tcp://127.255.0.9:1", "127.255.0.9", 1, True),
        ("tcp://localhost:65535", "localhost", 65535, True),
        ("tcp://LocalHost:1", "localhost", 1, True),
        ("tcp://[::1]:7101", "::1", 7101, True),
        ("tcp://[0:0:0:0:0:0:0:1]:7101", "::1", 7101, True),
        ("tcp://192.168.1.4:7101", "192.168.1.4", 7101, False),
        ("tcp://[fe80::1]:7101", "fe80::1", 7101, False),
        ("tcp://pi1.local:7101", "pi1.local", 7101, False),
        ("tcp://localhost.example:7101", "localhost.example", 7101, False),
    ],
)
def test_a_tcp_endpoint_has_a_host_and_a_port(
    text: str, host: str, port: int, loopback: bool
) -> None:
    endpoint = parse_endpoint(text)
    assert (endpoint.scheme, endpoint.host, endpoint.port) == ("tcp", host, port)
    assert endpoint.is_loopback is loopback


def test_an_ipc_endpoint_has_a_path_and_never_leaves_the_machine() -> None:
    endpoint = parse_endpoint("ipc:///run/raftpi/client")
    assert (endpoint.scheme, endpoint.path) == ("ipc", "/run/raftpi/client")
    assert endpoint.is_loopback


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "does not begin with"),
        ("127.0.0.1:7101", "does not begin with"),
        ("udp://127.0.0.1:7101", "udp:// is not spoken here"),
        ("tcp://127.0.0.1", "has no port"),
        ("tcp://127.0.0.1:", "has no port"),
        ("tcp://127.0.0.1:0", "is no port"),
        ("tcp://127.0.0.1:65536", "is no port"),
        ("tcp://127.0.0.1:http", "is no port"),
        ("tcp://127.0.0.1:+80", "is no port"),
        ("tcp://127.0.0.1:\u0667", "is no port"),
        ("tcp://127.0.0.1:80/x", "something besides"),
        ("tcp://127.0.0.1 :80", "something besides"),
        ("tcp://:7101", "host is missing"),
        ("tcp://*:7101", "no address that others can reach"),
        ("tcp://0.0.0.0:7101", "no address that others can reach"),
        ("tcp://[::]:7101", "no address that others can reach"),
        ("tcp://::1:7101", "in brackets"),
        ("tcp://[::g]:7101", "no IPv6 address"),
        ("tcp://127.0.0.256:7101", "no IPv4 address"),
        ("tcp://127.1:7101", "no IPv4 address"),
        ("tcp://-pi:7101", "neither an address nor a host name"),
        ("tcp://pi..local:7101", "neither an address nor a host name"),
        ("ipc://relative", "absolute path"),
        ("ipc://", "absolute path"),
        ("ipc:///" + "x" * 107, "108 bytes"),
    ],
)
def test_what_is_no_endpoint_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason.replace("*", r"\*")):
        parse_endpoint(text)


def test_a_scheme_that_is_not_wanted_here_is_a_problem() -> None:
    assert endpoint_problem("ipc:///x", ("tcp",)) == "ipc:// cannot be used here"
    assert endpoint_problem("ipc:///x", ("tcp", "ipc")) is None
    assert endpoint_problem("tcp://a", ("tcp",)) == '"tcp://a" has no port'
