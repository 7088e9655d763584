"""A node's immutable status and its bytes: what lamp, dashboard and `raftpi status` read."""

from dataclasses import asdict, dataclass, field, fields
from enum import Enum
from typing import Any

import msgpack

from raftpi.errors import ProtocolError


class Condition(Enum):
    """What a node is up to besides its Raft role."""

    FOUNDING = "founding"  # a fresh directory, waiting to found the cluster with the others
    RUNNING = "running"
    LOST_MEMORY = "lost_memory"  # a fresh directory while the cluster exists: must not vote
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerStatus:
    """What this node knows of another member; times in microseconds, -1 when unknown.

    `match_index`, `delay_us` are known on the leader only. `standing` is "voter", "learner",
    "joining" (a learner that becomes a voter once it has caught up) or "leaving".
    """

    id: int
    name: str
    replica_id: int
    voter: bool
    heard_us_ago: int
    match_index: int
    delay_us: int
    standing: str = "voter"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncStatus:
    """How the card behaves: syncs so far, percentiles of recent ones, age of the pending one."""

    count: int = 0
    p50_us: int = 0
    p99_us: int = 0
    max_us: int = 0
    pending_us: int = 0
    written_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStatus:
    """One node at one moment. Ids named `id`, `leader`, `voted_for` are node ids; 0 means none.

    `lease_us`: for how long, from the sending of this status, a leader may still show blue.
    `quorum_silence_us`: since when neither a leader nor, on a leader, a quorum was heard.
    `lag_count`: how many entries that are said to be committed are not in this log yet;
    `behind_us`: for how long one of them has been lacking.
    `needs_person`: why a person has to look after this board, or empty.
    """

    id: int
    name: str
    cluster_id: int
    replica_id: int
    condition: str
    role: str
    term: int
    leader: int
    voted_for: int
    last_index: int
    commit_index: int
    applied_index: int
    durable_index: int
    lease_us: int = 0
    quorum_silence_us: int = 0
    election_max_us: int = 0
    identify_us: int = 0
    lag_count: int = 0
    behind_us: int = 0
    alive_count: int = 0
    voter_count: int = 0
    needs_person: str = ""
    version: str = ""
    pid: int = 0
    uptime_us: int = 0
    timing: str = ""
    standing: str = "voter"
    peers: tuple[PeerStatus, ...] = ()
    sync: SyncStatus = field(default_factory=SyncStatus)
    counters: dict[str, int] = field(default_factory=dict)


def pack_status(status: NodeStatus) -> bytes:
    """The status as a msgpack map by field name, so that readers may be older or newer."""
    packed: bytes = msgpack.packb(asdict(status))
    return packed


def unpack_status(data: bytes) -> NodeStatus:
    """The status packed in `data`; fields unknown here are left out. Raises ProtocolError."""
    try:
        values = _known(NodeStatus, msgpack.unpackb(data))
        values["peers"] = tuple(PeerStatus(**_known(PeerStatus, p)) for p in values["peers"])
        values["sync"] = SyncStatus(**_known(SyncStatus, values["sync"]))
        return NodeStatus(**values)
    except (ValueError, TypeError, KeyError, msgpack.UnpackException) as error:
        raise ProtocolError(f"not a status: {error}") from error


def _known(kind: type, values: dict[str, Any]) -> dict[str, Any]:
    names = [f.name for f in fields(kind)]
    return {name: values[name] for name in names if name in values}
