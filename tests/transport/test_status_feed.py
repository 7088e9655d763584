"""The status feed: who listens, the newest status, and connections that go and come."""

import socket
import subprocess
import sys

import zmq

from raftpi.errors import StorageFailure
from raftpi.transport.sockets import Context
from raftpi.transport.status_feed import StatusFeed, StatusReader
from tests.transport.waiting import wait_for

ANY_PORT = "tcp://127.0.0.1:*"


def test_a_feed_knows_whether_anyone_listens(context: Context) -> None:
    feed = StatusFeed(context, bind=ANY_PORT)
    assert not feed.has_subscribers
    reader = StatusReader(context, {1: feed.endpoint})
    wait_for(lambda: heard(feed), feed.pollables())
    reader.close()
    wait_for(lambda: not heard(feed), feed.pollables())


def heard(feed: StatusFeed) -> bool:
    feed.poll_subscriptions()
    return feed.has_subscribers


def test_a_reader_gets_the_newest_of_each_node_once(context: Context) -> None:
    feeds = {node_id: StatusFeed(context, bind=ANY_PORT) for node_id in (1, 2)}
    reader = StatusReader(context, {node_id: feed.endpoint for node_id, feed in feeds.items()})
    wait_for(lambda: all(heard(feed) for feed in feeds.values()))
    assert reader.read() == {}
    feeds[1].publish(b"older")
    feeds[1].publish(b"newest of 1")
    feeds[2].publish(b"newest of 2")
    got: dict[int, bytes] = {}

    def complete() -> bool:
        got.update(reader.read())
        return got == {1: b"newest of 1", 2: b"newest of 2"}

    wait_for(complete, reader.pollables())
    assert reader.read() == {}


def test_a_reader_that_was_away_sees_only_the_newest(context: Context) -> None:
    feed = StatusFeed(context, bind=ANY_PORT)
    reader = StatusReader(context, {1: feed.endpoint})
    witness = StatusReader(context, {1: feed.endpoint})
    for number in range(100):
        for listener in (reader, witness) if number == 0 else (witness,):
            wait_for(lambda: publish_and_read(feed, b"%d" % number, listener))  # noqa: B023  # now
    got: list[bytes] = []

    def caught_up() -> bool:
        got.extend(reader.read().values())
        return b"99" in got

    wait_for(caught_up, reader.pollables())
    assert len(got) <= 3


def publish_and_read(feed: StatusFeed, data: bytes, reader: StatusReader) -> bool:
    feed.publish(data)
    return data in reader.read().values()


def test_a_listener_that_does_not_read_never_holds_the_feed_up(context: Context) -> None:
    feed = StatusFeed(context, bind=ANY_PORT)
    lazy: zmq.Socket[bytes] = context.socket(zmq.SUB)
    lazy.setsockopt(zmq.RCVHWM, 1)
    lazy.setsockopt(zmq.SUBSCRIBE, b"")
    lazy.connect(feed.endpoint)
    wait_for(lambda: heard(feed), feed.pollables())
    for _ in range(2000):
        feed.publish(bytes(4096))


def test_an_endpoint_without_a_publisher_is_not_connected(context: Context) -> None:
    # Bound, so that nobody else can come to listen there meanwhile.
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        reader = StatusReader(context, {1: f"tcp://127.0.0.1:{silent.getsockname()[1]}"})
        assert not reader.connected(1)
        assert not reader.connected(7)
        assert reader.read() == {}


def test_a_killed_publisher_is_seen_at_once_and_so_is_its_return(context: Context) -> None:
    program = (
        "import sys, zmq; s = zmq.Context().socket(zmq.XPUB); s.bind(sys.argv[1]);"
        "print(s.getsockopt_string(zmq.LAST_ENDPOINT), flush=True);"
        "[s.recv_multipart() for _ in iter(int, 1)]"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen([*command, ANY_PORT], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        endpoint = process.stdout.readline().decode().strip()
        reader = StatusReader(context, {1: endpoint})
        wait_for(lambda: reader.connected(1), reader.pollables())
        process.kill()
        process.wait()
        poller = zmq.Poller()
        for socket in reader.pollables():
            poller.register(socket, zmq.POLLIN)
        assert poller.poll(200)  # far below the 750 ms of a heartbeat that fails
        assert not reader.connected(1)
    feed = wait_for(lambda: try_to_bind(context, endpoint))
    wait_for(lambda: reader.connected(1), reader.pollables())
    wait_for(lambda: heard(feed), feed.pollables())
    feed.publish(b"back")
    assert wait_for(reader.read, reader.pollables()) == {1: b"back"}


def try_to_bind(context: Context, endpoint: str) -> StatusFeed | None:
    try:
        return StatusFeed(context, bind=endpoint)
    except StorageFailure:
        return None
