"""What is on the card already, and what is only on its way there."""

from collections import deque
from dataclasses import dataclass

from raftpi.core.ready import HardState


@dataclass(slots=True, kw_only=True)
class IssuedBatch:
    """A batch that the driver was given and has not yet reported as persisted."""

    number: int
    last_index: int
    hard_state: HardState
    has_snapshot: bool = False


class Durability:
    """Tracks issued batches, so that a late completion never vouches for overwritten entries.

    Invariant: `durable_index` counts only entries that are in the log now.
    """

    def __init__(self, *, last_index: int, hard_state: HardState) -> None:
        """All that recovery kept is durable already."""
        self.durable_index = last_index
        self.durable_hard_state = hard_state
        self.issued_index = last_index
        self.issued_hard_state = hard_state
        self.issued_number = 0
        self.durable_number = 0
        self._issued: deque[IssuedBatch] = deque()

    def issue(self, *, last_index: int, hard_state: HardState, has_snapshot: bool = False) -> int:
        """Note a batch that reaches up to `last_index`; its number."""
        self.issued_number += 1
        self.issued_index = last_index
        self.issued_hard_state = hard_state
        self._issued.append(
            IssuedBatch(
                number=self.issued_number,
                last_index=last_index,
                hard_state=hard_state,
                has_snapshot=has_snapshot,
            )
        )
        return self.issued_number

    def overwritten_from(self, index: int) -> None:
        """The entries from `index` on were removed from the log: nobody vouches for them now."""
        self.issued_index = min(self.issued_index, index - 1)
        self.durable_index = min(self.durable_index, index - 1)
        for batch in self._issued:
            batch.last_index = min(batch.last_index, index - 1)

    def persisted(self, number: int) -> None:
        """Batch `number`, and with it every earlier one, is durable; other numbers do nothing."""
        while self._issued and self._issued[0].number <= number:
            batch = self._issued.popleft()
            self.durable_number = batch.number
            self.durable_index = max(self.durable_index, batch.last_index)
            self.durable_hard_state = batch.hard_state

    def refused(self) -> bool:
        """No batch that is still under way was written; whether one told of a snapshot."""
        has_snapshot = any(batch.has_snapshot for batch in self._issued)
        self._issued.clear()
        self.issued_index = self.durable_index
        self.issued_hard_state = self.durable_hard_state
        return has_snapshot
