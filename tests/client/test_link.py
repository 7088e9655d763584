"""Connections of a client on real sockets: what is sent, what is lost, and what never leaves."""

import socket as plain
from collections.abc import Callable, Iterator

import pytest
import zmq

from raftpi.client.link import CONNECT_LIMIT_US, LinkEvent, Links, Lost, Received, Sent
from tests.client.fake_node import free_endpoint


@pytest.fixture
def context() -> Iterator["zmq.Context[zmq.Socket[bytes]]"]:
    made: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    yield made
    made.destroy(linger=0)


@pytest.fixture
def links(context: "zmq.Context[zmq.Socket[bytes]]") -> Iterator[Links]:
    made = Links(context)
    yield made
    made.close()


@pytest.fixture
def router(context: "zmq.Context[zmq.Socket[bytes]]") -> Iterator["zmq.Socket[bytes]"]:
    made = context.socket(zmq.ROUTER)
    made.bind("tcp://127.0.0.1:*")
    yield made
    made.close(linger=0)


def endpoint_of(router: "zmq.Socket[bytes]") -> str:
    return router.getsockopt_string(zmq.LAST_ENDPOINT)


def wait_for(links: Links, wanted: Callable[[LinkEvent], bool]) -> list[LinkEvent]:
    """What happened, up to the first such event."""
    events: list[LinkEvent] = []
    for _ in range(1000):
        for event in links.poll(10, 0):
            events.append(event)
            if wanted(event):
                return events
    raise AssertionError(events)


def send(links: Links, endpoint: str, request_id: int, data: bytes) -> None:
    """Send, and wait until it was handed to the connection."""
    if not links.send(endpoint, request_id, data, 0):
        wait_for(links, lambda event: event == Sent(request_id=request_id))


def test_a_request_is_sent_once_the_connection_stands_and_at_once_from_then_on(
    links: Links, router: "zmq.Socket[bytes]"
) -> None:
    endpoint = endpoint_of(router)
    send(links, endpoint, 1, b"one")
    assert links.send(endpoint, 2, b"two", 0)
    identity, data = router.recv_multipart()
    assert data == b"one"
    router.send_multipart([identity, b"answer"])
    wait_for(links, lambda event: event == Received(endpoint=endpoint, data=b"answer"))


def test_a_refused_connection_is_lost_and_nothing_was_sent(links: Links) -> None:
    endpoint = free_endpoint()
    assert not links.send(endpoint, 1, b"x", 0)
    lost = Lost(endpoint=endpoint)
    assert wait_for(links, lambda event: event == lost) == [lost]


def test_a_dropped_connection_is_lost_and_opened_again_when_it_is_used(
    links: Links, router: "zmq.Socket[bytes]"
) -> None:
    endpoint = endpoint_of(router)
    send(links, endpoint, 1, b"x")
    router.unbind(endpoint)
    router.close(linger=0)
    wait_for(links, lambda event: event == Lost(endpoint=endpoint))
    links.send(endpoint, 2, b"x", 0)
    wait_for(links, lambda event: event == Lost(endpoint=endpoint))


def test_what_was_cancelled_before_it_was_sent_never_arrives(
    links: Links, router: "zmq.Socket[bytes]"
) -> None:
    endpoint = endpoint_of(router)
    # On a busy machine the connection may stand before the first frame is offered to it.
    while links.send(endpoint, 1, b"cancelled", 0):
        assert router.recv_multipart()[1] == b"cancelled"
        links.close()
    links.cancel()
    send(links, endpoint, 2, b"wanted")
    assert router.recv_multipart()[1] == b"wanted"


def test_a_host_that_never_answers_is_given_up(links: Links) -> None:
    listener = plain.create_server(("127.0.0.1", 0))  # accepts, and says nothing
    endpoint = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    try:
        links.send(endpoint, 1, b"x", 0)
        assert links.poll(0, CONNECT_LIMIT_US - 1) == []
        assert links.poll(0, CONNECT_LIMIT_US) == [Lost(endpoint=endpoint)]
    finally:
        listener.close()


def test_what_is_no_endpoint_for_zeromq_is_lost(links: Links) -> None:
    assert not links.send("nonsense", 1, b"x", 0)
    assert links.poll(0, 0) == [Lost(endpoint="nonsense")]
