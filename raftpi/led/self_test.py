"""`raftpi led --self-test`: every colour and meaning once, by name, for a person to compare."""

from collections.abc import Callable
from dataclasses import dataclass

from raftpi.config.file import LampSection
from raftpi.lamp import (
    CUT_OFF,
    ELECTION,
    FOLLOWER,
    IDENTIFY,
    LEADER,
    LEARNER,
    NEEDS_PERSON,
    OFFLINE,
    Color,
    Lamp,
    Pattern,
    Style,
    describe,
    meaning,
    restyled,
)
from raftpi.led.lamp_process import Driver

COLOR_US = 1_500_000
MEANING_US = 3_000_000
MEANINGS = (LEADER, FOLLOWER, LEARNER, ELECTION, OFFLINE, CUT_OFF, NEEDS_PERSON, IDENTIFY)
# What one wrong wire looks like.
ADVICE = (
    "A colour that stays dark: its wire or resistor. Two colours swapped: change the numbers in "
    "[lamp]. Everything inverted (dark where it should be lit): common = anode or cathode."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to look at, and for how long."""

    text: str
    lamp: Lamp
    duration_us: int


def steps(section: LampSection, style: Style) -> list[Step]:
    """Each colour alone, then their mixtures, then every row of the lamp's table."""
    wires = {
        Color.RED: f"GPIO {section.red}",
        Color.GREEN: f"GPIO {section.green}",
        Color.BLUE: f"GPIO {section.blue}",
        Color.YELLOW: "red and green",
        Color.WHITE: "all three",
    }
    found = [
        Step(
            text=f"{color.value} ({wire})",
            lamp=Lamp(color=color, pattern=Pattern.STEADY),
            duration_us=COLOR_US,
        )
        for color, wire in wires.items()
    ]
    for lamp in MEANINGS:
        styled = restyled(lamp, style)
        text = f"{describe(styled)}: {meaning(lamp)}"
        found.append(Step(text=text, lamp=styled, duration_us=MEANING_US))
    return found


def run(
    driver: Driver,
    plan: list[Step],
    *,
    say: Callable[[str], None],
    clock_us: Callable[[], int],
    sleep_us: Callable[[int], None],
) -> None:
    """Show every step and say it."""
    for number, step in enumerate(plan, start=1):
        say(f"{number:2}/{len(plan)}  {step.text}")
        until_us = clock_us() + step.duration_us
        while (now_us := clock_us()) < until_us:
            again_us = driver.show(step.lamp, now_us)
            sleep_us(min(until_us, until_us if again_us is None else again_us) - now_us)
    say(ADVICE)
