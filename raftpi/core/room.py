"""How much room the own card has: entries for which there is none are withheld from it.

They stay in the log in memory, and nobody is told that they are here; when there is room again
they are written. A follower holds no more of them than a bound.
"""

from collections.abc import Sequence
from enum import Enum

from raftpi.core.entry import ENTRY_OVERHEAD_BYTES, Entry


class Room(Enum):
    """What the card takes: everything, batches without entries only (term and vote), nothing."""

    ENOUGH = "enough"
    VOTES = "votes"
    NONE = "none"


def size_bytes(entries: Sequence[Entry]) -> int:
    """How much these count for the bound."""
    commands = [entry.command for entry in entries]
    return sum(map(len, commands)) + ENTRY_OVERHEAD_BYTES * len(commands)
