"""What the log amounts to at its end: the state in which the next batch finds it."""

from collections.abc import Sequence

from raftpi.core.entry import EntryKind
from raftpi.core.ready import Batch, HardState
from raftpi.payload import pack_payload
from raftpi.storage.log_span import LogSpan
from raftpi.storage.record import IN_DOUBT, NO_DOUBT, RecordKind, add_entries, add_record
from raftpi.storage.segment_head import Junction, LoggedConfiguration
from raftpi.storage.snapshot_record import LoggedSnapshot, add_snapshot, logged


class LogEnd:
    """Term, vote, the span of indexes and configurations, as of the last batch.

    `beginnings` are the generation and first index of the segments at which the log could begin
    if those before were removed: nothing in them or behind replaces an entry before that index.
    Invariant: their first indexes never fall. `configurations` are the one in force where the log
    begins, or at its newest snapshot, and those behind it, by index; the last one is in force.
    """

    def __init__(self) -> None:
        """The end of a log without anything in it."""
        self.hard_state = HardState(term=0, voted_for=0)
        self.span = LogSpan()
        self.configurations: list[LoggedConfiguration] = []
        self.beginnings: list[tuple[int, int]] = []

    @property
    def last_index(self) -> int:
        """The index of the last entry, or of the snapshot behind which none follows yet."""
        return self.span.last_index

    def copy(self) -> "LogEnd":
        """The same, apart."""
        other = LogEnd()
        other.hard_state = self.hard_state
        other.span = self.span.copy()
        other.configurations = self.configurations[:]
        other.beginnings = self.beginnings[:]
        return other

    def begin_behind(
        self, index: int, hard_state: HardState, configuration: LoggedConfiguration
    ) -> None:
        """Of the log, what lies up to `index` is gone; this is what it left."""
        self.hard_state = hard_state
        self.span = LogSpan(index)
        self.configurations = [configuration]

    def truncate(self, index: int) -> None:
        """The entries from `index` on are void."""
        self.span.truncate(index)
        while self.configurations and self.configurations[-1].index >= index:
            self.configurations.pop()
        self._forget_beginnings(index)

    def take_snapshot(self, snapshot: LoggedSnapshot) -> None:
        """A snapshot is logged."""
        self.span.take_snapshot(snapshot.index, snapshot.term, voids=snapshot.voids)
        known = self.configurations
        if snapshot.voids:
            known[:] = [snapshot.configuration]
            self._forget_beginnings(snapshot.index + 1)
        while len(known) > 1 and known[1].index <= self.span.snapshot_index:
            del known[0]

    def begin_segment(self, generation: int) -> None:
        """A segment begins here."""
        self.beginnings.append((generation, self.last_index + 1))

    def cut(self, index: int) -> int:
        """The latest segment at which the log can begin if entries up to `index` are not needed."""
        while len(self.beginnings) > 1 and self.beginnings[1][1] <= index + 1:
            del self.beginnings[0]
        usable = self.beginnings and self.beginnings[0][1] <= index + 1
        return self.beginnings[0][0] if usable else 0

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
        # A lone batch of entries is held against the log as it is; others against one another too.
        is_lone = len(batches) == 1 and batches[0].snapshot is None
        span = self.span if is_lone else self.span.copy()
        hard_state = self.hard_state
        for batch in batches:
            if batch.snapshot is not None:
                index, term = batch.snapshot.index, batch.snapshot.term
                span.take_snapshot(index, term, voids=span.contradicts(index, term))
            if batch.entries:
                first = batch.entries[0].index
                if not span.floor_index < first <= span.last_index + 1:
                    raise ValueError(
                        f"batch {batch.number} begins at index {first}, and the log ends at "
                        f"{span.last_index}, fixed up to {span.floor_index}"
                    )
                for expected, entry in enumerate(batch.entries, first):
                    if entry.index != expected:
                        raise ValueError(
                            f"batch {batch.number} has entry {entry.index} in place of {expected}"
                        )
                if not is_lone:
                    span.truncate(first)
                    span.extend(batch.entries)
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
            if batch.snapshot is not None:
                index, term = batch.snapshot.index, batch.snapshot.term
                snapshot = logged(batch.snapshot, voids=self.span.contradicts(index, term))
                self.take_snapshot(snapshot)
                add_snapshot(pieces, seed, snapshot)
            if entries:
                if entries[0].index <= self.last_index:
                    self.truncate(entries[0].index)
                    add_record(pieces, seed, RecordKind.TRUNCATION, 0, entries[0].index, 0)
                add_entries(pieces, seed, entries)
                for entry in entries:
                    if entry.kind is EntryKind.CONFIGURATION:
                        payload = pack_payload(entry)
                        self.configurations.append(
                            LoggedConfiguration(index=entry.index, term=entry.term, payload=payload)
                        )
                self.span.extend(entries)
            hard_state = batch.hard_state or hard_state
        if hard_state != self.hard_state:
            self.hard_state = hard_state
            add_record(
                pieces,
                seed,
                RecordKind.HARD_STATE,
                IN_DOUBT if hard_state.in_doubt else NO_DOUBT,
                hard_state.voted_for,
                hard_state.term,
            )

    def _forget_beginnings(self, index: int) -> None:
        while self.beginnings and self.beginnings[-1][1] > index:
            self.beginnings.pop()


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
