"""Requests in, replies out."""

import msgpack
import pytest

from raftpi.command import Get, Put, Stamp, pack_command, pack_query
from raftpi.config.file import check_text
from raftpi.daemon.client_desk import ClientDesk
from raftpi.daemon.identification import Identification
from raftpi.daemon.misbehaviour import Misbehaviour
from raftpi.node.report import status_of
from raftpi.payload import pack_payload
from raftpi.sim.cluster import VirtualCluster
from raftpi.status import unpack_status
from raftpi.transport.held_log import unpack_held_log
from raftpi.transport.requests import (
    Answer,
    Ask,
    AskEntries,
    AskStatus,
    Chaos,
    Discover,
    Discovery,
    Identify,
    Redirect,
    Refused,
    Reply,
    Request,
    Submit,
    Transfer,
    Uncertain,
    pack_request,
    unpack_reply,
)
from raftpi.transport.standing import Standing

MEMBERS = "\n".join(
    f'[[member]]\nid = {i}\nname = "pi{i}"\npeer = "tcp://127.0.0.1:{7100 + i}"\n'
    f'client = "tcp://127.0.0.1:{7200 + i}"\nstatus = "tcp://127.0.0.1:{7300 + i}"'
    for i in (1, 2, 3)
)
COMMAND = pack_command(
    Stamp(session_id=1, sequence=1, first_pending=1, began_index=0), Put(key=b"k", value=b"v")
)


class Front:
    """A desk before the node of one board of a virtual cluster."""

    def __init__(self, cluster: VirtualCluster, node_id: int, *, chaos: bool = False) -> None:
        self.cluster = cluster
        self.node_id = node_id
        self.misbehaviour = Misbehaviour()
        self.identification = Identification()
        node = cluster.node(node_id)
        flag = "true" if chaos else "false"
        self.desk = ClientDesk(
            node=node,
            config=check_text(f"[node]\nid = {node_id}\n[chaos]\nenabled = {flag}\n{MEMBERS}", "t"),
            misbehaviour=self.misbehaviour,
            identification=self.identification,
            status=lambda now_us: status_of(node, name="pi", now_us=now_us),
        )

    def send(self, data: bytes, *, standing: Standing = Standing.LOCAL) -> None:
        self.desk.receive(b"me", data, standing, self.cluster.now_us)
        self.cluster.advance(self.cluster.boards[self.node_id])

    def call(self, request: Request, *, standing: Standing = Standing.LOCAL) -> Reply:
        return self.call_with(pack_request(request), standing=standing)

    def call_with(self, data: bytes, *, standing: Standing = Standing.LOCAL) -> Reply:
        self.send(data, standing=standing)
        board = self.cluster.boards[self.node_id]
        replies = self.desk.take_replies(())
        while not replies:
            assert self.cluster.run_until(lambda: bool(board.outcomes)), "no reply"
            replies = self.desk.take_replies(board.outcomes)
            board.outcomes = []
        [(connection, frame)] = replies
        assert connection == b"me"
        return unpack_reply(frame)


def leader_front(seed: int, *, chaos: bool = False) -> Front:
    cluster = VirtualCluster(3, seed)
    return Front(cluster, cluster.elect(), chaos=chaos)


def follower_front(seed: int) -> Front:
    cluster = VirtualCluster(3, seed)
    leader = cluster.elect()
    cluster.run_for_us(100_000)
    return Front(cluster, leader % 3 + 1)


def test_a_command_is_answered_with_index_and_acks() -> None:
    reply = leader_front(1).call(Submit(request_id=7, command=COMMAND))
    assert isinstance(reply, Answer)
    assert (reply.request_id, reply.voter_count) == (7, 3)
    assert reply.index > 0
    assert reply.acks >= 2


def test_a_query_is_answered_from_what_was_committed() -> None:
    reply = leader_front(2).call(Ask(request_id=8, query=pack_query(Get(key=b"k"))))
    assert isinstance(reply, Answer)


def test_what_a_later_client_adds_to_its_requests_is_passed_over() -> None:
    front = leader_front(17)
    query = pack_query(Get(key=b"k"))
    for request in (Submit(request_id=7, command=COMMAND), Ask(request_id=8, query=query)):
        data = msgpack.packb([*msgpack.unpackb(pack_request(request)), "more"])
        reply = front.call_with(data)
        assert isinstance(reply, Answer)
        assert reply.request_id == request.request_id


def test_a_follower_redirects() -> None:
    front = follower_front(3)
    reply = front.call(Submit(request_id=9, command=COMMAND))
    assert isinstance(reply, Redirect)
    assert (reply.leader, reply.reason) == (front.cluster.leader(), "not leader")


def test_any_node_tells_leader_members_and_commit_index() -> None:
    front = follower_front(4)
    reply = front.call(Discover(request_id=1))
    assert isinstance(reply, Discovery)
    assert reply.leader == front.cluster.leader()
    assert reply.members[0] == (1, "pi1", "tcp://127.0.0.1:7201", "tcp://127.0.0.1:7301")
    assert (reply.condition, reply.voter_count) == ("running", 3)


