"""What a node asks its driver to do, and what it answers to requests."""

from dataclasses import dataclass

from raftpi.core.hello import Hello
from raftpi.core.messages import Message
from raftpi.core.ready import Batch
from raftpi.node.card_job import CardJob
from raftpi.node.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """One message to the board `node_id`; `bulk` ones may wait behind each other."""

    node_id: int
    cluster_id: int
    message: Message | Hello
    bulk: bool


# These two are not frozen: there is one for each request, and freezing doubles what it costs.
@dataclass(slots=True, kw_only=True)
class Committed:
    """The command is committed at `index`, durable on `acks` of `voter_count` voters so far."""

    request: object
    index: int
    acks: int
    voter_count: int
    result: bytes


@dataclass(slots=True, kw_only=True)
class QueryAnswered:
    """The query's answer, read when everything up to `index` was applied."""

    request: object
    index: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NotLeading:
    """Certainly not done here. `leader` is a node id or 0; `reason` as in transport.requests."""

    request: object
    leader: int
    reason: str
    alive_count: int
    voter_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Certainly not done, and no other node would say otherwise."""

    request: object
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The command is in this node's log, but it leads no longer: it may commit or not."""

    request: object
    leader: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferBegun:
    """The hand-over is under way, or was not needed."""

    request: object


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBegun:
    """The change of the membership is in the log; the leader sees it through."""

    request: object


Outcome = Committed | QueryAnswered | NotLeading | Refused | Lost | TransferBegun | ChangeBegun


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What is to be done now: write `batches` in order with one sync, send, answer, tell.

    `jobs` are for the card too, in their order, after all batches that wait.
    `has_more`: call `Node.advance` again without waiting.
    """

    batches: tuple[Batch, ...]
    jobs: tuple[CardJob, ...]
    sends: tuple[Send, ...]
    outcomes: tuple[Outcome, ...]
    events: tuple[Event, ...]
    has_more: bool


NO_EFFECTS = Effects(batches=(), jobs=(), sends=(), outcomes=(), events=(), has_more=False)
