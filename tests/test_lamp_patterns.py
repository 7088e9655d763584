"""Patterns over time, and the style that needs no colours."""

import pytest

from raftpi.lamp import (
    CUT_OFF,
    DISTINCT,
    ELECTION,
    FOLLOWER,
    IDENTIFY,
    LEADER,
    LEARNER,
    NEEDS_PERSON,
    OFFLINE,
    Lamp,
    Pattern,
    next_change_us,
    restyled,
    shade_at,
)


def test_a_style_changes_patterns_only() -> None:
    style = {LEADER: Pattern.FLASHING}
    assert restyled(LEADER, style) == Lamp(color=LEADER.color, pattern=Pattern.FLASHING)
    assert restyled(OFFLINE, style) == OFFLINE


def brightness(lamp: Lamp) -> tuple[float, ...]:
    """How bright the lamp is, colour left aside, every 25 ms over its longest period."""
    return tuple(max(shade_at(lamp, at_us)) for at_us in range(0, 2_560_000, 25_000))


def lit_count(lamp: Lamp) -> tuple[int, ...]:
    """How many diodes are lit: what tells red and yellow in turn from a steady lamp."""
    return tuple(sum(map(bool, shade_at(lamp, at_us))) for at_us in range(0, 2_560_000, 25_000))


def test_the_distinct_style_needs_no_colours() -> None:
    lamps = [LEADER, FOLLOWER, LEARNER, ELECTION, OFFLINE, CUT_OFF, NEEDS_PERSON, IDENTIFY]
    rhythms = {brightness(restyled(lamp, DISTINCT)) for lamp in lamps if lamp != NEEDS_PERSON}
    assert len(rhythms) == len(lamps) - 1
    assert len(set(lit_count(NEEDS_PERSON))) == 2


@pytest.mark.parametrize("pattern", [p for p in Pattern if p is not Pattern.IN_TURN])
def test_every_pattern_changes_when_it_said_and_not_before(pattern: Pattern) -> None:
    lamp = Lamp(color=LEADER.color, pattern=pattern)
    at_us = 7_000_123
    for _ in range(60):
        next_us = next_change_us(lamp, at_us)
        if next_us is None:
            assert pattern is Pattern.STEADY
            return
        assert shade_at(lamp, next_us - 1) == shade_at(lamp, at_us)
        at_us = next_us


@pytest.mark.parametrize("pattern", list(Pattern))
def test_no_pattern_flashes_more_than_three_times_a_second(pattern: Pattern) -> None:
    lamp = Lamp(color=OFFLINE.color, pattern=pattern)
    lit = [max(shade_at(lamp, at_us)) > 0 for at_us in range(0, 6_000_000, 10_000)]
    rises = [i for i in range(1, len(lit)) if lit[i] and not lit[i - 1]]
    assert all(rises[i + 3] - rises[i] >= 100 for i in range(len(rises) - 3))
