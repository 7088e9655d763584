"""The client against scripted nodes on real sockets."""

import socket as plain
import threading
import time

import pytest
import zmq

from raftpi.client import Client, Entry
from raftpi.command import Put, Stamp, Written, pack_command, unpack_command
from raftpi.errors import Refused, Timeout, Unavailable, UsageError
from raftpi.transport.requests import Discover, Reply, Request, Submit, Uncertain
from raftpi.transport.sockets import FRAME_BYTES
from tests.client.fake_node import HANG_UP, SILENCE, FakeCluster, FakeNode, free_endpoint

# --- the store ---------------------------------------------------------------------------


def test_what_is_put_is_got_listed_swapped_and_deleted(client: Client) -> None:
    revision = client.put("température", "72.5")
    assert client.get("température".encode()) == Entry(
        key="température".encode(), value=b"72.5", revision=revision
    )
    assert client.get("nothing") is None
    client.put(b"b/1", b"x")
    assert [entry.key for entry in client.list("b/")] == [b"b/1"]
    assert len(client.list()) == 2
    assert client.cas("b/1", "x", "y")
    assert not client.cas("b/1", "x", "z")
    assert client.cas("new", None, "1")
    assert not client.cas("new", None, "2")
    assert client.delete("new")
    assert not client.delete("new")


def test_a_long_list_comes_whole(cluster: FakeCluster, client: Client) -> None:
    for number in range(2500):
        cluster.index += 1
        stamp = Stamp(session_id=1, sequence=number + 1, first_pending=number + 1, began_index=10)
        operation = Put(key=b"k%05d" % number, value=b"v")
        cluster.machine.apply(cluster.index, pack_command(stamp, operation))
    assert [entry.key for entry in client.list("k")] == [b"k%05d" % n for n in range(2500)]


def test_a_submit_tells_index_acks_and_voters(client: Client) -> None:
    committed = client.submit(Put(key=b"k", value=b"v"))
    assert committed.index > 10
    assert (committed.acks, committed.voter_count) == (2, 3)
    assert committed.result == Written(revision=committed.index)


def test_any_node_may_be_asked(cluster: FakeCluster) -> None:
    cluster.leader = 3
    with Client(cluster.nodes[2].endpoint.removeprefix("tcp://")) as client:
        client.put("k", "v")
    assert cluster.nodes[3].asked(Submit) == 1


def test_a_call_keeps_its_connections_and_session_for_the_next(
    cluster: FakeCluster, client: Client
) -> None:
    for _ in range(5):
        client.put("k", "v")
    stamps = [unpack_command(command)[0] for command in cluster.applied]
    assert len({stamp.session_id for stamp in stamps}) == 1
    assert [stamp.sequence for stamp in stamps] == [1, 2, 3, 4, 5]
    assert [stamp.first_pending for stamp in stamps] == [1, 2, 3, 4, 5]
    assert sum(node.asked(Discover) for node in cluster.nodes.values()) == 1


# --- nodes that go, hang and lie -------------------------------------------------------------


def test_a_leader_that_dies_after_committing_does_not_make_a_command_run_twice(
    cluster: FakeCluster, client: Client
) -> None:
    def die(node: FakeNode, request: Request) -> Reply | str | None:
        if not isinstance(request, Submit):
            return None
        cluster.apply(request)
        cluster.leader = 2
        return HANG_UP

    client.put("k", "old")
    cluster.nodes[1].script = die
    assert client.cas("k", "old", "new")
    assert cluster.applied[-1] == cluster.applied[-2]
    assert cluster.nodes[2].asked(Submit) == 1


def test_a_dropped_connection_is_left_at_once(cluster: FakeCluster, client: Client) -> None:
    client.put("k", "v")
    cluster.nodes[1].stop()
    cluster.leader = 2
    began = time.monotonic()
    client.put("k", "v")
    assert time.monotonic() - began < 0.15  # no timeout had to pass


def test_a_hung_leader_is_left_for_the_next_one(cluster: FakeCluster, client: Client) -> None:
    client.put("k", "v")
    cluster.nodes[1].script = lambda node, request: SILENCE
    cluster.leader = 3
    began = time.monotonic()
    client.put("k", "v")
    assert time.monotonic() - began < 1.0


def test_a_port_where_nobody_listens_is_passed_by(cluster: FakeCluster) -> None:
    with Client([free_endpoint(), free_endpoint(), cluster.nodes[2].endpoint]) as client:
        began = time.monotonic()
        client.put("k", "v")
        assert time.monotonic() - began < 0.15


def test_an_uncertain_answer_is_followed_up(cluster: FakeCluster, client: Client) -> None:
    def step_down(node: FakeNode, request: Request) -> Reply | None:
        if not isinstance(request, Submit):
            return None
        cluster.leader = 2
        return Uncertain(request_id=request.request_id, leader=2)

    cluster.nodes[1].script = step_down
    client.put("k", "v")
    assert len(cluster.applied) == 1


def test_no_leader_for_a_while_is_waited_out_and_told(cluster: FakeCluster, client: Client) -> None:
    cluster.leader = 0
    reasons: list[str] = []

    def elected(reason: str) -> None:
        reasons.append(reason)
        cluster.leader = 2

    client.submit(Put(key=b"k", value=b"v"), on_pending=elected)
    assert reasons == ["no leader (an election is going on)"]


def test_no_quorum_is_certainly_not_done(cluster: FakeCluster, client: Client) -> None:
    cluster.leader = 0
    cluster.alive_count = 1
    with pytest.raises(Unavailable, match=r"^no quorum \(only 1/3 alive\)$"):
        client.submit(Put(key=b"k", value=b"v"), timeout_s=0.2)
    assert cluster.applied == []


