"""The daemon is stopped, started and restarted as people and systemd do it."""

import pytest

from tests.boards.bench.waiting import wait_until
from tests.boards.clock import now_us
from tests.boards.lamp_history import BLUE, GREEN, RED
from tests.boards.services import DAEMON, is_active, main_pid
from tests.boards.show import Show
from tests.boards.writing import Writing

pytestmark = [pytest.mark.root, pytest.mark.boards, pytest.mark.slow]

# The lower bound of the timing `wired`: sooner than this nobody stands for election by itself, so
# a shorter pause shows that leadership was handed over.
ELECTION_TIMEOUT_MIN_MS = 150
PATIENCE_S = 20


def pause_ms(writing: Writing, from_us: int) -> float:
    """The longest time without an acknowledgement since then, once writes go on."""
    writing.wait_for_progress()
    gap = writing.record().longest_gap(from_us, now_us())
    assert gap is not None
    return gap.length_us / 1000


def is_stopped_without_fault(show: Show, number: int) -> bool:
    """Whether the unit ended well: not failed, not killed for being late."""
    result = show.board(number).run("systemctl", "show", "--property=Result", "--value", DAEMON)
    return result.strip() == "success"


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_stopped_daemon_shows_red_and_a_started_one_green_or_blue(
    show: Show, leader: int, number: int
) -> None:
    board = show.board(number)
    began_us = now_us()
    board.run("systemctl", "stop", DAEMON)
    stopped_us = now_us()
    assert is_stopped_without_fault(show, number)
    lamp = show.wait_for_lamp(number, RED, PATIENCE_S)
    red_us = lamp.first("red", began_us)
    assert red_us is not None
    assert red_us < stopped_us + 500_000
    board.run("systemctl", "start", DAEMON)
    assert show.wait_until_whole() in show.bench.numbers()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_restarted_daemon_comes_back_green_or_blue(show: Show, leader: int, number: int) -> None:
    board = show.board(number)
    before = main_pid(board, DAEMON)
    began_us = now_us()
    board.run("systemctl", "restart", DAEMON)
    assert main_pid(board, DAEMON) not in (0, before)
    show.wait_until_whole()
    back_us = show.lamp(number).last_changed_us(now_us())
    assert back_us is not None
    assert back_us > began_us, "the lamp never left its colour"
    show.table.add(f"systemctl restart on pi{number}: steady", [(back_us - began_us) / 1000])


def test_a_leader_stopped_or_restarted_hands_leadership_over_first(show: Show, leader: int) -> None:
    pauses_ms: list[float] = []
    with show.writing() as writing:
        for verbs in (["stop", "start"], ["restart"]) * 2:
            began_us = now_us()
            for verb in verbs:
                show.board(leader).run("systemctl", verb, DAEMON)
            pauses_ms.append(pause_ms(writing, began_us))
            before, leader = leader, show.wait_until_whole()
            assert leader != before
    writing.assert_kept()
    row = show.table.add(
        "leader stopped on purpose: pause in writes",
        pauses_ms,
        limit=ELECTION_TIMEOUT_MIN_MS,
        judged_by="median",
    )
    assert row.is_kept, pauses_ms


def test_a_leader_that_reboots_hands_leadership_over_first(show: Show, leader: int) -> None:
    board = show.board(leader)
    before = board.first_process()
    with show.writing() as writing:
        began_us = now_us()
        board.run("systemctl", "reboot", "--no-block")
        wait_until(
            lambda: board.first_process() not in (None, before), "the board boots anew", PATIENCE_S
        )
        reboot_ms = pause_ms(writing, began_us)
        board.wait_until_up()
        assert show.wait_until_whole() != leader
    writing.assert_kept()
    row = show.table.add(
        "leader reboots: pause in writes", [reboot_ms], limit=ELECTION_TIMEOUT_MIN_MS
    )
    assert row.is_kept
    assert is_active(board, DAEMON)
    assert show.lamp(leader).shows(GREEN, now_us()) or show.lamp(leader).shows(BLUE, now_us())
