"""One entry of the replicated log."""

from dataclasses import dataclass
from enum import Enum

from raftpi.core.configuration import Configuration


class EntryKind(Enum):
    """What an entry is for. The values appear on the wire and on disk."""

    NOOP = 1
    COMMAND = 2
    CONFIGURATION = 3


# Not frozen, for each command has one on every replica, and freezing triples what it costs to
# make it.
@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Entry:
    """An entry: `command` holds the client's bytes, unread; indexes start at 1.

    `configuration` is set for, and only for, entries of kind CONFIGURATION.
    Invariant: an entry never changes once it is made.
    """

    index: int
    term: int
    kind: EntryKind = EntryKind.COMMAND
    command: bytes = b""
    configuration: Configuration | None = None

    def size_bytes(self) -> int:
        """What the entry counts against byte limits: its command and a fixed overhead."""
        return len(self.command) + ENTRY_OVERHEAD_BYTES


ENTRY_OVERHEAD_BYTES = 32
