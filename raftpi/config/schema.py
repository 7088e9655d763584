"""Every key of raftpi.toml: its type, range, default and one line of explanation.

The checks and the documentation are both made from this table, so neither forgets a key.
"""

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath

from raftpi.config.endpoint import endpoint_problem
from raftpi.core.timing import PROFILES
from raftpi.lamp import CHOOSABLE_PATTERNS

NAME_PATTERN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
MEMBER_SECTION = "member"


class Kind(Enum):
    """The types that a key may have; the values are what the documentation calls them."""

    WHOLE = "whole number"
    TRUTH = "true or false"
    CHOICE = "word"
    PATH = "absolute path"
    NAME = "name"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key. `default` None means that it must be written.

    `minimum` and `maximum` bound WHOLE, `choices` lists the words of CHOICE, `schemes` the
    transports of ENDPOINT.
    """

    section: str
    name: str
    kind: Kind
    doc: str
    default: int | bool | str | None = None
    minimum: int = 0
    maximum: int = 0
    choices: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The key as it is called in messages: `section.name`."""
        return f"{self.section}.{self.name}"

    def allowed(self) -> str:
        """What may stand here, in words."""
        match self.kind:
            case Kind.WHOLE:
                return f"a whole number from {self.minimum} to {self.maximum}"
            case Kind.TRUTH:
                return "true or false"
            case Kind.CHOICE:
                return "one of " + ", ".join(f'"{choice}"' for choice in self.choices)
            case Kind.PATH:
                path = 'an absolute path in quotes, like "/var/lib/raftpi"'
                return path + (', or "" for none' if self.default == "" else "")
            case Kind.NAME:
                return "1 to 63 letters, digits, dots, dashes or underscores, in quotes"
            case Kind.ENDPOINT:
                forms = {"tcp": '"tcp://HOST:PORT"', "ipc": '"ipc:///PATH"'}
                return " or ".join(forms[scheme] for scheme in self.schemes)

    def problem(self, value: object) -> str | None:
        """What is wrong with `value`, or None; the sentence goes on after the key's path."""
        if self._fits(value):
            return None
        if self.kind is Kind.ENDPOINT and isinstance(value, str):
            reason = endpoint_problem(value, self.schemes)
            return None if reason is None else f"must be {self.allowed()}: {reason}"
        return f"must be {self.allowed()}, not {shown(value)}"

    def _fits(self, value: object) -> bool:
        match self.kind:
            case Kind.WHOLE:
                # bool is an int to Python, but `id = true` is a mistake.
                return (
                    isinstance(value, int)
                    and not isinstance(value, bool)
                    and self.minimum <= value <= self.maximum
                )
            case Kind.TRUTH:
                return isinstance(value, bool)
            case Kind.CHOICE:
                return value in self.choices
            case Kind.PATH:
                if not isinstance(value, str) or "\0" in value:
                    return False
                return PurePosixPath(value).is_absolute() or value == self.default
            case Kind.NAME:
                return isinstance(value, str) and NAME_PATTERN.fullmatch(value) is not None
            case Kind.ENDPOINT:
                return False


