"""What the log amounts to at its end: the state in which the next batch finds it."""

from collections.abc import Sequence

from raftpi.core.entry import EntryKind
from raftpi.core.ready import Batch, HardState
from raftpi.payload import pack_payload
from raftpi.storage.record import RecordKind, add_record
from raftpi.storage.segment_head import Junction, LoggedConfiguration


class LogEnd:
    """Term, vote, last index and configurations, as of the last batch.

    Invariant: `configurations` are the log's own, in the order of their indexes; the last
    one is in force.
    """

    def __init__(self) -> None:
        """The end of a log without anything in it."""
        self.hard_state = HardState(term=0, voted_for=0)
        self.last_index = 0
        self.configurations: list[LoggedConfiguration] = []

    def truncate(self, index: int) -> None:
        """The entries from `index` on are void."""
        self.last_index = index - 1
        while self.configurations and self.configurations[-1].index >= index:
            self.configurations.pop()

    def junction(self, generation: int, end_sector: int, sequence: int) -> Junction:
        """This very point of the log, which lies at the end of what that segment holds."""
        return Junction(
            previous_generation=generation,
            previous_end_sector=end_sector,
            sequence=sequence,
            hard_state=self.hard_state,
            last_index=self.last_index,
            configuration=self.configurations[-1] if self.configurations else None,
        )

    def check(self, batches: Sequence[Batch]) -> None:
        """Raise ValueError unless these batches may follow: the caller's mistake if not."""
        last_index = self.last_index
        hard_state = self.hard_state
        for batch in batches:
            if batch.entries:
                first = batch.entries[0].index
                if not 1 <= first <= last_index + 1:
                    raise ValueError(
                        f"batch {batch.number} begins at index {first}, "
                        f"and the log ends at {last_index}"
                    )
                for expected, entry in enumerate(batch.entries, first):
                    if entry.index != expected:
                        raise ValueError(
                            f"batch {batch.number} has entry {entry.index} in place of {expected}"
                        )
                last_index = batch.entries[-1].index
            if batch.hard_state is not None:
                problem = regress(hard_state, batch.hard_state)
                if problem:
                    raise ValueError(f"batch {batch.number} {problem}")
                hard_state = batch.hard_state

    def add_batches(self, pieces: list[bytes], seed: int, batches: Sequence[Batch]) -> None:
        """Put the records of `batches`, which were checked, in `pieces`, and follow them."""
        hard_state = self.hard_state
        for batch in batches:
            entries = batch.entries
            if entries:
                if entries[0].index <= self.last_index:
                    self.truncate(entries[0].index)
                    add_record(pieces, seed, RecordKind.TRUNCATION, 0, entries[0].index, 0)
                for entry in entries:
                    payload = pack_payload(entry)
                    add_record(
                        pieces,
                        seed,
                        RecordKind.ENTRY,
                        entry.kind.value,
                        entry.index,
                        entry.term,
                        payload,
                    )
                    if entry.kind is EntryKind.CONFIGURATION:
                        self.configurations.append(
                            LoggedConfiguration(index=entry.index, term=entry.term, payload=payload)
                        )
                self.last_index = entries[-1].index
            hard_state = batch.hard_state or hard_state
        if hard_state != self.hard_state:
            self.hard_state = hard_state
            add_record(
                pieces, seed, RecordKind.HARD_STATE, 0, hard_state.voted_for, hard_state.term
            )


def regress(before: HardState, after: HardState) -> str:
    """What is wrong with `after` as the next hard state; "" if it may follow `before`."""
    if after.term < before.term:
        return f"takes the term back from {before.term} to {after.term}"
    if after.term == before.term and before.voted_for not in (0, after.voted_for):
        return (
            f"changes the vote in term {after.term} "
            f"from {before.voted_for:016x} to {after.voted_for:016x}"
        )
    return ""
