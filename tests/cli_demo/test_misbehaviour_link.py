"""The request for chaos reaches the one node that it names, and its refusal is told."""

import threading
from collections.abc import Iterator

import pytest
import zmq

from raftpi.cli.demo import misbehaviour_link
from raftpi.cli.demo.actions import Misbehaviour
from raftpi.cli.demo.misbehaviour_link import MisbehaviourLink
from raftpi.errors import Refused, Timeout
from raftpi.transport import requests


@pytest.fixture
def router() -> Iterator[tuple[zmq.Socket[bytes], str]]:
    socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.ROUTER)
    socket.setsockopt(zmq.LINGER, 0)
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    yield socket, f"tcp://127.0.0.1:{port}"
    socket.close()


def answer_once(socket: "zmq.Socket[bytes]", refuse: str = "") -> list[requests.Request]:
    got: list[requests.Request] = []
    if socket.poll(5000):
        identity, data = socket.recv_multipart()
        request = requests.unpack_request(data)
        got.append(request)
        reply: requests.Reply = requests.Answer(
            request_id=request.request_id, body=b"", index=0, acks=0, voter_count=0
        )
        if refuse:
            reply = requests.Refused(request_id=request.request_id, reason=refuse)
        socket.send_multipart([identity, requests.pack_reply(reply)])
    return got


def test_a_node_is_told_whom_to_cut_off(router: tuple["zmq.Socket[bytes]", str]) -> None:
    socket, endpoint = router
    got: list[requests.Request] = []
    thread = threading.Thread(target=lambda: got.extend(answer_once(socket)))
    thread.start()
    MisbehaviourLink({2: endpoint}).tell(
        2, Misbehaviour(cut_from=(1, 3), delay_ms=500, duration_ms=9_000)
    )
    thread.join()
    assert isinstance(got[0], requests.Chaos)
    assert got[0].blocked_in == got[0].blocked_out == (1, 3)
    assert (got[0].delay_ms, got[0].duration_ms) == (500, 9_000)


def test_a_refusal_says_why(router: tuple["zmq.Socket[bytes]", str]) -> None:
    socket, endpoint = router
    thread = threading.Thread(target=answer_once, args=(socket, "chaos is off"))
    thread.start()
    with pytest.raises(Refused, match="chaos is off"):
        MisbehaviourLink({2: endpoint}).tell(2, Misbehaviour())
    thread.join()


def test_a_silent_node_is_named(
    router: tuple["zmq.Socket[bytes]", str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(misbehaviour_link, "_ANSWER_MS", 50)
    with pytest.raises(Timeout, match="node 2"):
        MisbehaviourLink({2: router[1]}).tell(2, Misbehaviour())
