"""The course of one request against a scripted cluster, without sockets, in injected time."""

from collections.abc import Callable
from itertools import count
from random import Random

import pytest

from raftpi.client.conversation import (
    ATTEMPT_US,
    BACK_OFF_US,
    DOUBT_US,
    HEDGE_US,
    Conversation,
    Send,
)
from raftpi.client.directory import Directory
from raftpi.client.errand import Errand, ReadErrand, TransferErrand, WriteErrand
from raftpi.client.session import Session
from raftpi.command import Get, Put, unpack_command
from raftpi.errors import RaftpiError, Refused, Timeout, Unavailable, UsageError
from raftpi.transport import requests
from raftpi.transport.requests import (
    Answer,
    Ask,
    Discover,
    Discovery,
    Redirect,
    Reply,
    Submit,
    Transfer,
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


# --- finding the leader ------------------------------------------------------------------


def test_one_node_is_asked_who_leads_and_the_leader_gets_the_request() -> None:
    stage = Stage(write())
    assert stage.asked(Discover) == [at(1)]
    stage.tell_leader(1, leader=2)
    assert stage.asked(Submit) == [at(2)]
    stage.reply(2, Submit, done)
    assert stage.it.answer is not None
    assert stage.it.answer.index == 48
    assert len(stage.sent) == 2


def test_a_known_leader_is_asked_at_once() -> None:
    stage = Stage(write(), leader=3)
    assert [type(send.request) for send in stage.sent] == [Submit]


def test_a_silent_first_node_is_not_waited_for() -> None:
    stage = Stage(read())
    assert [send.endpoint for send in stage.pass_us(HEDGE_US)] == [at(2)]
    stage.tell_leader(2, leader=3)
    assert stage.asked(Ask) == [at(3)]


def test_a_node_that_refuses_the_connection_is_left_at_once() -> None:
    stage = Stage(read())
    assert [send.endpoint for send in stage.lose(1)] == [at(2)]


def test_members_are_learned_from_the_one_that_was_given() -> None:
    stage = Stage(read(), given=(1,))
    stage.tell_leader(1, leader=3)
    assert stage.asked(Ask) == [at(3)]


def test_a_redirection_is_followed_at_once() -> None:
    stage = Stage(write(), leader=1)
    stage.reply(1, Submit, redirect(leader=2))
    assert stage.asked(Submit) == [at(2)]


def test_nodes_that_point_at_each_other_are_not_followed_for_ever() -> None:
    stage = Stage(write(), leader=1)
    for _ in range(20):
        for send in [s for s in stage.open if isinstance(s.request, Submit)]:
            node_id = int(send.endpoint[-1])
            stage.reply(node_id, Submit, redirect(leader=2 if node_id == 1 else 1))
    assert len(stage.sent) < 15


def test_while_there_is_no_leader_everyone_is_asked_again_after_short_pauses() -> None:
    stage = Stage(write(), leader=1)
    stage.reply(1, Submit, redirect(leader=0, reason="election"))
    assert stage.open == []
    sends = stage.pass_us(BACK_OFF_US[1])
    assert {send.endpoint for send in sends} == {at(1), at(2), at(3)}
    assert all(isinstance(send.request, Discover) for send in sends)
    for node_id in (1, 2, 3):
        stage.tell_leader(node_id, leader=0)
    again = stage.pass_us(BACK_OFF_US[1])
    assert {send.endpoint for send in again} == {at(1), at(2), at(3)}
    stage.tell_leader(3, leader=3)
    assert stage.asked(Submit) == [at(3)]


def test_a_hung_node_does_not_slow_the_search_down() -> None:
    stage = Stage(write(), leader=1)
    stage.reply(1, Submit, redirect(leader=0, reason="election"))
    stage.pass_us(BACK_OFF_US[1])
    for _ in range(5):  # node 1 says nothing all the while
        stage.tell_leader(2, leader=0)
        stage.pass_us(BACK_OFF_US[1])
    stage.tell_leader(2, leader=3)
    assert stage.asked(Submit) == [at(3)]


# --- losing the leader -------------------------------------------------------------------


def test_a_dropped_connection_moves_on_at_once_and_the_same_stamp_is_sent() -> None:
    stage = Stage(write(), leader=1)
    first = stage.sent[0].request
    sends = stage.lose(1)
    assert {send.endpoint for send in sends} == {at(2), at(3)}
    stage.tell_leader(2, leader=1)  # it has not noticed yet: node 1 is not asked again at once
    assert stage.asked(Submit) == []
    stage.tell_leader(3, leader=3)
    second = stage.take(3, Submit).request
    assert isinstance(first, Submit)
    assert isinstance(second, Submit)
    assert first.command == second.command
    assert first.request_id != second.request_id


def test_a_hung_leader_is_doubted_and_another_one_followed() -> None:
    stage = Stage(write(), leader=1)
    assert stage.pass_us(DOUBT_US - 1000) == []
    assert {send.endpoint for send in stage.pass_us(2000)} == {at(2), at(3)}
    stage.tell_leader(2, leader=1)  # not noticed yet
    stage.tell_leader(3, leader=1)
    assert stage.asked(Submit) == [at(1)]
    stage.pass_us(DOUBT_US)
    stage.tell_leader(3, leader=3)
    assert stage.asked(Submit) == [at(1), at(3)]
    stage.reply(3, Submit, done)
    assert stage.it.answer is not None


def test_a_slow_leader_that_still_leads_is_waited_for() -> None:
    stage = Stage(write(), leader=1)
    for _ in range(3):
        stage.pass_us(DOUBT_US)
        for node_id in (2, 3):
            if at(node_id) in stage.asked(Discover):
                stage.tell_leader(node_id, leader=1)
    assert stage.asked(Submit) == [at(1)]
    stage.reply(1, Submit, done)
    assert stage.it.answer is not None


def test_an_answer_that_was_lost_is_asked_for_again() -> None:
    stage = Stage(write(), leader=1)
    stage.pass_us(ATTEMPT_US)
    assert stage.asked(Submit) == [at(1), at(1)]


def test_a_late_answer_to_an_earlier_attempt_counts() -> None:
    stage = Stage(write(), leader=1)
    first = stage.take(1, Submit)
    stage.pass_us(DOUBT_US)
    stage.tell_leader(2, leader=2)
    stage.it.received(at(1), done(first.request.request_id), stage.now_us)
    assert stage.it.answer is not None


def test_an_uncertain_node_is_followed_to_the_next_leader_with_the_same_stamp() -> None:
    stage = Stage(write(), leader=1)
    first = stage.sent[0].request
    stage.reply(1, Submit, uncertain(leader=2))
    second = stage.take(2, Submit).request
    assert isinstance(first, Submit)
    assert isinstance(second, Submit)
    assert first.command == second.command


# --- sessions ------------------------------------------------------------------------------


def test_a_new_session_begins_at_the_leaders_commit_index() -> None:
    stage = Stage(sessionless_write())
    stage.tell_leader(1, leader=2, commit_index=5)
    assert stage.asked(Discover) == [at(2)]
    stage.tell_leader(2, leader=2, commit_index=77)
    submit = stage.take(2, Submit).request
    assert isinstance(submit, Submit)
    stamp, _ = unpack_command(submit.command)
    assert (stamp.session_id, stamp.sequence, stamp.began_index) == (99, 1, 77)


def test_the_leaders_own_word_is_enough_to_begin_a_session() -> None:
    stage = Stage(sessionless_write())
    stage.tell_leader(1, leader=1)
    assert stage.asked(Submit) == [at(1)]


# --- outcomes ------------------------------------------------------------------------------


def test_without_any_answer_a_write_is_certainly_not_done() -> None:
    stage = Stage(write())
    stage.pass_us(TIMEOUT_US)
    assert isinstance(stage.failure(), Unavailable)
    assert all(at(i) in str(stage.failure()) for i in (1, 2, 3))


def test_a_write_that_was_only_redirected_is_certainly_not_done_and_says_why() -> None:
    stage = Stage(write(), leader=1)
    stage.reply(1, Submit, redirect(leader=0, reason="no quorum", alive=1))
    for node_id in (2, 3):
        stage.lose(node_id)
    stage.pass_us(TIMEOUT_US)
    assert isinstance(stage.failure(), Unavailable)
    assert str(stage.failure()) == "no quorum (only 1/3 alive)"


def test_without_a_leader_a_write_says_so() -> None:
    stage = Stage(write(), leader=1)
    stage.reply(1, Submit, redirect(leader=0, reason="election"))
    stage.pass_us(TIMEOUT_US)
    assert isinstance(stage.failure(), Unavailable)
    assert str(stage.failure()) == "no leader (an election is going on)"


def test_a_leader_that_cannot_be_reached_is_named() -> None:
    stage = Stage(write(), unreachable=(2,))
    for _ in range(60):
        stage.pass_us(20_000)
        for send in list(stage.open):
            if send.endpoint == at(2):
                stage.lose(2)
            elif isinstance(send.request, Discover):
                stage.tell_leader(int(send.endpoint[-1]), leader=2)
    stage.pass_us(TIMEOUT_US)
    assert isinstance(stage.failure(), Unavailable)
    assert "node 2 leads" in str(stage.failure())
    assert at(2) in str(stage.failure())


@pytest.mark.parametrize("how", ["silent", "lost", "uncertain"])
def test_a_write_that_may_be_in_a_log_is_unknown(how: str) -> None:
    stage = Stage(write(), leader=1)
    if how == "lost":
        stage.lose(1)
    elif how == "uncertain":
        stage.reply(1, Submit, uncertain(leader=0))
    stage.pass_us(TIMEOUT_US)
    assert isinstance(stage.failure(), Timeout)
    assert "unknown" in str(stage.failure())


def test_once_unknown_a_later_no_does_not_make_a_write_certain() -> None:
    stage = Stage(write(), leader=1)
    stage.reply(1, Submit, uncertain(leader=2))
    stage.reply(2, Submit, redirect(leader=0, reason="election"))
    stage.pass_us(TIMEOUT_US)
    assert isinstance(stage.failure(), Timeout)


def test_a_write_that_was_never_handed_to_a_connection_is_certainly_not_done() -> None:
    stage = Stage(write(), unreachable=(2,))
    stage.tell_leader(1, leader=2)
    assert stage.asked(Submit) == [at(2)]
    stage.pass_us(TIMEOUT_US)
    assert isinstance(stage.failure(), Unavailable)


def test_a_read_is_asked_again_elsewhere_and_never_unknown_when_it_was_lost() -> None:
    stage = Stage(read(), leader=1)
    stage.lose(1)
    stage.tell_leader(2, leader=2)
    stage.reply(2, Ask, uncertain(leader=0))
    stage.pass_us(TIMEOUT_US)
    assert isinstance(stage.failure(), Unavailable)


def test_a_read_without_an_answer_says_that_nothing_changed() -> None:
    stage = Stage(read(), leader=1)
    stage.pass_us(TIMEOUT_US)
    assert isinstance(stage.failure(), Timeout)
    assert "nothing changed" in str(stage.failure())


def test_a_refusal_ends_it() -> None:
    stage = Stage(write(), leader=1)
    stage.reply(1, Submit, lambda i: requests.Refused(request_id=i, reason="too large"))
    assert isinstance(stage.failure(), Refused)
    assert str(stage.failure()) == "too large"


def test_what_is_no_raftpi_is_named() -> None:
    stage = Stage(write(), given=(1, 2))
    stage.it.garbled(at(1), stage.now_us)
    stage.run()
    stage.lose(2)
    stage.pass_us(TIMEOUT_US)
    assert isinstance(stage.failure(), Unavailable)
    assert f"what answers at {at(1)} is no raftpi" in str(stage.failure())
    assert f"no answer from {at(2)}" in str(stage.failure())


# --- transfer ------------------------------------------------------------------------------


def test_a_transfer_goes_to_the_leader_by_name_and_only_once() -> None:
    directory = Directory([at(1)])
    stage = Stage(TransferErrand("pi3", directory), directory=directory)
    stage.tell_leader(1, leader=1)
    transfer = stage.open[0].request
    assert isinstance(transfer, Transfer)
    assert transfer.target == 3
    stage.pass_us(TIMEOUT_US)
    assert stage.asked(Transfer) == [at(1)]
    assert isinstance(stage.failure(), Timeout)


def test_a_transfer_whose_connection_drops_is_not_repeated() -> None:
    directory = Directory([at(1)])
    directory.learn(at(1), Stage.discovery(0, 1, 1))
    stage = Stage(TransferErrand(3, directory), leader=1)
    stage.lose(1)
    assert isinstance(stage.failure(), Timeout)


def test_a_transfer_to_nobody_is_refused_before_it_is_sent() -> None:
    directory = Directory([at(1)])
    directory.learn(at(1), Stage.discovery(0, 1, 1))
    stage = Stage(TransferErrand("pi9", directory), leader=1)
    assert isinstance(stage.failure(), UsageError)
    assert "pi9" in str(stage.failure())


# --- whatever happens ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(300))
def test_whatever_happens_it_ends_in_time_and_never_calls_a_sent_write_certain(seed: int) -> None:
    chance = Random(seed)
    stage = Stage(write() if seed % 2 else sessionless_write())
    began_us = stage.now_us
    entered = False
    turns = 0
    while not stage.it.is_over:
        turns += 1
        assert turns < 20_000
        stage.pass_us(chance.choice([0, 100, 5_000, 40_000]))
        if not stage.open or chance.random() < 0.3:
            continue
        send = chance.choice(stage.open)
        node_id = int(send.endpoint[-1])
        if chance.random() < 0.2:
            entered |= any(
                s.endpoint == send.endpoint and isinstance(s.request, Submit) for s in stage.open
            )
            stage.lose(node_id)
        elif isinstance(send.request, Discover):
            stage.tell_leader(node_id, leader=chance.choice([0, 1, 2, 3]))
        elif chance.random() < 0.3:
            entered = True
            stage.reply(node_id, Submit, uncertain(leader=chance.choice([0, 1, 2, 3])))
        elif chance.random() < 0.7:
            stage.reply(node_id, Submit, redirect(leader=chance.choice([0, 1, 2, 3])))
        elif chance.random() < 0.1:
            stage.reply(node_id, Submit, done)
    assert stage.now_us <= began_us + TIMEOUT_US + 50_000
    entered |= any(isinstance(send.request, Submit) for send in stage.open)
    if stage.it.answer is None:
        assert isinstance(stage.failure(), Timeout if entered else Unavailable)
