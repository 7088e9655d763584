"""What a conversation says in the end: done, certainly not done, or unknown."""

from random import Random

import pytest

from raftpi.client.directory import Directory
from raftpi.client.errand import TransferErrand
from raftpi.errors import Refused, Timeout, Unavailable, UsageError
from raftpi.transport import requests
from raftpi.transport.requests import (
    Ask,
    Discover,
    Submit,
    Transfer,
)
from tests.client.stage import (
    TIMEOUT_US,
    Stage,
    at,
    done,
    read,
    redirect,
    sessionless_write,
    uncertain,
    write,
)

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


def test_a_write_that_a_full_leader_turns_away_goes_on_to_another_that_leads() -> None:
    stage = Stage(write(), leader=1)
    stage.reply(1, Submit, redirect(leader=0, reason="disk full on pi1"))
    stage.pass_us(TIMEOUT_US // 4)
    assert {at(2), at(3)} <= set(stage.asked(Discover))
    stage.pass_us(TIMEOUT_US)
    assert isinstance(stage.failure(), Unavailable)
    assert str(stage.failure()).startswith("disk full on pi1: free some room")


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
