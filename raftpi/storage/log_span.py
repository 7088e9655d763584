"""Which indexes the log holds, and their terms: enough to tell whether a snapshot agrees."""

from bisect import bisect_right
from collections.abc import Sequence

from raftpi.core.entry import Entry


class LogSpan:
    """The log's entries lie behind `base_index`, up to and with `last_index`.

    `snapshot_index` is the highest that a logged snapshot reaches to, 0 for none: what it holds
    is committed, and never void; so nothing up to `floor_index`, the higher of the two, is ever
    replaced. Terms are kept as runs: first index and term.
    Invariant: the runs reach from `base_index` or `snapshot_index` to `last_index`.
    """

    __slots__ = ("_runs", "base_index", "floor_index", "last_index", "snapshot_index")

    def __init__(self, base_index: int = 0) -> None:
        """Nothing behind `base_index`."""
        self.base_index = base_index
        self.floor_index = base_index
        self.last_index = base_index
        self.snapshot_index = 0
        self._runs: list[tuple[int, int]] = []

    def copy(self) -> "LogSpan":
        """The same, apart."""
        other = LogSpan(self.base_index)
        other.floor_index = self.floor_index
        other.last_index = self.last_index
        other.snapshot_index = self.snapshot_index
        other._runs = self._runs[:]
        return other

    def term_at(self, index: int) -> int:
        """The term of the entry at `index`, 0 where it is not known."""
        if index > self.last_index:
            return 0
        place = bisect_right(self._runs, index, key=_first_index)
        return self._runs[place - 1][1] if place else 0

    def extend(self, entries: Sequence[Entry]) -> None:
        """These follow; terms never fall along a log."""
        term = self._runs[-1][1] if self._runs else 0
        if not entries[0].term == term == entries[-1].term:
            for entry in entries:
                if entry.term != term:
                    term = entry.term
                    self._runs.append((entry.index, term))
        self.last_index = entries[-1].index

    def truncate(self, index: int) -> None:
        """The entries from `index` on are void."""
        self.last_index = index - 1
        while self._runs and self._runs[-1][0] >= index:
            self._runs.pop()

    def contradicts(self, index: int, term: int) -> bool:
        """Whether the log ends before a snapshot up to `index`, or has another term there."""
        return index > self.last_index or (index > self.floor_index and self.term_at(index) != term)

    def take_snapshot(self, index: int, term: int, *, voids: bool) -> None:
        """A snapshot up to `index` is logged; if it voids the log, that goes on behind it."""
        if voids:
            self.base_index = index
            self.last_index = index
            self._runs = [(index, term)]
        self.snapshot_index = max(self.snapshot_index, index)
        self.floor_index = max(self.base_index, self.snapshot_index)
        known = bisect_right(self._runs, self.snapshot_index, key=_first_index)
        del self._runs[: max(0, known - 1)]


def _first_index(run: tuple[int, int]) -> int:
    return run[0]
