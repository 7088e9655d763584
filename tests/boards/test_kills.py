"""Processes are killed and stopped behind systemd's back, and the lamp never lies."""

import signal

import pytest

from tests.boards.bench.waiting import wait_until
from tests.boards.clock import now_us
from tests.boards.lamp_history import BLUE, GREEN, RED
from tests.boards.services import DAEMON, LAMP, is_active, journal, main_pid, send_signal
from tests.boards.show import Show

pytestmark = [pytest.mark.root, pytest.mark.boards, pytest.mark.slow]

HUNG_LIMIT_MS = 500
# A lamp whose process was killed is red or true again.
LAMP_LIMIT_MS = 1000
PATIENCE_S = 30


def red_after_ms(show: Show, number: int, at_us: int) -> float:
    """How long after a moment the lamp was red; waits for it."""

    def is_red() -> bool:
        return show.lamp(number).first("red", at_us) is not None

    wait_until(is_red, f"the lamp of pi{number} is red", PATIENCE_S)
    red_us = show.lamp(number).first("red", at_us)
    assert red_us is not None
    return (red_us - at_us) / 1000


def wait_for_another_process(show: Show, number: int, unit: str, before: int) -> None:
    """Wait until systemd has started the unit anew."""
    board = show.board(number)

    def is_back() -> bool:
        return main_pid(board, unit) not in (0, before) and is_active(board, unit)

    wait_until(is_back, f"{unit} of pi{number} runs anew", PATIENCE_S)


def test_a_killed_daemon_shows_red_at_once_and_comes_back(show: Show, leader: int) -> None:
    reds_ms: list[float] = []
    backs_s: list[float] = []
    for number in (leader, *show.followers(leader)):
        killed = send_signal(show.board(number), DAEMON, signal.SIGKILL)
        reds_ms.append(red_after_ms(show, number, killed.at_us))
        wait_for_another_process(show, number, DAEMON, killed.main_pid)
        backs_s.append((now_us() - killed.at_us) / 1e6)
        show.wait_until_whole()
    show.table.add("daemon killed (SIGKILL): lamp red", reds_ms, limit=HUNG_LIMIT_MS)
    show.table.add("  back by systemd", backs_s, unit="s")
    assert max(reds_ms) <= HUNG_LIMIT_MS


def test_a_hung_daemon_shows_red_and_is_restarted_by_the_watchdog(show: Show, leader: int) -> None:
    board = show.board(leader)
    hung = send_signal(board, DAEMON, signal.SIGSTOP)
    red_ms = red_after_ms(show, leader, hung.at_us)
    row = show.table.add("daemon hung (SIGSTOP): lamp red", [red_ms], limit=HUNG_LIMIT_MS)
    wait_for_another_process(show, leader, DAEMON, hung.main_pid)
    show.table.add("  restarted by the watchdog", [(now_us() - hung.at_us) / 1e6], unit="s")
    assert "watchdog" in journal(board, DAEMON).lower()
    show.wait_until_whole()
    assert row.is_kept


def test_a_killed_lamp_process_is_red_or_true_again_within_a_second(
    show: Show, leader: int
) -> None:
    truths_ms: list[float] = []
    for number in (leader, *show.followers(leader)):
        true_color = BLUE if number == leader else GREEN
        killed = send_signal(show.board(number), LAMP, signal.SIGKILL)
        wait_for_another_process(show, number, LAMP, killed.main_pid)
        show.wait_for_lamp(number, true_color, PATIENCE_S)
        told = [
            span.from_us
            for span in show.lamp(number).set_after(killed.at_us)
            if span.color in ("red", true_color)
        ]
        truths_ms.append((told[0] - killed.at_us) / 1000)
    row = show.table.add("lamp's process killed: red or true again", truths_ms, limit=LAMP_LIMIT_MS)
    assert row.is_kept, truths_ms


def test_a_lamp_process_stopped_on_purpose_leaves_red(show: Show, leader: int) -> None:
    board = show.board(leader)
    board.run("systemctl", "stop", LAMP)
    show.wait_for_lamp(leader, RED, PATIENCE_S)
    board.run("systemctl", "start", LAMP)
    show.wait_for_lamp(leader, BLUE, PATIENCE_S)
