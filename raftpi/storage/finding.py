"""What a look at a data directory brings to light: findings to tell, damage to refuse."""

from dataclasses import dataclass
from enum import Enum

from raftpi.errors import DamagedData, NewerVersion, RaftpiError


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that recovery dealt with by itself and that the journal shall say.

    `kind` is one of `torn-tail`, `doubtful-tail`, `torn-creation`, `founding-completed`,
    `unknown-file`, `unlogged-snapshot`, `rotten-snapshot`.
    """

    kind: str
    path: str
    offset: int
    text: str


class DamageKind(Enum):
    """What sort of damage: repairs differ by it."""

    MARK = "mark"  # a sector that neither this segment wrote nor zero-filling left behind
    HEADER = "header"  # a record's header, or what only headers can tell, is unreadable
    PAYLOAD = "payload"  # a record's payload alone is unreadable: its header is whole
    STRAY = "stray"  # bytes beyond the end of the log
    ORDER = "order"  # whole pieces that do not follow from one another
    SHORT = "short"  # a file that has lost its end
    MISSING = "missing"  # a file that should be there
    FOREIGN = "foreign"  # whole, but another replica's, cluster's or place's
    NEWER = "newer"  # no damage: written by a newer raftpi


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One damaged place; `offset` counts bytes from the start of the file."""

    kind: DamageKind
    offset: int
    text: str


class DamageFound(Exception):  # never leaves the storage: see `refusal`
    """Carries a Damage from where it is seen to where the file's name is known."""

    def __init__(self, kind: DamageKind, offset: int, text: str) -> None:
        """See `Damage`."""
        super().__init__(text)
        self.damage = Damage(kind=kind, offset=offset, text=text)


class DamageRefused(DamagedData):
    """A node does not start on this `damage` of the file at `path`."""

    def __init__(self, text: str, path: str, damage: Damage) -> None:
        """`text` is the whole message."""
        super().__init__(text)
        self.path = path
        self.damage = damage


def refusal(directory: str, path: str, damage: Damage) -> RaftpiError:
    """The error with which a node refuses to start on this damage."""
    if damage.kind is DamageKind.NEWER:
        return NewerVersion(
            f"{path} at offset {damage.offset}: {damage.text}; "
            "install that newer raftpi again: this one cannot read the directory"
        )
    return DamageRefused(
        f"{path} at offset {damage.offset}: {damage.text}; a node must not go on with a log "
        f"that may have forgotten: run `raftpi fsck {directory}` to see the whole damage",
        path,
        damage,
    )
