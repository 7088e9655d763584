"""Endpoints, given and learned, and the order in which they are asked."""

import pytest

from raftpi.client.directory import Directory, parse_endpoints
from raftpi.errors import UsageError
from raftpi.transport.requests import Discovery


def discovery(node_id: int) -> Discovery:
    return Discovery(
        request_id=1,
        node_id=node_id,
        leader=0,
        commit_index=0,
        members=((1, "pi1", "tcp://10.0.0.1:7201", ""), (2, "pi2", "tcp://10.0.0.2:7201", "")),
        alive_count=2,
        voter_count=2,
        condition="running",
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("127.0.0.1:7201", ("tcp://127.0.0.1:7201",)),
        ("a:1, tcp://b:2", ("tcp://a:1", "tcp://b:2")),
        (["a:1", "tcp://a:1"], ("tcp://a:1",)),
        ("ipc:///run/raftpi/client", ("ipc:///run/raftpi/client",)),
        ("[::1]:7201", ("tcp://[::1]:7201",)),
    ],
)
def test_endpoints_are_read(given: str | list[str], expected: tuple[str, ...]) -> None:
    assert parse_endpoints(given) == expected


@pytest.mark.parametrize(
    "given",
    ["", [], "pi1", "tcp://", "http://a:1", "a:x", "a:0", "a:65536", ":1", "::1:7", "a b:1"],
)
def test_what_is_no_endpoint_is_a_usage_error(given: str | list[str]) -> None:
    with pytest.raises(UsageError):
        parse_endpoints(given)


def test_a_node_that_did_not_answer_is_asked_last() -> None:
    directory = Directory(["tcp://a:1", "tcp://b:1", "tcp://c:1"])
    directory.set_silent("tcp://a:1")
    assert directory.endpoints() == ["tcp://b:1", "tcp://c:1", "tcp://a:1"]
    directory.set_silent("tcp://b:1")
    assert directory.endpoints() == ["tcp://c:1", "tcp://a:1", "tcp://b:1"]
    directory.learn("tcp://a:1", discovery(1))
    assert directory.endpoints()[0] == "tcp://a:1"


def test_the_endpoint_that_answered_is_used_rather_than_the_one_that_was_named() -> None:
    directory = Directory(["tcp://forwarded:9"])
    directory.learn("tcp://forwarded:9", discovery(1))
    assert directory.endpoint_of(1) == "tcp://forwarded:9"
    assert directory.endpoint_of(2) == "tcp://10.0.0.2:7201"
    assert directory.endpoint_of(3) == ""
    assert directory.endpoints() == ["tcp://forwarded:9", "tcp://10.0.0.2:7201"]
    directory.set_silent("tcp://forwarded:9")
    assert directory.endpoint_of(1) == "tcp://10.0.0.1:7201"


def test_a_member_is_found_by_id_and_by_name() -> None:
    directory = Directory(["tcp://a:1"])
    directory.learn("tcp://a:1", discovery(1))
    assert directory.resolve(2) == directory.resolve("2") == directory.resolve("pi2") == 2
    with pytest.raises(UsageError, match=r"pi7.*1 \(pi1\), 2 \(pi2\)"):
        directory.resolve("pi7")
