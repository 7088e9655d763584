"""What the core hands its driver: one frozen value per `Raft.ready()`."""

from dataclasses import dataclass
from enum import Enum

from raftpi.core.entry import Entry
from raftpi.core.messages import Message


class Role(Enum):
    """The role of a replica (paper figure 4, with the pre-candidate of thesis 9.6)."""

    FOLLOWER = "follower"
    PRE_CANDIDATE = "pre_candidate"
    CANDIDATE = "candidate"
    LEADER = "leader"
    LEARNER = "learner"


@dataclass(frozen=True, slots=True, kw_only=True)
class HardState:
    """What must survive a restart besides the log. `voted_for` 0 means nobody (paper figure 2)."""

    term: int
    voted_for: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One unit to persist, with one sync. `number` counts up by one.

    `hard_state` is None when unchanged. If the first entry's index is not beyond the last
    index on disk, the entries replace the suffix from there on.
    """

    number: int
    hard_state: HardState | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReady:
    """A read may be answered once everything up to `index` is applied (thesis 6.4)."""

    read_id: int
    index: int


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
    - `role_changes`: what to tell the world, oldest first.
    """

    batch: Batch | None
    messages: tuple[Message, ...]
    messages_after_persist: tuple[Message, ...]
    persist_number: int
    committed: tuple[Entry, ...]
    reads: tuple[ReadReady, ...]
    reads_lost: tuple[int, ...]
    role_changes: tuple[RoleChange, ...]
