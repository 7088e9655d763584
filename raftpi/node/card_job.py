"""What a node asks of the card besides its log: snapshots, piece by piece, and the scrub.

A driver runs the jobs one at a time and in their order, beside the log and after it: while
batches wait to be written, no job begins. Each comes back to `Node.job_done` with its result.
"""

from dataclasses import dataclass
from enum import Enum

from raftpi.core.ready import ChunkWanted
from raftpi.core.snapshot import SnapshotMeta
from raftpi.storage.scrub_step import ScrubStep


class Origin(Enum):
    """Whose state an unfinished snapshot holds; there is one of each kind at most."""

    OWN = "own"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginSnapshot:
    """Begin a new file; an unfinished one of this origin is thrown away."""

    origin: Origin
    snapshot: SnapshotMeta


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteSnapshot:
    """Put `data` behind what is in the unfinished file."""

    origin: Origin
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishSnapshot:
    """Make the unfinished file, of this snapshot, whole and durable."""

    origin: Origin
    snapshot: SnapshotMeta


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscardSnapshot:
    """Throw the unfinished file away, if there is one."""

    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadChunk:
    """Read at most `length_bytes` of a snapshot, from where the wanted chunk begins."""

    wanted: ChunkWanted
    length_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubSlice:
    """Read at most `limit_bytes` of what is durable back from the card, and check them."""

    limit_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LookForSpace:
    """See whether a full card has space again. Writes nothing."""


CardJob = (
    BeginSnapshot
    | WriteSnapshot
    | FinishSnapshot
    | DiscardSnapshot
    | ReadChunk
    | ScrubSlice
    | LookForSpace
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRead:
    """What a ReadChunk found; `snapshot` None: that snapshot is no more."""

    snapshot: SnapshotMeta | None
    size_bytes: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDone:
    """A job came back; `chunk` is set for a ReadChunk, `scrub` for a ScrubSlice.

    `no_space`: the unfinished snapshot that it was about is gone, for lack of room.
    """

    job: CardJob
    chunk: ChunkRead | None
    scrub: ScrubStep | None = None
    no_space: bool = False
