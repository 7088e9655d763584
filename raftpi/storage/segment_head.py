"""The head of a segment: whose it is, and where in the log it begins.

The first batch of a segment holds, behind its batch start, the segment head, then the
configuration in force (none at the very beginning), then the records of that batch. The
head's payload, nine u64, little-endian; longer ones may come, flags say what must be known:

    flags, replica id, cluster id, generation, first index,
    previous generation, previous end in sectors, term, voted for

The one flag there is, 1, says that what this replica promised may be forgotten (see
`raftpi.core.doubt`).

The log goes on in this segment where the previous one, of generation `previous generation`,
validly ends: at sector `previous end`. What lies beyond that is void for ever, as is every
segment between the two. The first segment of a log has no previous one: 0 and 0. Term, vote
and configuration are those at that point, and `first index` is one more than the log's last
index there. The whole head lies in the first sector.

So the log can begin at any segment, when those before it have been removed: what a head tells
is all that they left behind, but for their entries, and a snapshot must hold those.
"""

from dataclasses import dataclass
from struct import Struct

from raftpi.core.ready import HardState
from raftpi.storage.finding import DamageFound, DamageKind
from raftpi.storage.record import Record, RecordKind, add_record, read_record
from raftpi.storage.sector import MARK_BYTES, SECTOR_BYTES, Marks, file_offset, marks_of
from raftpi.storage.stamp import SEGMENT_MAGIC, STAMP_BYTES, check_stamp

_HEAD = Struct("<QQQQQQQQQ")
_IN_DOUBT = 1
_MARK = Struct("<I")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedConfiguration:
    """A configuration as the log holds it: its entry's index and term, and its packed bytes."""

    index: int
    term: int
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Junction:
    """A point of the log between two batches, at which a segment can begin.

    `sequence` is the number of the batch that comes next. `configuration` is None before
    the founding.
    """

    previous_generation: int
    previous_end_sector: int
    sequence: int
    hard_state: HardState
    last_index: int
    configuration: LoggedConfiguration | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentHead:
    """The head record of a segment."""

    replica_id: int
    cluster_id: int
    generation: int
    first_index: int
    previous_generation: int
    previous_end_sector: int
    hard_state: HardState


def add_head(
    pieces: list[bytes],
    seed: int,
    junction: Junction,
    *,
    replica_id: int,
    cluster_id: int,
    generation: int,
) -> None:
    """Put the head of a segment that begins at `junction`, with its configuration, in `pieces`."""
    hard_state = junction.hard_state
    payload = _HEAD.pack(
        _IN_DOUBT if hard_state.in_doubt else 0,
        replica_id,
        cluster_id,
        generation,
        junction.last_index + 1,
        junction.previous_generation,
        junction.previous_end_sector,
        hard_state.term,
        hard_state.voted_for,
    )
    add_record(pieces, seed, RecordKind.SEGMENT_HEAD, 0, generation, hard_state.term, payload)
    known = junction.configuration
    if known is not None:
        add_record(
            pieces, seed, RecordKind.CONFIGURATION, 0, known.index, known.term, known.payload
        )


def head_of(record: Record, offset: int) -> SegmentHead:
    """The head that a record of that kind holds. Raises DamageFound."""
    if record.kind != RecordKind.SEGMENT_HEAD or len(record.payload) < _HEAD.size:
        raise DamageFound(DamageKind.ORDER, offset, "a segment does not begin with its head")
    flags, replica, cluster, generation, first, previous, end, term, vote = _HEAD.unpack_from(
        record.payload
    )
    if flags & ~_IN_DOUBT:
        raise DamageFound(
            DamageKind.NEWER, offset, f"a segment with flags {flags:#x}, which are not known here"
        )
    return SegmentHead(
        replica_id=replica,
        cluster_id=cluster,
        generation=generation,
        first_index=first,
        previous_generation=previous,
        previous_end_sector=end,
        hard_state=HardState(term=term, voted_for=vote, in_doubt=bool(flags & _IN_DOUBT)),
    )


def read_head(first_sector: bytes) -> SegmentHead:
    """The head from a segment's first sector, whosever it is. Raises DamageFound.

    The sector is checked against the mark that it bears itself, so that another replica's
    segment is told from a damaged one of our own.
    """
    if len(first_sector) < SECTOR_BYTES:
        raise DamageFound(
            DamageKind.SHORT, len(first_sector), "the segment ends inside its first sector"
        )
    content = first_sector[MARK_BYTES:SECTOR_BYTES]
    check_stamp(content, SEGMENT_MAGIC, MARK_BYTES)
    (mark,) = _MARK.unpack_from(first_sector)
    start = read_record(content, STAMP_BYTES, len(content), mark, 0)
    at = STAMP_BYTES + start.size_bytes
    head = head_of(read_record(content, at, len(content), mark, 0), file_offset(0, at))
    if marks_of(head.replica_id, head.generation) != Marks(mark, mark ^ 0xFFFFFFFF):
        raise DamageFound(DamageKind.MARK, 0, "a segment's mark does not belong to its head")
    return head
