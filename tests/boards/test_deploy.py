"""After the playbook: nothing left to do, lamps that tell the truth, and small processes."""

import pytest

from tests.boards.clock import now_us
from tests.boards.lamp_history import BLUE, GREEN, WHITE_FLASHING
from tests.boards.playing import Play
from tests.boards.services import DAEMON, LAMP, resident_mb
from tests.boards.show import Show

pytestmark = [pytest.mark.root, pytest.mark.boards, pytest.mark.slow]

RESIDENT_LIMIT_MB = 30
IDENTIFY_S = 4


def timed_play(show: Show, what: str, *options: str) -> Play:
    """One more run of the playbook, which must go well and change nothing."""
    began_us = now_us()
    play = show.deployment.play(*options)
    show.table.add(what, [(now_us() - began_us) / 1e6], unit="s")
    assert play.exit_code == 0, play.printed[-6000:]
    assert sorted(play.recap) == ["pi1", "pi2", "pi3"]
    assert not play.changes, play.changes
    assert {host.changed_count for host in play.recap.values()} == {0}
    return play


def test_a_second_run_changes_nothing(show: Show, leader: int) -> None:
    timed_play(show, "site.yml again, nothing to do")


def test_a_run_in_check_mode_works_and_finds_nothing_to_do(show: Show, leader: int) -> None:
    timed_play(show, "site.yml --check --diff", "--check", "--diff")


def test_one_lamp_is_blue_and_two_are_green(show: Show, leader: int) -> None:
    shown = sorted(show.lamp(number).what_shows(now_us()) for number in show.bench.numbers())
    assert shown == [BLUE, GREEN, GREEN]
    assert show.lamp(leader).shows(BLUE, now_us())


@pytest.mark.parametrize("unit", [DAEMON, LAMP])
def test_an_idle_process_is_small(show: Show, leader: int, unit: str) -> None:
    sizes_mb = [resident_mb(board, unit) for board in show.bench.boards()]
    row = show.table.add(f"memory of {unit}", sizes_mb, limit=RESIDENT_LIMIT_MB, unit="MB")
    assert row.is_kept, sizes_mb


def test_identify_flashes_one_lamp_white_and_lets_it_go_back(show: Show, leader: int) -> None:
    chosen, other = show.followers(leader)
    began_us = now_us()
    show.deployment.raftpi("identify", f"pi{chosen}", "--for", str(IDENTIFY_S))
    history = show.wait_for_lamp(chosen, WHITE_FLASHING, IDENTIFY_S)
    white_us = history.first("white", began_us)
    assert white_us is not None
    show.table.add("identify until white", [(white_us - began_us) / 1000])
    show.wait_for_lamp(chosen, GREEN, IDENTIFY_S + 2)
    for number in (leader, other):
        colors = {span.color for span in show.lamp(number).spans(began_us, now_us())}
        assert "white" not in colors