def test_a_write_without_an_answer_is_unknown(cluster: FakeCluster, client: Client) -> None:
    client.put("k", "v")
    for node in cluster.nodes.values():
        node.script = lambda node, request: SILENCE
    with pytest.raises(Timeout, match="outcome unknown"):
        client.submit(Put(key=b"k", value=b"w"), timeout_s=0.3)


def test_nobody_there_is_certainly_not_done() -> None:
    endpoint = free_endpoint()
    with (
        Client(endpoint, timeout_s=0.2) as client,
        pytest.raises(Unavailable, match=f"no answer from {endpoint}"),
    ):
        client.get("k")


def test_garbage_is_named_and_does_no_harm(cluster: FakeCluster) -> None:
    cluster.nodes[1].script = lambda node, request: b"\xc1 garbage"
    endpoint = cluster.nodes[1].endpoint
    with (
        Client(endpoint, timeout_s=0.3) as client,
        pytest.raises(Unavailable, match=f"what answers at {endpoint} is no raftpi"),
    ):
        client.put("k", "v")
    cluster.leader = 2
    with Client([endpoint, cluster.nodes[2].endpoint]) as client:
        client.put("k", "v")


@pytest.mark.parametrize("says", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH\r\n", b""])
def test_another_protocol_is_as_good_as_no_answer(says: bytes) -> None:
    listener = plain.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(says)
                connection.recv(1000)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    endpoint = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    try:
        with (
            Client(endpoint, timeout_s=0.5) as client,
            pytest.raises(Unavailable, match=endpoint),
        ):
            client.put("k", "v")
    finally:
        listener.shutdown(plain.SHUT_RDWR)
        listener.close()
        thread.join()


# --- sessions ----------------------------------------------------------------------------


def test_an_expired_session_is_begun_anew_when_the_command_was_sent_once(
    cluster: FakeCluster, client: Client
) -> None:
    client.put("k", "v")
    cluster.machine._sessions.horizon = cluster.index  # as if evicted
    cluster.machine._sessions._sessions.clear()
    cluster.index += 1
    client.put("k", "w")
    stamps = [unpack_command(command)[0] for command in cluster.applied]
    assert stamps[0].session_id == stamps[1].session_id != stamps[2].session_id
    assert stamps[2].began_index > stamps[0].began_index


def test_an_expired_session_is_unknown_when_the_command_was_sent_twice(
    cluster: FakeCluster, client: Client
) -> None:
    client.put("k", "v")

    def step_down(node: FakeNode, request: Request) -> Reply | None:
        if not isinstance(request, Submit):
            return None
        cluster.apply(request)
        cluster.machine._sessions.horizon = cluster.index  # as if evicted
        cluster.machine._sessions._sessions.clear()
        cluster.index += 1
        cluster.leader = 2
        return Uncertain(request_id=request.request_id, leader=2)

    cluster.nodes[1].script = step_down
    with pytest.raises(Timeout, match="session"):
        client.put("k", "w")
    cluster.nodes[1].script = None
    client.put("k", "x")


# --- limits ------------------------------------------------------------------------------


def test_a_refusal_is_told_in_the_nodes_words(client: Client) -> None:
    with pytest.raises(Refused, match="2000 bytes"):
        client.put("k" * 2000, "v")
    with pytest.raises(Refused, match="the key is empty"):
        client.put("", "v")


def test_what_no_node_takes_in_is_refused_here(client: Client) -> None:
    with pytest.raises(Refused, match=str(FRAME_BYTES)):
        client.put("k", bytes(FRAME_BYTES))


@pytest.mark.parametrize("value", [5, None, "\udc00"])
def test_what_is_neither_text_nor_bytes_is_a_usage_error(client: Client, value: object) -> None:
    with pytest.raises(UsageError):
        client.put("k", value)  # type: ignore[arg-type]  # on purpose


def test_a_malformed_endpoint_or_timeout_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        Client("http://pi1")
    with pytest.raises(UsageError):
        Client("pi1:7201", timeout_s=0)


# --- threads and closing -------------------------------------------------------------------


def test_threads_share_a_client(cluster: FakeCluster, client: Client) -> None:
    def work(number: int) -> None:
        for count in range(20):
            assert client.cas(f"k{number}", None if count == 0 else str(count - 1), str(count))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.value for entry in client.list("k")] == [b"19"] * 6


def test_closing_ends_a_call_of_another_thread(cluster: FakeCluster, client: Client) -> None:
    client.put("k", "v")
    waits = threading.Event()

    def hang(node: FakeNode, request: Request) -> str:
        waits.set()
        return SILENCE

    for node in cluster.nodes.values():
        node.script = hang
    caught: list[Exception] = []

    def work() -> None:
        try:
            client.put("k", "w")
        except Timeout as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert waits.wait(5)
    client.close()
    thread.join()
    assert "closed" in str(caught[0])
    with pytest.raises(UsageError, match="closed"):
        client.put("k", "v")


def test_closing_twice_is_allowed_and_leaves_no_socket(cluster: FakeCluster) -> None:
    client = Client(cluster.endpoints)
    client.put("k", "v")
    client.close()
    client.close()
    context = client._context
    assert context.closed
    with pytest.raises(zmq.ZMQError):
        context.socket(zmq.DEALER)


def test_an_interrupted_call_leaves_the_client_usable(cluster: FakeCluster, client: Client) -> None:
    cluster.leader = 0

    def interrupt(reason: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.submit(Put(key=b"k", value=b"v"), on_pending=interrupt)
    cluster.leader = 1
    client.put("k", "v")
