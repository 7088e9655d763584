"""What the core hands its driver: one frozen value per `Raft.ready()`."""

from dataclasses import dataclass
from enum import Enum

from raftpi.core.entry import Entry
from raftpi.core.messages import InstallSnapshot, Message
from raftpi.core.snapshot import SnapshotMeta


class Role(Enum):
    """The role of a replica (paper figure 4, with the pre-candidate of thesis 9.6)."""

    FOLLOWER = "follower"
    PRE_CANDIDATE = "pre_candidate"
    CANDIDATE = "candidate"
    LEADER = "leader"
    LEARNER = "learner"


@dataclass(frozen=True, slots=True, kw_only=True)
class HardState:
    """What must survive a restart besides the log. `voted_for` 0 means nobody (paper figure 2).

    `in_doubt`: this replica may have forgotten something that it promised, see `doubt`.
    """

    term: int
    voted_for: int
    in_doubt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One unit to persist, with one sync. `number` counts up by one.

    `hard_state` is None when unchanged. `snapshot`, when there is one, is durable already and
    comes first: from now on the log may begin behind it, and it must where the log on disk ends
    before it or holds another term there. Then, if the first entry's index is not beyond the
    last index on disk, the entries replace the suffix from there on.
    """

    number: int
    hard_state: HardState | None
    entries: tuple[Entry, ...]
    snapshot: SnapshotMeta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReady:
    """A read may be answered once everything up to `index` is applied (thesis 6.4)."""

    read_id: int
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkWanted:
    """Of the snapshot up to `snapshot_index`, the chunk from `offset_bytes` on, for `peer`."""

    peer: int
    snapshot_index: int
    offset_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChange:
    """The role, term or known leader changed to this. `leader` 0 means none is known."""

    role: Role
    term: int
    leader: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Everything the driver has to do now, in this order.

    - `batch`: persist it, then call `Raft.persisted(batch.number)`.
    - `messages`: send now; they promise nothing that is not durable.
    - `messages_after_persist`: send once batch `persist_number` is durable.
    - `committed`: apply in order; already excludes what an earlier Ready returned.
    - `reads`: answer once applied that far; `reads_lost`: cannot be served here any more.
    - `chunks_wanted`: read them, and give each to `Raft.send_chunk`.
    - `chunks_received`: put them into a file, and say so with `Raft.chunk_taken`; when the
      whole snapshot is durable, `Raft.install`.
    - `role_changes`: what to tell the world, oldest first.
    """

    batch: Batch | None
    messages: tuple[Message, ...]
    messages_after_persist: tuple[Message, ...]
    persist_number: int
    committed: tuple[Entry, ...]
    reads: tuple[ReadReady, ...]
    reads_lost: tuple[int, ...]
    chunks_wanted: tuple[ChunkWanted, ...]
    chunks_received: tuple[InstallSnapshot, ...]
    role_changes: tuple[RoleChange, ...]
