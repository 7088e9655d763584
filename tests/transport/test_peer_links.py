"""Peer links on loopback sockets: delivery, dropping, lanes, and connections that go."""

import socket as plain
import subprocess
import sys

import pytest
import zmq

from raftpi.errors import StorageFailure
from raftpi.transport.peer_links import ANYBODY, PeerLinks
from raftpi.transport.sockets import (
    BULK_SNDHWM,
    CONTROL_SNDHWM,
    PEER_RCVHWM,
    AddressNotReady,
    Context,
)
from tests.transport.waiting import wait_for

ANY_PORT = "tcp://127.0.0.1:*"


def free_endpoint() -> str:
    with plain.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


def deaf(context: Context, bind: str = ANY_PORT) -> PeerLinks:
    """Links that only receive."""
    return PeerLinks(context, own_node_id=2, bind=bind, peers={})


def talker(context: Context, endpoint: str) -> PeerLinks:
    return PeerLinks(context, own_node_id=1, bind=ANY_PORT, peers={2: endpoint})


def connect_lanes(one: PeerLinks, two: PeerLinks) -> None:
    """Wait until both lanes from `one` to node 2 deliver, and take what was sent meanwhile."""
    wait_for(lambda: one.send(2, b"first", False))
    wait_for(lambda: one.send(2, b"first", True))
    receive_count(two, 2)


def receive_count(links: PeerLinks, count: int) -> list[bytes]:
    """So many frames, as soon as they have come."""
    got: list[bytes] = []

    def enough() -> bool:
        got.extend(frame.data for frame in links.receive(100))
        return len(got) >= count

    wait_for(enough, [links.inlet, *links.monitors()])
    return got


def test_frames_arrive_on_both_lanes_and_in_order(context: Context) -> None:
    two = deaf(context)
    one = talker(context, two.endpoint)
    connect_lanes(one, two)
    for number in range(10):
        assert one.send(2, b"c%d" % number, False)
        assert one.send(2, b"b%d" % number, True)
    got = receive_count(two, 20)
    assert [f for f in got if f[:1] == b"c"] == [b"c%d" % n for n in range(10)]
    assert [f for f in got if f[:1] == b"b"] == [b"b%d" % n for n in range(10)]


def test_receive_takes_no_more_than_asked_for(context: Context) -> None:
    two = deaf(context)
    one = talker(context, two.endpoint)
    connect_lanes(one, two)
    for _ in range(3):
        one.send(2, b"x", False)
    [first] = wait_for(lambda: two.receive(1), [two.inlet, *two.monitors()])
    assert first.data == b"x"
    assert first.node_id == ANYBODY
    assert receive_count(two, 2) == [b"x", b"x"]


def test_a_whole_window_of_answers_leaves_at_once(context: Context) -> None:
    two = deaf(context)
    one = talker(context, two.endpoint)
    connect_lanes(one, two)
    assert all(one.send(2, b"answer", False) for _ in range(64))


def test_an_absent_peer_gets_nothing_now_or_later(context: Context) -> None:
    endpoint = free_endpoint()
    one = talker(context, endpoint)
    for _ in range(1000):
        assert not one.send(2, b"stale", False)
        assert not one.send(2, b"stale", True)
    assert one.counters()["control frames to peers dropped"] == 1000
    assert one.counters()["bulk frames to peers dropped"] == 1000
    two = deaf(context, endpoint)
    wait_for(lambda: one.send(2, b"fresh", False))
    assert receive_count(two, 1) == [b"fresh"]


def test_an_unknown_peer_is_a_drop(context: Context) -> None:
    one = talker(context, free_endpoint())
    assert not one.send(9, b"x", False)


def test_a_peer_that_does_not_read_fills_a_bounded_queue_and_its_control_lane_stays_open(
    context: Context,
) -> None:
    two = deaf(context)
    one = talker(context, two.endpoint)
    connect_lanes(one, two)
    sent_count = 0
    frame = bytes(256 * 1024)
    while one.send(2, frame, True):
        sent_count += 1
        assert sent_count <= BULK_SNDHWM + PEER_RCVHWM + 200  # kernel buffers
    assert one.send(2, b"vote", False)
    # The vote overtakes the megabytes that were sent before it.
    frames: list[bytes] = []

    def found() -> bool:
        frames.extend(frame.data for frame in two.receive(1))
        return b"vote" in frames

    wait_for(found, [two.inlet, *two.monitors()])
    assert len(frames) < sent_count / 2


