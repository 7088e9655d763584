"""What a lamp showed when, from the changes of its three pins. Pure.

A line of the record is `<microseconds of CLOCK_MONOTONIC> <pin> <0|1>`, appended at each change;
all boards of the bench share one kernel, and so one clock. What the lamp shows is told by name,
in the words of the design's table: see `PATTERNS`.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

# The three pins of one change of colour are set one after the other; what a lamp shows in
# between is no colour of its own. A busy machine may stop the lamp's process in the middle.
SETTLE_US = 10_000

DARK = "dark"
# (red, green, blue) lit -> the colour that a person sees.
COLORS = {
    (False, False, False): DARK,
    (True, False, False): "red",
    (False, True, False): "green",
    (False, False, True): "blue",
    (True, True, False): "yellow",
    (True, False, True): "magenta",
    (False, True, True): "cyan",
    (True, True, True): "white",
}

BLUE = "blue"
GREEN = "green"
RED = "red"
YELLOW_BLINKING = "yellow, blinking"
RED_BLINKING = "red, blinking"
RED_AND_YELLOW = "red and yellow in turn"
WHITE_FLASHING = "white, flashing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How one thing that a lamp can show looks over time.

    It shows `colors` and no others; each is left again within `longest_us`, and at least one of
    them within `briefest_us`. To be sure takes a look of `look_us`, in which the colour changes
    `change_count` times or more.
    """

    colors: frozenset[str]
    look_us: int
    change_count: int = 0
    longest_us: int = 0
    briefest_us: int = 0


def _steady(color: str) -> Rhythm:
    # Longer than the lit half of blinking, so that the one is not taken for the other.
    return Rhythm(colors=frozenset({color}), look_us=700_000)


def _blinking(color: str, other: str) -> Rhythm:
    return Rhythm(
        colors=frozenset({color, other}),
        look_us=1_700_000,
        change_count=3,
        longest_us=700_000,
        briefest_us=700_000,
    )


PATTERNS = {
    BLUE: _steady("blue"),
    GREEN: _steady("green"),
    RED: _steady("red"),
    DARK: _steady(DARK),
    YELLOW_BLINKING: _blinking("yellow", DARK),
    RED_BLINKING: _blinking("red", DARK),
    RED_AND_YELLOW: _blinking("red", "yellow"),
    WHITE_FLASHING: Rhythm(
        colors=frozenset({"white", DARK}),
        look_us=1_500_000,
        change_count=4,
        longest_us=900_000,
        briefest_us=150_000,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """The GPIO numbers of the three colours, and whether a 1 lights them."""

    red: int = 17
    green: int = 27
    blue: int = 22
    active_high: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One colour without a change, from `from_us` until before `to_us`."""

    color: str
    from_us: int
    to_us: int


class LampHistory:
    """The colours of one lamp over time; before its first change it is dark."""

    def __init__(self, lines: Iterable[str], pins: Pins | None = None) -> None:
        """Raises ValueError for a line that is none of a record, unless it is a last half one."""
        pins = pins or Pins()
        lit = {pins.red: False, pins.green: False, pins.blue: False}
        # (first change of the burst, last change of the burst, colour after it)
        self._changes: list[tuple[int, int, str]] = []
        for at_us, pin, level in _parse(lines):
            if pin not in lit:
                continue
            lit[pin] = level == pins.active_high
            color = COLORS[lit[pins.red], lit[pins.green], lit[pins.blue]]
            if self._changes and at_us - self._changes[-1][1] <= SETTLE_US:
                self._changes[-1] = (self._changes[-1][0], at_us, color)
            else:
                self._changes.append((at_us, at_us, color))

    def color_at(self, at_us: int) -> str:
        """The colour at a moment."""
        return self.spans(at_us, at_us + 1)[0].color

    def spans(self, from_us: int, to_us: int) -> list[Span]:
        """The colours from `from_us` until before `to_us`, in order, neighbours different."""
        if from_us >= to_us:
            raise ValueError(f"there is nothing between {from_us} and {to_us}")
        found = [Span(color=DARK, from_us=from_us, to_us=to_us)]
        for _, at_us, color in self._changes:
            if at_us >= to_us:
                break
            last = found[-1]
            if at_us <= from_us:
                found = [Span(color=color, from_us=from_us, to_us=to_us)]
            elif color != last.color:
                found[-1] = Span(color=last.color, from_us=last.from_us, to_us=at_us)
                found.append(Span(color=color, from_us=at_us, to_us=to_us))
        return found

    def left(self, color: str, after_us: int) -> int | None:
        """When it first showed something else at or after `after_us`; None: not yet.

        The time of the last pin that changed: what came before may still look like `color`.
        """
        if self.color_at(after_us) != color:
            return after_us
        return next((at for _, at, now in self._changes if at > after_us and now != color), None)

    def first(self, color: str, after_us: int) -> int | None:
        """When it first showed `color` at or after `after_us`; None: not yet."""
        if self.color_at(after_us) == color:
            return after_us
        return next((at for _, at, now in self._changes if at > after_us and now == color), None)

    def set_after(self, at_us: int) -> list[Span]:
        """Every time the pins were set after `at_us`, also to the colour that they had."""
        later = [(last_us, color) for _, last_us, color in self._changes if last_us > at_us]
        ends = [last_us for last_us, _ in later[1:]]
        return [
            Span(color=color, from_us=from_us, to_us=to_us)
            for (from_us, color), to_us in zip(later, [*ends, sys.maxsize], strict=True)
        ]

    def last_changed_us(self, before_us: int) -> int | None:
        """Since when it shows what it shows before `before_us`; None: since ever."""
        since_us = None
        shown = DARK
        for _, at_us, color in self._changes:
            if at_us < before_us and color != shown:
                since_us, shown = at_us, color
        return since_us

    def shows(self, what: str, now_us: int) -> bool:
        """Whether it shows one of PATTERNS at `now_us`, as one who looked at it until then saw.

        False while the look is too short to be sure. Raises KeyError for an unknown pattern.
        """
        rhythm = PATTERNS[what]
        seen = self.spans(now_us - rhythm.look_us, now_us)
        if {span.color for span in seen} != rhythm.colors or len(seen) <= rhythm.change_count:
            return False
        if rhythm.change_count == 0:
            return True
        lengths_us = [span.to_us - span.from_us for span in seen]
        # The first and the last are cut by the look.
        return max(lengths_us) <= rhythm.longest_us and min(lengths_us[1:-1]) <= rhythm.briefest_us

    def what_shows(self, now_us: int) -> str:
        """The pattern that it shows at `now_us`, or what was seen if that is none of them."""
        for what in PATTERNS:
            if self.shows(what, now_us):
                return what
        seen = self.spans(now_us - 1_500_000, now_us)
        return "changing: " + ", ".join(
            f"{span.color} {(span.to_us - span.from_us) // 1000} ms" for span in seen
        )


def _parse(lines: Iterable[str]) -> list[tuple[int, int, bool]]:
    """(microseconds, pin, level) of each line, in order of time."""
    kept = [line for line in lines if line.endswith("\n")]
    found: list[tuple[int, int, bool]] = []
    for line in kept:
        words = line.split()
        if len(words) != 3 or words[2] not in ("0", "1"):
            raise ValueError(f"not a line of a lamp's record: {line!r}")
        found.append((int(words[0]), int(words[1]), words[2] == "1"))
    if any(later[0] < earlier[0] for earlier, later in pairwise(found)):
        # Two processes appended, as one was ending and the next beginning.
        found.sort(key=lambda change: change[0])
    return found
