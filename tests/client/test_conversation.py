"""Finding the leader, losing it, and moving on, in injected time."""

from raftpi.client.conversation import (
    ATTEMPT_US,
    BACK_OFF_US,
    DOUBT_US,
    HEDGE_US,
)
from raftpi.command import unpack_command
from raftpi.transport.requests import (
    Ask,
    Discover,
    Submit,
)
from tests.client.stage import (
    Stage,
    at,
    done,
    read,
    redirect,
    sessionless_write,
    uncertain,
    write,
)

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
