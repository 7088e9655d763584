"""The record of three pins as colours and patterns over time."""

import pytest

from raftpi.lamp import (
    CUT_OFF,
    ELECTION,
    FOLLOWER,
    IDENTIFY,
    LEADER,
    NEEDS_PERSON,
    OFFLINE,
    Lamp,
    describe,
    next_change_us,
    shade_at,
)
from tests.boards.lamp_history import (
    BLUE,
    DARK,
    GREEN,
    PATTERNS,
    RED,
    RED_BLINKING,
    SETTLE_US,
    YELLOW_BLINKING,
    LampHistory,
    Pins,
)

MS = 1_000
S = 1_000_000
PINS = (17, 27, 22)


def record(*shown: tuple[int, str]) -> LampHistory:
    """A history in which the lamp changes to the pins "rgb" (letters lit) at these moments."""
    lines: list[str] = []
    before = ""
    for at_us, letters in shown:
        changed = [n for n in range(3) if ("rgb"[n] in letters) != ("rgb"[n] in before)]
        lines += [f"{at_us + n} {PINS[n]} {int('rgb'[n] in letters)}\n" for n in changed]
        before = letters
    return LampHistory(lines)


def performed(lamp: Lamp, from_us: int, to_us: int) -> LampHistory:
    """A history of a lamp that shows one row of the design's table throughout."""
    shown: list[tuple[int, str]] = []
    at_us: int | None = from_us
    while at_us is not None and at_us < to_us:
        shade = shade_at(lamp, at_us)
        shown.append((at_us, "".join("rgb"[n] for n in range(3) if shade[n] > 0)))
        at_us = next_change_us(lamp, at_us)
    return record(*shown)


def test_a_lamp_without_a_record_is_dark() -> None:
    assert LampHistory([]).color_at(5 * S) == DARK
    assert LampHistory([]).shows(DARK, 5 * S)


def test_the_colour_is_the_one_of_the_latest_change() -> None:
    history = record((1 * S, "g"), (2 * S, "rg"), (3 * S, "b"), (4 * S, "rgb"))
    colors = [history.color_at(at * S + SETTLE_US) for at in range(5)]
    assert colors == [DARK, "green", "yellow", "blue", "white"]


def test_what_shows_between_two_pins_of_one_change_is_no_colour() -> None:
    history = LampHistory(["100 22 1\n", f"{S} 22 0\n", f"{S + 900} 17 1\n"])
    assert [span.color for span in history.spans(200, 2 * S)] == ["blue", "red"]


def test_a_common_anode_is_lit_by_a_zero() -> None:
    lines = ["1 17 1\n", "1 27 0\n", "1 22 1\n"]
    assert LampHistory(lines, Pins(active_high=False)).color_at(S) == "green"


def test_other_pins_and_a_half_written_last_line_are_passed_over() -> None:
    history = LampHistory(["100 27 1\n", "200 5 1\n", "300 2"])
    assert history.color_at(S) == "green"


@pytest.mark.parametrize("line", ["what is this\n", "1 2\n", "100 27 up\n"])
def test_a_line_that_is_none_of_a_record_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="lamp's record"):
        LampHistory([line])


def test_lines_of_two_processes_are_put_in_order_of_time() -> None:
    history = LampHistory([f"{2 * S} 27 1\n", f"{1 * S} 22 1\n", f"{2 * S} 22 0\n"])
    assert history.color_at(S + SETTLE_US) == "blue"
    assert history.color_at(2 * S + SETTLE_US) == "green"


def test_leaving_blue_is_told_to_the_microsecond() -> None:
    history = record((0, "b"), (3 * S, "rg"), (4 * S, "b"))
    # Red, green and blue change one after the other, a microsecond apart.
    assert history.left("blue", S) == 3 * S + 2
    assert history.first("blue", 3 * S + SETTLE_US) == 4 * S + 2


def test_a_lamp_that_was_not_blue_has_left_it_already() -> None:
    assert record((0, "g")).left("blue", S) == S


def test_a_lamp_that_stays_blue_has_not_left_it() -> None:
    assert record((0, "b")).left("blue", S) is None
    assert record((0, "b")).first("green", S) is None


def test_pins_set_anew_to_the_colour_that_they_had_are_told_too() -> None:
    history = LampHistory(["100 27 1\n", f"{S} 27 1\n"])
    assert [(span.color, span.from_us) for span in history.set_after(200)] == [("green", S)]


def test_since_when_is_the_last_change_of_colour() -> None:
    history = LampHistory(["100 27 1\n", f"{S} 27 1\n"])
    assert history.last_changed_us(2 * S) == 100
    assert LampHistory([]).last_changed_us(2 * S) is None


@pytest.mark.parametrize(
    "lamp", [LEADER, FOLLOWER, ELECTION, OFFLINE, CUT_OFF, NEEDS_PERSON, IDENTIFY], ids=describe
)
def test_each_row_of_the_design_is_known_by_its_words_and_taken_for_no_other(lamp: Lamp) -> None:
    history = performed(lamp, 0, 20 * S)
    for now_us in range(5 * S, 10 * S, 37 * MS):
        assert [what for what in PATTERNS if history.shows(what, now_us)] == [describe(lamp)]
        assert history.what_shows(now_us) == describe(lamp)


def test_a_colour_just_taken_on_is_not_called_steady_yet() -> None:
    history = record((0, "r"), (10 * S, "g"))
    assert not history.shows(GREEN, 10 * S + 600 * MS)
    assert history.shows(GREEN, 10 * S + 800 * MS)


def test_the_lit_half_of_blinking_is_not_steady() -> None:
    history = record((0, ""), (10 * S, "r"), (10 * S + 500 * MS, ""), (11 * S, "r"))
    assert not history.shows(RED, 10 * S + 499 * MS)
    assert not history.shows(RED, 11 * S + 499 * MS)


def test_a_single_gap_is_no_blinking() -> None:
    history = record((0, "r"), (10 * S, ""), (10 * S + 500 * MS, "r"))
    assert not history.shows(RED_BLINKING, 11 * S)


def test_a_lamp_stuck_in_the_lit_half_blinks_no_more() -> None:
    turns = [(n * 500 * MS, "rg" if n % 2 else "") for n in range(20)]
    history = record(*turns)
    assert history.shows(YELLOW_BLINKING, 9 * S)
    assert not history.shows(YELLOW_BLINKING, 10 * S + 500 * MS)


def test_what_is_no_pattern_is_told_as_it_was_seen() -> None:
    history = record((0, "b"), (10 * S, "g"))
    assert not history.shows(BLUE, 10 * S + 100 * MS)
    assert history.what_shows(10 * S + 100 * MS) == "changing: blue 1400 ms, green 99 ms"


def test_an_empty_look_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing between"):
        record().spans(5, 5)