def test_the_status_comes_packed() -> None:
    front = leader_front(5)
    reply = front.call(AskStatus(request_id=1))
    assert isinstance(reply, Answer)
    assert unpack_status(reply.body).role == "leader"


def test_a_refusal_says_why() -> None:
    reply = leader_front(6).call(Submit(request_id=1, command=b"garbage"))
    assert isinstance(reply, Refused)
    assert reply.reason


def test_a_transfer_is_begun_or_refused() -> None:
    front = leader_front(7)
    front.cluster.run_for_us(100_000)
    assert isinstance(front.call(Transfer(request_id=1, target=9)), Refused)
    target = front.node_id % 3 + 1
    assert isinstance(front.call(Transfer(request_id=2, target=target)), Answer)


def test_a_command_caught_by_a_lost_lead_is_uncertain() -> None:
    front = leader_front(8)
    front.cluster.isolate(front.node_id)
    assert isinstance(front.call(Submit(request_id=1, command=COMMAND)), Uncertain)


def test_garbage_is_counted_and_dropped() -> None:
    front = leader_front(9)
    for data in (b"", b"\xc1", b"GET / HTTP/1.1\r\n", pack_request(Discover(request_id=1))[:-1]):
        front.send(data)
    assert front.desk.garbage_count == 4
    assert front.desk.take_replies(()) == []


def cut(request_id: int) -> Chaos:
    return Chaos(
        request_id=request_id,
        blocked_in=(2,),
        blocked_out=(2,),
        delay_ms=0,
        duration_ms=1000,
    )


def test_chaos_is_refused_unless_it_is_enabled() -> None:
    front = leader_front(10)
    reply = front.call(cut(1))
    assert isinstance(reply, Refused)
    assert "chaos.enabled" in reply.reason
    assert not front.misbehaviour.is_on(front.cluster.now_us)


@pytest.mark.parametrize("standing", [Standing.OPEN, Standing.ORDINARY])
def test_chaos_is_refused_from_others_than_admins_and_this_board(standing: Standing) -> None:
    front = leader_front(11, chaos=True)
    assert isinstance(front.call(cut(1), standing=standing), Refused)
    assert not front.misbehaviour.is_on(front.cluster.now_us)


@pytest.mark.parametrize("standing", [Standing.LOCAL, Standing.ADMIN])
def test_chaos_that_is_allowed_begins(standing: Standing) -> None:
    front = leader_front(12, chaos=True)
    assert isinstance(front.call(cut(1), standing=standing), Answer)
    assert front.misbehaviour.is_on(front.cluster.now_us)


def test_a_transfer_is_refused_to_an_ordinary_key() -> None:
    front = leader_front(13)
    front.cluster.run_for_us(100_000)
    target = front.node_id % 3 + 1
    request = Transfer(request_id=1, target=target)
    reply = front.call(request, standing=Standing.ORDINARY)
    assert isinstance(reply, Refused)
    assert "admin" in reply.reason
    assert isinstance(front.call(request, standing=Standing.ADMIN), Answer)


def test_an_ordinary_key_may_read_write_and_look() -> None:
    front = leader_front(14)
    for request in (
        Discover(request_id=1),
        AskStatus(request_id=2),
        Submit(request_id=3, command=COMMAND),
        Ask(request_id=4, query=pack_query(Get(key=b"k"))),
        Identify(request_id=5, duration_ms=1000),
    ):
        assert isinstance(front.call(request, standing=Standing.ORDINARY), Answer | Discovery)


def test_identify_flashes_for_a_while_and_ends_by_itself() -> None:
    front = follower_front(15)
    now_us = front.cluster.now_us
    assert isinstance(front.call(Identify(request_id=1, duration_ms=3000)), Answer)
    assert front.identification.left_us(now_us) == 3_000_000
    assert front.identification.left_us(now_us + 3_000_000) == 0
    front.call(Identify(request_id=2, duration_ms=0))
    assert front.identification.left_us(now_us) == 0


def test_any_member_gives_its_entries_as_they_stand_in_the_log() -> None:
    for front in (leader_front(15), follower_front(16)):
        log = front.cluster.node(front.node_id).raft.state.log
        reply = front.call(AskEntries(request_id=1, first=1, last=99))
        assert isinstance(reply, Answer)
        held = unpack_held_log(reply.body)
        assert (held.first_index, held.last_index) == (log.first_index, log.last_index)
        assert [(index, term) for index, term, _ in held.entries] == [
            (entry.index, entry.term) for entry in log.between(1, log.last_index)
        ]
        assert held.entries[0][2] == pack_payload(log.entry(1))
        configuration = front.cluster.node(front.node_id).configuration
        assert configuration is not None
        assert held.cluster_id == configuration.cluster_id


def test_the_log_is_not_for_ordinary_keys() -> None:
    front = leader_front(17)
    reply = front.call(AskEntries(request_id=1, first=1, last=1), standing=Standing.ORDINARY)
    assert isinstance(reply, Refused)
    assert "admin" in reply.reason
