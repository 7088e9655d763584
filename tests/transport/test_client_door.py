"""The clients' door on loopback sockets."""

from pathlib import Path

import pytest
import zmq

from raftpi.errors import StorageFailure
from raftpi.transport.client_door import ClientDoor, ClientFrame, Judge, by_origin, is_loopback
from raftpi.transport.sockets import CLIENT_HEARTBEAT_IVL_MS, CLIENT_HWM, Context
from raftpi.transport.standing import Standing
from tests.transport.waiting import wait_for

ANY_PORT = "tcp://127.0.0.1:*"


def dealer(context: Context, endpoint: str) -> "zmq.Socket[bytes]":
    socket: zmq.Socket[bytes] = context.socket(zmq.DEALER)
    socket.connect(endpoint)
    return socket


def receive_count(door: ClientDoor, count: int) -> list[ClientFrame]:
    """So many requests, as soon as they have come."""
    got: list[ClientFrame] = []

    def enough() -> bool:
        got.extend(door.receive(10))
        return len(got) >= count

    wait_for(enough, [door.inlet])
    return got


def test_a_request_is_answered_to_whom_it_came_from(context: Context) -> None:
    door = ClientDoor(context, bind=ANY_PORT)
    ann, bob = dealer(context, door.endpoint), dealer(context, door.endpoint)
    ann.send(b"from ann")
    bob.send(b"from bob")
    for frame in receive_count(door, 2):
        assert frame.standing is Standing.OPEN
        assert door.send(frame.identity, b"to " + frame.data[5:])
    assert ann.poll(5000)
    assert ann.recv() == b"to ann"
    assert bob.poll(5000)
    assert bob.recv() == b"to bob"


@pytest.mark.parametrize("standing", [Standing.OPEN, by_origin])
def test_the_wrong_number_of_parts_is_counted_and_dropped(
    context: Context, standing: Standing | Judge
) -> None:
    door = ClientDoor(context, bind=ANY_PORT, standing=standing)
    client = dealer(context, door.endpoint)
    client.send_multipart([b"", b"x"])
    client.send_multipart([b"a", b"b", b"c"])
    client.send(b"sound")
    assert [frame.data for frame in receive_count(door, 1)] == [b"sound"]
    assert door.counters()["requests malformed"] == 2


def test_no_more_than_asked_for_is_taken_even_of_garbage(context: Context) -> None:
    door = ClientDoor(context, bind=ANY_PORT)
    client = dealer(context, door.endpoint)
    for _ in range(3):
        client.send_multipart([b"a", b"b"])
    client.send(b"sound")
    wait_for(lambda: door.receive(1) or door.counters()["requests malformed"] >= 1)
    malformed = door.counters()["requests malformed"]
    assert malformed == 1
    assert [frame.data for frame in wait_for(lambda: door.receive(10))] == [b"sound"]


@pytest.mark.parametrize("scheme", ["tcp", "ipc"])
def test_a_program_on_this_machine_is_known_as_such(
    context: Context, scheme: str, tmp_path: Path
) -> None:
    endpoint = ANY_PORT if scheme == "tcp" else f"ipc://{tmp_path}/door"
    door = ClientDoor(context, bind=endpoint, standing=by_origin)
    client = dealer(context, door.endpoint)
    client.send(b"x")
    [frame] = wait_for(lambda: door.receive(10), [door.inlet])
    assert frame.data == b"x"
    assert frame.standing is Standing.LOCAL


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost:0:0:12", True),
        ("192.168.1.9", False),
        ("::ffff:192.168.1.9", False),
        ("fe80::1", False),
        ("", False),
    ],
)
def test_an_address_is_this_machine_or_not(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected


def test_an_answer_to_a_client_that_left_is_counted(context: Context) -> None:
    door = ClientDoor(context, bind=ANY_PORT)
    client = dealer(context, door.endpoint)
    client.send(b"x")
    [frame] = wait_for(lambda: door.receive(10), [door.inlet])
    client.close(linger=0)
    wait_for(lambda: not door.send(frame.identity, b"answer"))
    assert not door.send(b"nobody", b"answer")
    assert door.counters()["replies dropped"] >= 2


def test_a_client_that_does_not_read_fills_a_bounded_queue(context: Context) -> None:
    door = ClientDoor(context, bind=ANY_PORT)
    client: zmq.Socket[bytes] = context.socket(zmq.DEALER)
    client.setsockopt(zmq.RCVHWM, 1)
    client.connect(door.endpoint)
    client.send(b"x")
    [frame] = wait_for(lambda: door.receive(10), [door.inlet])
    sent_count = 0
    while door.send(frame.identity, bytes(64 * 1024)):
        sent_count += 1
        assert sent_count <= CLIENT_HWM + 400  # and the kernel's buffers


def test_a_port_in_use_is_named(context: Context) -> None:
    door = ClientDoor(context, bind=ANY_PORT)
    with pytest.raises(StorageFailure, match="ss -ltnp"):
        ClientDoor(context, bind=door.endpoint)


def test_it_looks_seldom_whether_clients_are_still_there(context: Context) -> None:
    door = ClientDoor(context, bind=ANY_PORT)
    assert door.inlet.getsockopt(zmq.HEARTBEAT_IVL) == CLIENT_HEARTBEAT_IVL_MS
    assert door.inlet.getsockopt(zmq.HEARTBEAT_TIMEOUT) > CLIENT_HEARTBEAT_IVL_MS
    door.close()
