"""What a writer was told about each of its writes, and what follows from it. Pure.

A line of the record is `<called us> <returned us> <outcome> <name>`, in microseconds of
CLOCK_MONOTONIC; `name` is both key and value, and no two writes share one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise


class Outcome(Enum):
    """What a client may be told of a write."""

    ACKNOWLEDGED = "acknowledged"
    UNKNOWN = "unknown"
    NOT_DONE = "not-done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One write from the call to its return."""

    called_us: int
    returned_us: int
    outcome: Outcome
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time without acknowledgements: from the last one before it to the one that ends it."""

    from_us: int
    to_us: int

    @property
    def length_us(self) -> int:
        """How long nothing was acknowledged."""
        return self.to_us - self.from_us


class WriteRecord:
    """All writes that have returned, in the order of returning."""

    def __init__(self, lines: Iterable[str]) -> None:
        """A last line that is half written is left out. Raises ValueError for other lines."""
        writes = [_write(line) for line in lines if line.endswith("\n")]
        self.writes = sorted(writes, key=lambda write: write.returned_us)

    def acknowledged(self) -> list[Write]:
        """The writes that must never be lost."""
        return [write for write in self.writes if write.outcome is Outcome.ACKNOWLEDGED]

    def acknowledged_after(self, at_us: int) -> list[Write]:
        """The acknowledgements of writes that were called after `at_us`."""
        return [write for write in self.acknowledged() if write.called_us > at_us]

    def longest_gap(self, from_us: int, to_us: int) -> Gap | None:
        """The longest time between two acknowledgements that touches this span; None without.

        An acknowledgement that was on its way at `from_us` so does not hide the gap behind it.
        """
        pairs = [
            Gap(from_us=before.returned_us, to_us=after.returned_us)
            for before, after in pairwise(self.acknowledged())
            if after.returned_us > from_us and before.returned_us < to_us
        ]
        return max(pairs, key=lambda gap: gap.length_us, default=None)

    def lost(self, found: Mapping[str, str]) -> list[str]:
        """The acknowledged writes that are not in what was read back, or not as written."""
        return [w.name for w in self.acknowledged() if found.get(w.name) != w.name]

    def invented(self, found: Mapping[str, str]) -> list[str]:
        """The writes that were told to be certainly not done, and were done."""
        return [w.name for w in self.writes if w.outcome is Outcome.NOT_DONE and w.name in found]


def _write(line: str) -> Write:
    called_us, returned_us, outcome, name = line.split()
    return Write(
        called_us=int(called_us),
        returned_us=int(returned_us),
        outcome=Outcome(outcome),
        name=name,
    )