def test_a_control_lane_that_nobody_reads_is_bounded_too(context: Context) -> None:
    two = deaf(context)
    one = talker(context, two.endpoint)
    connect_lanes(one, two)
    frame = bytes(64 * 1024)
    sent_count = 0
    while one.send(2, frame, False):
        sent_count += 1
        assert sent_count <= CONTROL_SNDHWM + PEER_RCVHWM + 400


def test_a_peer_that_closes_is_lost_once(context: Context) -> None:
    two = deaf(context)
    one = talker(context, two.endpoint)
    connect_lanes(one, two)
    assert one.lost() == []
    assert one.connected() == [2]
    two.close()
    assert wait_for(one.lost, [one.inlet, *one.monitors()]) == [2]
    assert one.lost() == []
    assert one.connected() == []
    assert one.counters()["connections to peers lost"] == 1


def test_a_peer_that_never_was_there_is_not_lost(context: Context) -> None:
    one = talker(context, free_endpoint())
    poller = zmq.Poller()
    for socket in [one.inlet, *one.monitors()]:
        poller.register(socket, zmq.POLLIN)
    assert poller.poll(300) == []  # several attempts to connect are refused meanwhile
    assert one.lost() == []


def test_a_peer_that_is_killed_is_lost(context: Context) -> None:
    program = (
        "import zmq; s = zmq.Context().socket(zmq.ROUTER); s.bind('tcp://127.0.0.1:*');"
        "print(s.getsockopt_string(zmq.LAST_ENDPOINT), flush=True);"
        "[s.recv_multipart() for _ in iter(int, 1)]"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        one = talker(context, process.stdout.readline().decode().strip())
        wait_for(lambda: one.send(2, b"x", False))
        one.lost()
        process.kill()
        assert wait_for(one.lost, [one.inlet, *one.monitors()]) == [2]


def test_a_restarted_peer_is_reached_again_and_gets_nothing_stale(context: Context) -> None:
    two = deaf(context)
    endpoint = two.endpoint
    one = talker(context, endpoint)
    connect_lanes(one, two)
    two.close()
    wait_for(one.lost, [one.inlet, *one.monitors()])
    wait_for(lambda: not one.send(2, b"stale", False))
    again = wait_for(lambda: try_to_bind(context, endpoint))
    wait_for(lambda: one.send(2, b"fresh", False))
    assert b"stale" not in receive_count(again, 1)
    again.close()
    assert wait_for(one.lost, [one.inlet, *one.monitors()]) == [2]


def try_to_bind(context: Context, endpoint: str) -> PeerLinks | None:
    try:
        return deaf(context, endpoint)
    except StorageFailure:
        return None


def test_frames_of_several_parts_are_counted_and_dropped(context: Context) -> None:
    two = deaf(context)
    stranger = context.socket(zmq.DEALER)
    stranger.connect(two.endpoint)
    stranger.send_multipart([b"one", b"two"])
    stranger.send_multipart([b"", b"three"])
    stranger.send(b"sound")
    assert receive_count(two, 1) == [b"sound"]
    assert two.counters()["frames of peers malformed"] == 2


def test_a_stranger_that_speaks_another_protocol_does_no_harm(context: Context) -> None:
    two = deaf(context)
    host, port = two.endpoint.removeprefix("tcp://").split(":")
    with plain.create_connection((host, int(port))) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n" * 100)
        one = talker(context, two.endpoint)
        connect_lanes(one, two)


def test_a_port_in_use_is_named_with_the_command_that_tells_by_whom(context: Context) -> None:
    two = deaf(context)
    with pytest.raises(StorageFailure, match=rf"{two.endpoint}.*ss -ltnp") as caught:
        deaf(context, two.endpoint)
    assert not isinstance(caught.value, AddressNotReady)


def test_an_address_that_this_machine_does_not_have_yet_is_told_apart(context: Context) -> None:
    with pytest.raises(AddressNotReady, match=r"tcp://192\.0\.2\.1:7101"):
        deaf(context, "tcp://192.0.2.1:7101")


def test_a_socket_path_that_cannot_be_had_is_named(context: Context) -> None:
    with pytest.raises(StorageFailure, match="ipc:///nonexistent/raftpi"):
        deaf(context, "ipc:///nonexistent/raftpi")
