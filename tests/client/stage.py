"""A conversation on a stage: a scripted cluster, without sockets, in injected time."""

from collections.abc import Callable
from itertools import count
from random import Random

from raftpi.client.conversation import (
    Conversation,
    Send,
)
from raftpi.client.directory import Directory
from raftpi.client.errand import Errand, ReadErrand, WriteErrand
from raftpi.client.session import Session
from raftpi.command import Get, Put
from raftpi.errors import RaftpiError
from raftpi.transport.requests import (
    Answer,
    Discover,
    Discovery,
    Redirect,
    Reply,
    Uncertain,
)

TIMEOUT_US = 2_000_000
MEMBERS = tuple((i, f"pi{i}", f"tcp://h:{i}", f"tcp://s:{i}") for i in (1, 2, 3))


def at(node_id: int) -> str:
    return f"tcp://h:{node_id}"


def write(session: Session | None = None) -> WriteErrand:
    known = session or Session(7, 0)
    return WriteErrand(Put(key=b"k", value=b"v"), known, lambda: 99)


def sessionless_write() -> WriteErrand:
    return WriteErrand(Put(key=b"k", value=b"v"), None, lambda: 99)


def read() -> ReadErrand:
    return ReadErrand(Get(key=b"k"))


class Stage:
    """A conversation, its time, and what it has sent and not been answered."""

    def __init__(
        self,
        errand: Errand,
        *,
        leader: int = 0,
        given: tuple[int, ...] = (1, 2, 3),
        unreachable: tuple[int, ...] = (),
        directory: Directory | None = None,
    ) -> None:
        """`unreachable`: no connection to these ever stands, and none fails either."""
        self.unreachable = [at(i) for i in unreachable]
        self.directory = directory or Directory([at(i) for i in given])
        if leader:
            self.directory.learn(at(given[0]), self.discovery(0, given[0], leader))
            self.directory.leader = leader
        ids = count(1)
        self.now_us = 1_000_000
        self.open: list[Send] = []
        self.sent: list[Send] = []
        self.it = Conversation(
            errand,
            self.directory,
            next_id=lambda: next(ids),
            random=Random(4),
            now_us=self.now_us,
            timeout_us=TIMEOUT_US,
        )
        self.run()

    @staticmethod
    def discovery(request_id: int, node_id: int, leader: int, **other: int) -> Discovery:
        return Discovery(
            request_id=request_id,
            node_id=node_id,
            leader=leader,
            commit_index=other.get("commit_index", 40 + node_id),
            members=MEMBERS,
            alive_count=other.get("alive_count", 3),
            voter_count=3,
            condition="running",
        )

    def run(self) -> list[Send]:
        """Advance at the present time; what was sent is handed to its connection, if any."""
        sends = self.it.advance(self.now_us)
        for send in sends:
            self.open.append(send)
            self.sent.append(send)
            if send.endpoint not in self.unreachable:
                self.it.sent(send.request.request_id)
        return sends

    def pass_us(self, duration_us: int) -> list[Send]:
        """Let so much time pass, advancing whenever the conversation wants it."""
        end_us = self.now_us + duration_us
        sends: list[Send] = []
        turns = 0
        while not self.it.is_over and self.it.next_deadline_us() <= end_us:
            turns += 1
            assert turns < 3000, "the conversation spins"
            self.now_us = max(self.now_us + 1, self.it.next_deadline_us())
            sends += self.run()
        self.now_us = max(self.now_us, end_us)
        return sends + self.run()

    def take(self, node_id: int, kind: type) -> Send:
        """The open question of this kind to this node."""
        for send in self.open:
            if send.endpoint == at(node_id) and isinstance(send.request, kind):
                self.open.remove(send)
                return send
        raise AssertionError(f"no {kind.__name__} to node {node_id} in {self.open}")

    def reply(self, node_id: int, kind: type, make: Callable[[int], Reply]) -> list[Send]:
        """Answer an open question and advance."""
        send = self.take(node_id, kind)
        self.it.received(send.endpoint, make(send.request.request_id), self.now_us)
        return self.run()

    def tell_leader(self, node_id: int, leader: int, **other: int) -> list[Send]:
        return self.reply(node_id, Discover, lambda i: self.discovery(i, node_id, leader, **other))

    def lose(self, node_id: int) -> list[Send]:
        self.open = [send for send in self.open if send.endpoint != at(node_id)]
        self.it.lost(at(node_id), self.now_us)
        return self.run()

    def asked(self, kind: type) -> list[str]:
        return [send.endpoint for send in self.open if isinstance(send.request, kind)]

    def failure(self) -> RaftpiError:
        assert self.it.failure is not None
        return self.it.failure


def done(request_id: int) -> Answer:
    return Answer(request_id=request_id, body=b"body", index=48, acks=2, voter_count=3)


def redirect(leader: int, reason: str = "not leader", alive: int = 3) -> Callable[[int], Redirect]:
    return lambda i: Redirect(
        request_id=i, leader=leader, reason=reason, alive_count=alive, voter_count=3
    )


def uncertain(leader: int) -> Callable[[int], Uncertain]:
    return lambda i: Uncertain(request_id=i, leader=leader)
