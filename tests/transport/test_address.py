"""Endpoints are compared in one spelling."""

import pytest

from raftpi.transport.address import normal_endpoint


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("tcp://Pi1.Local:7201", "tcp://pi1.local:7201"),
        ("tcp://pi1.local.:7201", "tcp://pi1.local:7201"),
        ("pi1:7201", "tcp://pi1:7201"),
        ("tcp://localhost:7201", "tcp://127.0.0.1:7201"),
        ("tcp://[FE80::0:1]:7201", "tcp://[fe80::1]:7201"),
        ("tcp://10.0.0.1:07201", "tcp://10.0.0.1:7201"),
        ("ipc:///run/raftpi/client.sock", "ipc:///run/raftpi/client.sock"),
    ],
)
def test_spellings_of_one_place_are_the_same(text: str, same: str) -> None:
    assert normal_endpoint(text) == same


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tcp://",
        "tcp://host",
        "tcp://host:",
        "tcp://:1",
        "tcp://host:0",
        "tcp://host:65536",
        "tcp://host:" + "9" * 5000,
        "udp://host:1",
        "tcp://a/b:1",
        "tcp://a b:1",
        'tcp://a":1',
        "ipc://relative",
    ],
)
def test_what_is_no_endpoint_has_no_spelling(text: str) -> None:
    assert normal_endpoint(text) == ""
