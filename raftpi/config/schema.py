"""Every key of raftpi.toml: its type, range, default and one line of explanation.

The checks and the documentation are both made from this table, so neither forgets a key.
"""

from dataclasses import dataclass

from raftpi.config.key import Key, Kind, shown
from raftpi.core.timing import PROFILES
from raftpi.lamp import CHOOSABLE_PATTERNS

MEMBER_SECTION = "member"


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
        section="cluster",
        name="lease_reads",
        kind=Kind.TRUTH,
        default=False,
        doc="leaders answer reads without asking the others while their lease is good; right as "
        "long as no board's clock runs more than 5 % fast or slow, and a dropped connection then "
        "does not hasten an election; read at the founding only",
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
        section="storage",
        name="snapshot_entries",
        kind=Kind.WHOLE,
        minimum=100,
        maximum=100_000_000,
        default=50_000,
        doc="a snapshot is made after so many entries of the log, and takes their place",
    ),
    Key(
        section="storage",
        name="snapshot_log_bytes",
        kind=Kind.WHOLE,
        minimum=65_536,
        maximum=1_073_741_824,
        default=33_554_432,
        doc="a snapshot is made after so many bytes of the log at the latest",
    ),
    Key(
        section="storage",
        name="reserve_bytes",
        kind=Kind.WHOLE,
        minimum=65_536,
        maximum=1_073_741_824,
        default=1_048_576,
        doc="so much is kept back on the card, or as much as the last snapshot needed, if that is "
        "more, so that a snapshot can be written when the card is full",
    ),
    Key(
        section="storage",
        name="card_endurance_tbw",
        kind=Kind.WHOLE,
        minimum=0,
        maximum=1_000_000,
        default=0,
        doc="how many terabytes may be written to the card, as its maker says, from which "
        "`raftpi status --wear` estimates its life; 0: not known",
    ),
    Key(
        section="storage",
        name="scrub_pass_s",
        kind=Kind.WHOLE,
        minimum=0,
        maximum=31_536_000,
        default=86_400,
        doc="the log and the snapshots are read back from the card, and checked, once in so many "
        "seconds, a little at a time; 0: never",
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
    Key(
        section=MEMBER_SECTION,
        name="priority",
        kind=Kind.WHOLE,
        minimum=0,
        maximum=100,
        default=0,
        doc="the board with the highest number gets the lead back once it is well; the same on "
        "all boards",
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
