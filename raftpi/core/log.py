"""The replicated log in memory: entries, terms, and the configurations among them."""

from collections.abc import Sequence

from raftpi.core.configuration import Configuration
from raftpi.core.entry import ENTRY_OVERHEAD_BYTES, Entry, EntryKind
from raftpi.core.snapshot import SnapshotMeta

# Freeing entries takes time, a hundred thousand of them several heartbeats on a slow board: so
# this many at a time, or this part of all that are to go.
FREED_LEAST_COUNT = 1_000
FREED_PART = 16


class RaftLog:
    """The entries from `first_index` to `last_index`; everything before them is in a snapshot.

    `first_index` is that of the first entry held, or the one it will have. `snapshot_index` and
    `snapshot_term` are those of the last entry before them, 0 for none. `configuration` is the
    latest in the log, committed or not (thesis 4.1), and `configuration_index` the index of the
    entry that it is from, 0 for none.
    Invariant: indexes are contiguous and terms never fall.
    """

    def __init__(self, entries: Sequence[Entry] = (), snapshot: SnapshotMeta | None = None) -> None:
        """A log with these entries, starting at index 1 or behind the snapshot."""
        self.snapshot_index = 0
        self.snapshot_term = 0
        self.first_index = 1
        self.last_index = 0
        self._entries: list[Entry] = []
        # No part of the log any more, and yet to be freed.
        self._retired: list[Entry] = []
        # Those in the log, and before them the one in force at its beginning.
        self._configurations: list[tuple[int, Configuration]] = []
        self.configuration: Configuration | None = None
        self.configuration_index = 0
        if snapshot is not None:
            self.begin_behind(snapshot)
        self.append(entries)

    @property
    def last_term(self) -> int:
        """The term of the last entry; that of the snapshot when no entry follows it."""
        return self._entries[-1].term if self._entries else self.snapshot_term

    @property
    def configuration_before(self) -> Configuration | None:
        """The one before `configuration`, as long as that is not compacted."""
        return self._configurations[-2][1] if len(self._configurations) > 1 else None

    def append(self, entries: Sequence[Entry]) -> None:
        """Add entries at the end. Raises ValueError when they do not continue the log."""
        last_term = self.last_term
        for entry in entries:
            if entry.index != self.last_index + 1 or entry.term < last_term:
                raise ValueError(
                    f"entry {entry.index} of term {entry.term} does not continue a log that "
                    f"ends at {self.last_index} of term {last_term}"
                )
            self._entries.append(entry)
            self.last_index = entry.index
            last_term = entry.term
            if entry.kind is EntryKind.CONFIGURATION and entry.configuration is not None:
                self._configurations.append((entry.index, entry.configuration))
                self._follow_configurations()

    def truncate_from(self, index: int) -> None:
        """Remove the entry at `index` and all behind it."""
        del self._entries[index - self.first_index :]
        self.last_index = self.snapshot_index + len(self._entries)
        while self._configurations and self._configurations[-1][0] >= index:
            self._configurations.pop()
            self._follow_configurations()

    def begin_behind(self, snapshot: SnapshotMeta) -> None:
        """Forget every entry: the log goes on behind the snapshot."""
        self.snapshot_term = snapshot.term
        self._retire(len(self._entries), snapshot.index)
        self.last_index = snapshot.index
        self._configurations = [(snapshot.configuration_index, snapshot.configuration)]
        self._follow_configurations()

    def compact(self, index: int) -> None:
        """Forget the entries up to and with `index`, which a durable snapshot holds."""
        if index <= self.snapshot_index:
            return
        self.snapshot_term = self.term_at(index)
        self._retire(index - self.snapshot_index, index)
        while len(self._configurations) > 1 and self._configurations[1][0] <= index:
            del self._configurations[0]

    def free_some(self) -> None:
        """Free a part of what is no part of the log any more: bounded work, for every turn."""
        if self._retired:
            count = max(FREED_LEAST_COUNT, len(self._retired) // FREED_PART)
            del self._retired[-count:]

    def entry(self, index: int) -> Entry:
        """The entry at `index`, which must be held."""
        if not self.first_index <= index <= self.last_index:
            raise IndexError(f"entry {index} is not in {self.first_index}..{self.last_index}")
        return self._entries[index - self.first_index]

    def term_at(self, index: int) -> int:
        """The term of the entry at `index`; 0 before the first one and beyond the end."""
        if index == self.snapshot_index:
            return self.snapshot_term
        if not self.first_index <= index <= self.last_index:
            return 0
        return self._entries[index - self.first_index].term

    def matches(self, index: int, term: int) -> bool:
        """Whether the log holds, or has compacted, an entry with this index and term."""
        if index == 0:
            return True
        return self.snapshot_index <= index <= self.last_index and self.term_at(index) == term

    def between(self, first: int, last: int) -> tuple[Entry, ...]:
        """The entries `first` to `last`, both included."""
        return tuple(self._entries[first - self.first_index : last - self.first_index + 1])

    def within(self, first: int, max_bytes: int) -> tuple[Entry, ...]:
        """The entries from `first` on, as many as fit into `max_bytes`, but at least one."""
        taken: list[Entry] = []
        size_bytes = 0
        for position in range(first - self.first_index, len(self._entries)):
            entry = self._entries[position]
            size_bytes += len(entry.command) + ENTRY_OVERHEAD_BYTES
            if taken and size_bytes > max_bytes:
                break
            taken.append(entry)
        return tuple(taken)

    def first_index_of_term_at(self, index: int) -> int:
        """The first index that has the same term as the entry at `index`."""
        term = self.term_at(index)
        low, high = self.first_index, index
        while low < high:
            middle = (low + high) // 2
            if self.term_at(middle) < term:
                low = middle + 1
            else:
                high = middle
        return low

    def last_index_of_term(self, term: int) -> int:
        """The last index with this term, or 0 when the log has none of it."""
        low, high = self.snapshot_index, self.last_index
        while low < high:
            middle = (low + high + 1) // 2
            if self.term_at(middle) <= term:
                low = middle
            else:
                high = middle - 1
        return low if low > 0 and self.term_at(low) == term else 0

    def is_up_to_date(self, last_log_index: int, last_log_term: int) -> bool:
        """Whether a log that ends so is at least as up-to-date as this one (paper 5.4.1)."""
        if last_log_term != self.last_term:
            return last_log_term > self.last_term
        return last_log_index >= self.last_index

    def _retire(self, count: int, snapshot_index: int) -> None:
        self._retired.extend(self._entries[:count])
        del self._entries[:count]
        self.snapshot_index = snapshot_index
        self.first_index = snapshot_index + 1

    def _follow_configurations(self) -> None:
        if self._configurations:
            self.configuration_index, self.configuration = self._configurations[-1]
        else:
            self.configuration_index, self.configuration = 0, None
