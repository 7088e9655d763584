"""Cables are pulled and plugged in again."""

from dataclasses import dataclass

import pytest

from tests.boards.bench import network
from tests.boards.bench.waiting import wait_until
from tests.boards.clock import now_us
from tests.boards.lamp_history import GREEN, RED_BLINKING
from tests.boards.show import Show
from tests.boards.sightings import caught_up_us
from tests.boards.writing import Writing

pytestmark = [pytest.mark.root, pytest.mark.boards, pytest.mark.slow]

PULL_COUNT = 10
WRITES_AGAIN_LIMIT_MS = 400
# The upper bound of the timing `wired`.
ELECTION_TIMEOUT_MS = 300
BACK_LIMIT_MS = 2000
PATIENCE_S = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """What one pull and plug of the leader's cable took, in milliseconds."""

    writes_again_ms: float
    leaves_blue_ms: float
    new_blue_ms: float
    both_blue_ms: float
    green_ms: float
    caught_up_ms: float


def test_ten_times_the_leaders_cable_is_pulled_and_plugged_in(show: Show, leader: int) -> None:
    pulls: list[Pull] = []
    with show.writing() as writing:
        for _ in range(PULL_COUNT):
            pulls.append(pull_and_plug(show, writing, leader))
            leader = show.wait_until_whole()
    writing.assert_kept()
    rows = [
        show.table.add(
            "leader's cable pulled: next acknowledged write",
            [pull.writes_again_ms for pull in pulls],
            limit=WRITES_AGAIN_LIMIT_MS,
            judged_by="median",
        ),
        show.table.add(
            "  its lamp leaves blue",
            [pull.leaves_blue_ms for pull in pulls],
            limit=ELECTION_TIMEOUT_MS,
        ),
        show.table.add("  another lamp is blue", [pull.new_blue_ms for pull in pulls]),
        show.table.add("  two lamps blue together", [pull.both_blue_ms for pull in pulls]),
        show.table.add(
            "plugged in again: lamp green", [pull.green_ms for pull in pulls], limit=BACK_LIMIT_MS
        ),
        show.table.add("  caught up", [pull.caught_up_ms for pull in pulls], limit=BACK_LIMIT_MS),
    ]
    assert [row.what for row in rows if not row.is_kept] == []


def test_a_board_without_its_two_neighbours_acknowledges_nothing(show: Show, leader: int) -> None:
    with show.writing() as writing:
        for number in show.followers(leader):
            network.pull(number)
        alone_us = now_us()
        history = show.wait_for_lamp(leader, RED_BLINKING, PATIENCE_S)
        red_us = history.first("red", alone_us)
        assert red_us is not None
        show.table.add("two cables pulled: the third blinks red", [(red_us - alone_us) / 1000])
        assert writing.record().acknowledged_after(alone_us) == []
        plugged_us = now_us()
        for number in show.followers(leader):
            network.plug(number)
        writing.wait_for_progress()
        first = writing.record().acknowledged_after(plugged_us)[0]
        show.table.add("  both plugged in: writes", [(first.returned_us - plugged_us) / 1000])
        show.wait_until_whole()
    writing.assert_kept()


def pull_and_plug(show: Show, writing: Writing, leader: int) -> Pull:
    """Pull the leader's cable until its lamp says that it is cut off, then plug it in."""
    pulled_us = now_us()
    network.pull(leader)
    writing.wait_for_progress()
    gap = writing.record().longest_gap(pulled_us, now_us())
    assert gap is not None
    lamp = show.wait_for_lamp(leader, RED_BLINKING, PATIENCE_S)
    left_us = lamp.left("blue", pulled_us)
    assert left_us is not None
    blues = [show.lamp(number).first("blue", pulled_us) for number in show.followers(leader)]
    new_blue_us = min(blue for blue in blues if blue is not None)
    plugged_us = now_us()
    network.plug(leader)
    lamp = show.wait_for_lamp(leader, GREEN, PATIENCE_S)
    green_us = lamp.last_changed_us(now_us())
    assert green_us is not None

    def caught_up() -> bool:
        return caught_up_us(show.seen(), leader, plugged_us) is not None

    wait_until(caught_up, f"pi{leader} has caught up", PATIENCE_S)
    back_us = caught_up_us(show.seen(), leader, plugged_us)
    assert back_us is not None
    return Pull(
        writes_again_ms=(gap.to_us - pulled_us) / 1000,
        leaves_blue_ms=(left_us - pulled_us) / 1000,
        new_blue_ms=(new_blue_us - pulled_us) / 1000,
        both_blue_ms=max(0, left_us - new_blue_us) / 1000,
        green_ms=(green_us - plugged_us) / 1000,
        caught_up_ms=(back_us - plugged_us) / 1000,
    )