def shown(value: object) -> str:
    """A value as its writer will recognise it, shortened."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > 64:
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, str):
        text = f'"{value}"'
    elif isinstance(value, dict):
        return "a section"
    elif isinstance(value, list):
        return "a list"
    else:
        text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


# The meanings whose pattern a file may choose, with the pattern of the design's table.
LAMP_PATTERNS: dict[str, str] = {
    "leader": "steady",
    "follower": "steady",
    "learner": "slow pulse",
    "election": "blinking",
    "offline": "steady",
    "cut_off": "blinking",
}
# GPIO 0 and 1 belong to add-on boards' memories.
_FIRST_PIN, _LAST_PIN = 2, 27


def _pin(name: str, default: int, doc: str, *, minimum: int = _FIRST_PIN) -> Key:
    return Key(
        section="lamp",
        name=name,
        kind=Kind.WHOLE,
        minimum=minimum,
        maximum=_LAST_PIN,
        default=default,
        doc=doc,
    )


_LAMP_KEYS: tuple[Key, ...] = (
    _pin("red", 17, "the GPIO number of red (not the header's pin number)"),
    _pin("green", 27, "the GPIO number of green"),
    _pin("blue", 22, "the GPIO number of blue"),
    Key(
        section="lamp",
        name="common",
        kind=Kind.CHOICE,
        choices=("cathode", "anode"),
        default="cathode",
        doc="which end the three colours share: cathode (to ground) or anode (to 3.3 V)",
    ),
    Key(
        section="lamp",
        name="brightness_percent",
        kind=Kind.WHOLE,
        minimum=1,
        maximum=100,
        default=100,
        doc="below 100 the pins are dimmed in software, which wakes the processor all the time",
    ),
    Key(
        section="lamp",
        name="fade",
        kind=Kind.TRUTH,
        default=False,
        doc="let the slow pulse fade instead of switch, at the same cost",
    ),
    _pin("buzzer", 0, "the GPIO number of a buzzer that tells a new leader; 0: none", minimum=0),
    *(
        Key(
            section="lamp",
            name=meaning,
            kind=Kind.CHOICE,
            choices=CHOOSABLE_PATTERNS,
            default=pattern,
            doc=f"the pattern of the lamp that means {meaning.replace('_', ' ')}",
        )
        for meaning, pattern in LAMP_PATTERNS.items()
    ),
)

KEYS: tuple[Key, ...] = (
    Key(
        section="node",
        name="id",
        kind=Kind.WHOLE,
        minimum=1,
        maximum=65_535,
        doc="this board's number, one of the [[member]] ids",
    ),
    Key(
        section="node",
        name="data",
        kind=Kind.PATH,
        default="/var/lib/raftpi",
        doc="the directory of the log and the snapshots; this board's memory",
    ),
    Key(
        section="node",
        name="runtime",
        kind=Kind.PATH,
        default="/run/raftpi",
        doc="the directory of the sockets for programs on the board itself",
    ),
    Key(
        section="cluster",
        name="timing",
        kind=Kind.CHOICE,
        choices=tuple(PROFILES),
        default="wired",
        doc="how fast a silent leader is noticed; read at the founding only",
    ),
    Key(
        section="cluster",
        name="key_bytes",
        kind=Kind.WHOLE,
        minimum=1,
        maximum=65_536,
        default=1024,
        doc="the largest key; read at the founding only",
    ),
    Key(
        section="cluster",
        name="value_bytes",
        kind=Kind.WHOLE,
        minimum=1,
        maximum=16_777_216,
        default=1_048_576,
        doc="the largest value; read at the founding only",
    ),
    Key(
        section="cluster",
        name="session_limit",
        kind=Kind.WHOLE,
        minimum=1,
        maximum=1_000_000,
        default=4096,
        doc="how many client sessions are remembered; read at the founding only",
    ),
    Key(
        section="cluster",
        name="session_window",
        kind=Kind.WHOLE,
        minimum=1,
        maximum=65_536,
        default=1024,
        doc="how many results are remembered per session; read at the founding only",
    ),
    Key(
        section="storage",
        name="segment_bytes",
        kind=Kind.WHOLE,
        minimum=65_536,
        maximum=1_073_741_824,
        default=8_388_608,
        doc="the size of one file of the log, allocated ahead of need",
    ),
    Key(
        section="chaos",
        name="enabled",
        kind=Kind.TRUTH,
        default=False,
        doc="let programs on this board make the node drop and delay frames, for shows and tests",
    ),
    Key(
        section="security",
        name="insecure_network",
        kind=Kind.TRUTH,
        default=False,
        doc="allow addresses off the loopback without encryption",
    ),
    Key(
        section="security",
        name="keys",
        kind=Kind.PATH,
        default="",
        doc="the directory of this board's key and of the keys it trusts; with it every TCP link "
        "is encrypted, and addresses off the loopback need it",
    ),
    Key(
        section="security",
        name="trusted",
        kind=Kind.PATH,
        default="/etc/raftpi/trusted.toml",
        doc="the file of the public keys that are let in; read where `keys` is set",
    ),
    *_LAMP_KEYS,
    Key(
        section="log",
        name="level",
        kind=Kind.CHOICE,
        choices=("debug", "info", "warning", "error"),
        default="info",
        doc="the least important line that the journal gets",
    ),
    Key(
        section=MEMBER_SECTION,
        name="id",
        kind=Kind.WHOLE,
        minimum=1,
        maximum=65_535,
        doc="the member's number",
    ),
    Key(
        section=MEMBER_SECTION,
        name="name",
        kind=Kind.NAME,
        doc="the member's name, as people say it",
    ),
    Key(
        section=MEMBER_SECTION,
        name="peer",
        kind=Kind.ENDPOINT,
        schemes=("tcp",),
        doc="where the other members reach it",
    ),
    Key(
        section=MEMBER_SECTION,
        name="client",
        kind=Kind.ENDPOINT,
        schemes=("tcp", "ipc"),
        doc="where clients reach it",
    ),
    Key(
        section=MEMBER_SECTION,
        name="status",
        kind=Kind.ENDPOINT,
        schemes=("tcp", "ipc"),
        doc="where it publishes its status",
    ),
)

SECTIONS: tuple[str, ...] = tuple(dict.fromkeys(key.section for key in KEYS))


def keys_of(section: str) -> dict[str, Key]:
    """The keys of a section by name."""
    return {key.name: key for key in KEYS if key.section == section}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDescription:
    """One row of the documentation: all fields are words. `default` "" means required."""

    section: str
    name: str
    type: str
    default: str
    allowed: str
    doc: str


def describe_keys() -> list[KeyDescription]:
    """Every key in the order in which a file would have them, for the documentation."""
    return [
        KeyDescription(
            section=f"[[{key.section}]]" if key.section == MEMBER_SECTION else f"[{key.section}]",
            name=key.name,
            type=key.kind.value,
            default="" if key.default is None else shown(key.default),
            allowed=key.allowed(),
            doc=key.doc,
        )
        for key in KEYS
    ]
