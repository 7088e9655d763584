"""What a node's lamp shows: status -> colour and pattern, and a pattern's colour over time. Pure.

The lamp believes three things: the status feed, its silence, and its dropped connection.
The table is the one of the design, "The lamp"; `lamp_for` goes through it from the most
urgent row to the least.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from raftpi.status import Condition, NodeStatus

# A node says its status several times a second; one silent for longer than this is hung.
HUNG_AFTER_US = 400_000
# "Longer than a few election timeouts": how many of the longest.
CUT_OFF_TIMEOUT_COUNT = 3

Shade = tuple[float, float, float]


class Color(Enum):
    """The colours that three full-on or full-off diodes can make."""

    BLUE = "blue"
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    WHITE = "white"


class Pattern(Enum):
    """How the colour changes over time."""

    STEADY = "steady"
    SLOW_PULSE = "slow pulse"
    BLINKING = "blinking"
    IN_TURN = "in turn with yellow"
    FLASHING = "flashing"
    WINKING = "winking"
    BLIPPING = "blipping"
    FLICKERING = "flickering"


# What a configuration may choose from; IN_TURN is red's alone.
CHOOSABLE_PATTERNS = tuple(p.value for p in Pattern if p is not Pattern.IN_TURN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """What the lamp shows from now on. Only red has the pattern IN_TURN."""

    color: Color
    pattern: Pattern


LEADER = Lamp(color=Color.BLUE, pattern=Pattern.STEADY)
FOLLOWER = Lamp(color=Color.GREEN, pattern=Pattern.STEADY)
LEARNER = Lamp(color=Color.GREEN, pattern=Pattern.SLOW_PULSE)
ELECTION = Lamp(color=Color.YELLOW, pattern=Pattern.BLINKING)
OFFLINE = Lamp(color=Color.RED, pattern=Pattern.STEADY)
CUT_OFF = Lamp(color=Color.RED, pattern=Pattern.BLINKING)
NEEDS_PERSON = Lamp(color=Color.RED, pattern=Pattern.IN_TURN)
IDENTIFY = Lamp(color=Color.WHITE, pattern=Pattern.FLASHING)


# Another pattern for a meaning than the table's, as a configuration chooses it.
Style = Mapping[Lamp, Pattern]

# For eyes that do not tell the colours apart: every meaning has a rhythm of its own.
DISTINCT: Style = {
    LEADER: Pattern.STEADY,
    FOLLOWER: Pattern.WINKING,
    LEARNER: Pattern.SLOW_PULSE,
    OFFLINE: Pattern.BLIPPING,
    ELECTION: Pattern.BLINKING,
    CUT_OFF: Pattern.FLICKERING,
}


def restyled(lamp: Lamp, style: Style) -> Lamp:
    """The lamp with the pattern that the style has for its meaning."""
    pattern = style.get(lamp)
    return lamp if pattern is None else Lamp(color=lamp.color, pattern=pattern)


def lamp_for(status: NodeStatus | None, *, age_us: int, connected: bool) -> Lamp:
    """The lamp of a node whose last status came `age_us` ago; None: none has come yet.

    `connected` is whether the feed's connection stands. Blue lapses by itself when the
    status's lease runs out, however old the status; a leader without one has either not
    committed in its term yet or lost its quorum, so an election is due: yellow.
    """
    if status is None or not connected or age_us > HUNG_AFTER_US:
        return OFFLINE
    if status.condition == Condition.STOPPING.value:
        return OFFLINE
    if status.identify_us > age_us:
        return IDENTIFY
    if status.needs_person or status.condition == Condition.LOST_MEMORY.value:
        return NEEDS_PERSON
    if status.condition == Condition.FOUNDING.value:
        return ELECTION
    if status.role == "leader" and status.lease_us > age_us:
        return LEADER
    if _is_cut_off(status, age_us):
        return CUT_OFF
    if status.role == "learner" and _hears_leader(status):
        return LEARNER
    if status.role == "follower" and _hears_leader(status):
        return LEARNER if _is_catching_up(status) else FOLLOWER
    return ELECTION


def _is_cut_off(status: NodeStatus, age_us: int) -> bool:
    limit_us = CUT_OFF_TIMEOUT_COUNT * status.election_max_us
    return limit_us > 0 and status.quorum_silence_us + age_us > limit_us


def _is_catching_up(status: NodeStatus) -> bool:
    """Whether what was said to be committed has been lacking for an election timeout."""
    return status.behind_us > max(status.election_max_us, 1)


def _hears_leader(status: NodeStatus) -> bool:
    # A learner has no election timer, so its `leader` may name one that fell silent long ago.
    if status.leader == 0:
        return False
    return status.election_max_us <= 0 or status.quorum_silence_us <= status.election_max_us


# --- the patterns over time ------------------------------------------------------------

_SHADES: dict[Color, Shade] = {
    Color.BLUE: (0.0, 0.0, 1.0),
    Color.GREEN: (0.0, 1.0, 0.0),
    Color.YELLOW: (1.0, 1.0, 0.0),
    Color.RED: (1.0, 0.0, 0.0),
    Color.WHITE: (1.0, 1.0, 1.0),
}
_DARK: Shade = (0.0, 0.0, 0.0)

_HALF_BLINK_US = 500_000
_PULSE_US = 2_560_000
_PULSE_STEP_US = 80_000
_PULSE_LOW = 0.125
# Two short flashes a second: unlike blinking at a glance, and below the three a second
# beyond which flashing harms people with photosensitive epilepsy (WCAG 2.3.1).
_FLASH_EDGES_US = (0, 80_000, 240_000, 320_000, 1_000_000)
# For eyes that do not tell the colours apart: lit but for a moment, and dark but for a moment.
_WINK_EDGES_US = (0, 1_850_000, 2_000_000)
_BLIP_EDGES_US = (0, 100_000, 2_000_000)
# Three short flashes and a long pause: one more than `identify` has, and no more than three.
_FLICKER_EDGES_US = (0, 100_000, 350_000, 450_000, 700_000, 800_000, 2_000_000)
_EDGES_US: dict[Pattern, tuple[int, ...]] = {
    Pattern.FLASHING: _FLASH_EDGES_US,
    Pattern.WINKING: _WINK_EDGES_US,
    Pattern.BLIPPING: _BLIP_EDGES_US,
    Pattern.FLICKERING: _FLICKER_EDGES_US,
}


def shade_at(lamp: Lamp, at_us: int) -> Shade:
    """Red, green and blue, each 0 to 1, that the lamp shows at `at_us` of any steady clock.

    All patterns but the slow pulse use 0 and 1 only, so that they need no software PWM.
    Lamps that share a clock blink together.
    """
    full = _SHADES[lamp.color]
    if lamp.pattern is Pattern.BLINKING:
        return full if at_us // _HALF_BLINK_US % 2 == 0 else _DARK
    if lamp.pattern is Pattern.IN_TURN:
        return full if at_us // _HALF_BLINK_US % 2 == 0 else _SHADES[Color.YELLOW]
    if lamp.pattern in _EDGES_US:
        return full if _edge(_EDGES_US[lamp.pattern], at_us) % 2 == 0 else _DARK
    if lamp.pattern is Pattern.SLOW_PULSE:
        level = _pulse_level(at_us)
        return (full[0] * level, full[1] * level, full[2] * level)
    return full


def next_change_us(lamp: Lamp, at_us: int) -> int | None:
    """When after `at_us` the shade may change next; None: never, while the lamp stays."""
    if lamp.pattern is Pattern.STEADY:
        return None
    if lamp.pattern is Pattern.SLOW_PULSE:
        return at_us - at_us % _PULSE_STEP_US + _PULSE_STEP_US
    if lamp.pattern in _EDGES_US:
        edges_us = _EDGES_US[lamp.pattern]
        return at_us - at_us % edges_us[-1] + edges_us[_edge(edges_us, at_us) + 1]
    return at_us - at_us % _HALF_BLINK_US + _HALF_BLINK_US


def _edge(edges_us: tuple[int, ...], at_us: int) -> int:
    in_period_us = at_us % edges_us[-1]
    return max(i for i, edge_us in enumerate(edges_us) if edge_us <= in_period_us)


def _pulse_level(at_us: int) -> float:
    step = at_us % _PULSE_US // _PULSE_STEP_US
    half = _PULSE_US // _PULSE_STEP_US // 2
    height = abs(half - step) / half
    return _PULSE_LOW + (1.0 - _PULSE_LOW) * height


# --- in words, for those who do not see the colours --------------------------------------

_MEANINGS: dict[Lamp, str] = {
    LEADER: "leader",
    FOLLOWER: "follower",
    LEARNER: "learner, or catching up",
    ELECTION: "election",
    OFFLINE: "offline",
    CUT_OFF: "cut off",
    NEEDS_PERSON: "needs a person",
    IDENTIFY: "this board here",
}
# One per meaning: the shape alone tells them apart, in any font that has these blocks.
_GLYPHS: dict[Lamp, str] = {
    LEADER: "★",
    FOLLOWER: "●",
    LEARNER: "◔",
    ELECTION: "▲",
    OFFLINE: "■",
    CUT_OFF: "□",
    NEEDS_PERSON: "‼",
    IDENTIFY: "◆",
}


def describe(lamp: Lamp) -> str:
    """The lamp as a person would say it: "blue", "yellow, blinking", "red and yellow in turn"."""
    if lamp.pattern is Pattern.STEADY:
        return lamp.color.value
    if lamp.pattern is Pattern.IN_TURN:
        return f"{lamp.color.value} and {Color.YELLOW.value} in turn"
    return f"{lamp.color.value}, {lamp.pattern.value}"


def meaning(lamp: Lamp) -> str:
    """What the lamp says about the board, in a word or two; empty for a lamp not in the table."""
    return _MEANINGS.get(lamp, "")


def glyph(lamp: Lamp) -> str:
    """One character that stands for the lamp without its colour; "?" for one not in the table."""
    return _GLYPHS.get(lamp, "?")
