"""The entries that a node still holds in memory, for a peer that has to mend its own."""

from raftpi.core.entry import Entry
from raftpi.core.log import RaftLog

ANSWER_BYTES = 1 << 20


def held_entries(
    log: RaftLog, first: int, last: int, limit_bytes: int = ANSWER_BYTES
) -> tuple[Entry, ...]:
    """Those from `first` to `last` that are held: as many as fit, but one at least if there is one.

    Whether they are committed makes no difference: index and term tell an entry from every other.
    """
    first = max(first, log.first_index)
    if first > min(last, log.last_index):
        return ()
    return tuple(entry for entry in log.within(first, limit_bytes) if entry.index <= last)
