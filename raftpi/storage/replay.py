"""Replaying records in the order of the log: what they add up to."""

from dataclasses import replace

from raftpi.core.entry import Entry, EntryKind
from raftpi.core.ready import HardState
from raftpi.errors import ProtocolError
from raftpi.payload import KINDS, unpack_entry
from raftpi.storage.finding import DamageFound, DamageKind
from raftpi.storage.log_end import LogEnd, regress
from raftpi.storage.record import IN_DOUBT, NO_DOUBT, Record, RecordKind
from raftpi.storage.sector import SECTOR_BYTES
from raftpi.storage.segment_head import LoggedConfiguration, SegmentHead, head_of
from raftpi.storage.snapshot_record import LoggedSnapshot, read_snapshot
from raftpi.storage.whole_batch import ScannedBatch

_ENTRY, _COMMAND = int(RecordKind.ENTRY), EntryKind.COMMAND.value


class Replay:
    """Takes in batch after batch; raises DamageFound for one that does not follow.

    Invariant: `entries[i].index == end.span.base_index + 1 + i`, and `end` agrees with what was
    taken in.
    """

    def __init__(self) -> None:
        """Nothing taken in."""
        self.end = LogEnd()
        self.entries: list[Entry] = []
        self.sequence = 0

    def take(self, batch: ScannedBatch, records: tuple[Record, ...] | None = None) -> None:
        """Take in a batch, or only these of its `records`."""
        offset = batch.first_sector * SECTOR_BYTES
        if batch.sequence != self.sequence + 1:
            raise _order(
                offset,
                f"the batch with sequence number {batch.sequence} follows {self.sequence}",
            )
        self.sequence = batch.sequence
        for record in batch.records if records is None else records:
            if record.kind == _ENTRY and record.detail == _COMMAND:
                self._take_command(record, offset)
            else:
                self._take_record(record, offset)

    def begin_segment(self, batch: ScannedBatch) -> tuple[SegmentHead, tuple[Record, ...]]:
        """Check a segment's head, in its first batch, against the log so far.

        Nothing taken in yet, and the segment goes on from another: that one was cut off, and the
        log begins here, in the state that the head tells.
        Returns the head and the records of the batch that are yet to be taken in.
        """
        offset = batch.first_sector * SECTOR_BYTES
        if not batch.records:
            raise _order(offset, "the first batch of a segment has no head")
        head = head_of(batch.records[0], offset)
        if self.sequence == 0 and head.previous_generation:
            self._begin_at(head, batch)
        end = self.end
        end.begin_segment(head.generation)
        # Only what was cut off between the two segments can have raised a doubt.
        before = end.hard_state
        before = replace(before, in_doubt=before.in_doubt or head.hard_state.in_doubt)
        if head.first_index != end.last_index + 1 or head.hard_state != before:
            raise _order(
                offset,
                f"the segment begins at index {head.first_index}, term {head.hard_state.term}, "
                f"but the log before it ends at index {end.last_index}, "
                f"term {before.term}",
            )
        end.hard_state = before
        if not end.configurations:
            return head, batch.records[1:]
        known = end.configurations[-1]
        repeated = (RecordKind.CONFIGURATION, 0, known.index, known.term, known.payload)
        if len(batch.records) < 2 or batch.records[1] != repeated:
            raise _order(offset, "the segment does not repeat the configuration in force")
        return head, batch.records[2:]

    def _begin_at(self, head: SegmentHead, batch: ScannedBatch) -> None:
        second = batch.records[1] if len(batch.records) > 1 else None
        if second is None or second.kind != RecordKind.CONFIGURATION:
            raise _order(0, "a segment that others came before does not repeat the configuration")
        self.sequence = batch.sequence - 1
        configuration = LoggedConfiguration(
            index=second.log_index, term=second.term, payload=second.payload
        )
        self.end.begin_behind(head.first_index - 1, head.hard_state, configuration)

    def _take_record(self, record: Record, offset: int) -> None:
        kind = record.kind
        if kind == RecordKind.ENTRY:
            self._take_entry(record, offset)
        elif kind == RecordKind.HARD_STATE:
            if record.detail not in (NO_DOUBT, IN_DOUBT):
                text = f"a term and vote of kind {record.detail}, which is not known here"
                raise DamageFound(DamageKind.NEWER, offset, text)
            hard_state = HardState(
                term=record.term,
                voted_for=record.log_index,
                in_doubt=record.detail == IN_DOUBT,
            )
            problem = regress(self.end.hard_state, hard_state)
            if problem:
                raise _order(offset, f"a record {problem}")
            self.end.hard_state = hard_state
        elif kind == RecordKind.TRUNCATION:
            span = self.end.span
            if span.snapshot_index < record.log_index <= span.base_index:
                # No cut goes so far: what a snapshot holds is never replaced.
                raise DamageFound(
                    DamageKind.MISSING,
                    0,
                    f"the segment is missing, and from its entry {record.log_index} on a later "
                    "one replaces the log",
                )
            if not span.floor_index < record.log_index <= span.last_index:
                raise _order(
                    offset,
                    f"a truncation from index {record.log_index} in a log that ends "
                    f"at {span.last_index}, fixed up to {span.floor_index}",
                )
            self.end.truncate(record.log_index)
            del self.entries[record.log_index - 1 - span.base_index :]
        elif kind == RecordKind.SNAPSHOT:
            self._take_snapshot(read_snapshot(record, offset), offset)
        else:
            raise _order(offset, f"a record of kind {kind} inside a batch")

    def _take_snapshot(self, snapshot: LoggedSnapshot, offset: int) -> None:
        if snapshot.index > self.end.last_index and not snapshot.voids:
            raise _order(
                offset,
                f"a snapshot up to {snapshot.index} in a log that ends at {self.end.last_index}",
            )
        if snapshot.voids:
            self.entries.clear()
        self.end.take_snapshot(snapshot)

    def _take_command(self, record: Record, offset: int) -> None:
        """As `_take_entry`, in fewer steps: a log may have a million commands."""
        _, _, index, term, payload = record
        span = self.end.span
        if index != span.last_index + 1:
            raise _order(offset, f"entry {index} follows entry {span.last_index}")
        entry = Entry(index=index, term=term, command=payload)
        self.entries.append(entry)
        span.extend((entry,))

    def _take_entry(self, record: Record, offset: int) -> None:
        end = self.end
        if record.log_index != end.last_index + 1:
            raise _order(offset, f"entry {record.log_index} follows entry {end.last_index}")
        if record.detail not in KINDS:
            raise DamageFound(
                DamageKind.NEWER,
                offset,
                f"entry {record.log_index} is of kind {record.detail}, which is not known here",
            )
        try:
            entry = unpack_entry(record.log_index, record.term, record.detail, record.payload)
        except ProtocolError as error:
            raise _order(offset, f"entry {record.log_index} cannot be read: {error}") from error
        self.entries.append(entry)
        end.span.extend((entry,))
        if entry.kind is EntryKind.CONFIGURATION:
            end.configurations.append(
                LoggedConfiguration(
                    index=record.log_index, term=record.term, payload=record.payload
                )
            )


def _order(offset: int, text: str) -> DamageFound:
    return DamageFound(DamageKind.ORDER, offset, text)
