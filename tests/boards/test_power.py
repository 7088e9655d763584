"""The power is cut in the middle of writes, and nothing acknowledged is lost.

A cut ends every process of a board at once, but what was written and not synced survives in this
machine's page cache. So these tests show that the processes, the network and the recovery
withstand a cut; that the syncs are in the right places is shown elsewhere, on a disk that
forgets.
"""

import pytest

from tests.boards.bench.waiting import wait_until
from tests.boards.clock import now_us
from tests.boards.show import Show
from tests.boards.sightings import caught_up_us

pytestmark = [pytest.mark.root, pytest.mark.boards, pytest.mark.slow]

THREAD_COUNT = 4
BACK_LIMIT_S = 30


def power_on_again(show: Show, number: int) -> float:
    """Power a board on while writes go on; seconds until it has caught up."""
    powered_us = now_us()
    show.bench.power([show.board(number)])
    wait_until(
        lambda: caught_up_us(show.seen(), number, powered_us) is not None,
        f"pi{number} has caught up",
        BACK_LIMIT_S,
    )
    back_us = caught_up_us(show.seen(), number, powered_us)
    assert back_us is not None
    return (back_us - powered_us) / 1e6


def test_a_follower_whose_power_is_cut_comes_back_and_nothing_is_lost(
    show: Show, leader: int
) -> None:
    chosen = show.followers(leader)[0]
    with show.writing(THREAD_COUNT) as writing:
        cut_us = show.bench.cut_power([show.board(chosen)])
        writing.wait_for_progress()
        gap = writing.record().longest_gap(cut_us, now_us())
        assert gap is not None
        show.table.add("a follower's power cut: longest pause", [gap.length_us / 1000])
        back_s = power_on_again(show, chosen)
        show.table.add("  powered on: caught up", [back_s], unit="s")
        show.wait_until_whole()
    writing.assert_kept()


def test_a_leader_whose_power_is_cut_comes_back_and_nothing_is_lost(
    show: Show, leader: int
) -> None:
    with show.writing(THREAD_COUNT) as writing:
        cut_us = show.bench.cut_power([show.board(leader)])
        writing.wait_for_progress()
        gap = writing.record().longest_gap(cut_us, now_us())
        assert gap is not None
        show.table.add("leader's power cut: next write", [(gap.to_us - cut_us) / 1000])
        back_s = power_on_again(show, leader)
        show.table.add("  powered on: caught up", [back_s], unit="s")
        show.wait_until_whole()
    writing.assert_kept()


def test_all_three_lose_their_power_at_once_and_nothing_acknowledged_is_lost(
    show: Show, leader: int
) -> None:
    boards = show.bench.boards()
    with show.writing(THREAD_COUNT) as writing:
        show.bench.cut_power(boards)
        assert not any(board.is_on() for board in boards)
        powered_us = now_us()
        show.bench.power(boards)
        writing.wait_for_progress(timeout_s=BACK_LIMIT_S)
        first = writing.record().acknowledged_after(powered_us)[0]
        back_s = (first.returned_us - powered_us) / 1e6
        show.table.add("all three cut and powered on: next write", [back_s], unit="s")
        show.wait_until_whole()
    kept_count = writing.assert_kept()
    show.table.add("  acknowledged writes found again", [kept_count], unit="")
