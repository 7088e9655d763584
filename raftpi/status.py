"""A node's immutable status and its bytes: what lamp, dashboard and `raftpi status` read."""

from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, NamedTuple

import msgpack

from raftpi.errors import ProtocolError

# Upper bounds of the buckets in which writes are counted by how long they took, suited to
# cards, from their best to their worst; one more bucket holds what took longer still.
WRITE_BOUNDS_US = (
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    30_000_000,
    60_000_000,
)
YEAR_US = 365 * 24 * 3_600_000_000


class Condition(Enum):
    """What a node is up to besides its Raft role."""

    FOUNDING = "founding"  # a fresh directory, waiting to found the cluster with the others
    RUNNING = "running"
    LOST_MEMORY = "lost_memory"  # a fresh directory while the cluster exists: must not vote
    DISK_FULL = "disk_full"  # takes no entries; votes, keeps its state, goes on with space
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
    """How the card behaves: syncs so far, percentiles of recent ones, age of the pending one.

    `histogram` counts every write of the log since the start in the buckets of
    `WRITE_BOUNDS_US` by how long it took with its sync, `sum_us` in all; empty from a node that
    does not tell. What is pending is in neither yet.
    """

    count: int = 0
    p50_us: int = 0
    p99_us: int = 0
    max_us: int = 0
    pending_us: int = 0
    written_bytes: int = 0
    sum_us: int = 0
    histogram: tuple[int, ...] = ()

    def quantile_us(self, part: float) -> int | None:
        """This part of all writes took at most so long, as far as buckets tell; None: none yet."""
        total = sum(self.histogram)
        so_far = 0
        for bound_us, count in zip(WRITE_BOUNDS_US, self.histogram, strict=False):
            so_far += count
            if total and so_far >= part * total:
                return min(bound_us, self.max_us)
        return self.max_us if total else None


class WearSpan(NamedTuple):
    """What went to the card over a span of time. It is sent as a list of numbers.

    `handed_bytes` is what the node wrote, `page_bytes` the whole pages of 4 KB that it wrote to,
    which is what a card gets of that at the least. `kernel_bytes` is what the kernel charges the
    process with, -1 where it does not tell (proc_pid_io(5), write_bytes). `sync_count` are syncs
    of files and directories, `batch_count` writes of the log, each with the batches of one sync;
    `acknowledged_bytes` the commands that came into the log and were committed.
    """

    over_us: int = 0
    handed_bytes: int = 0
    page_bytes: int = 0
    kernel_bytes: int = 0
    sync_count: int = 0
    batch_count: int = 0
    acknowledged_bytes: int = 0

    def page_bytes_in(self, duration_us: int) -> int | None:
        """The pages of so long a time at this span's rate; None for no time at all."""
        return self.page_bytes * duration_us // self.over_us if self.over_us > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WearStatus:
    """What the node costs its card, from its start on. `endurance_bytes` 0: not configured.

    `last_hour` and `last_day` may reach back a little further, and less far on a young node.
    """

    since_start: WearSpan = field(default_factory=WearSpan)
    last_hour: WearSpan = field(default_factory=WearSpan)
    last_day: WearSpan = field(default_factory=WearSpan)
    endurance_bytes: int = 0

    def life_years(self) -> float | None:
        """How long a new card would last at the last day's rate; None where nothing tells."""
        yearly_bytes = self.last_day.page_bytes_in(YEAR_US)
        return (
            self.endurance_bytes / yearly_bytes if self.endurance_bytes and yearly_bytes else None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubStatus:
    """How the card is read back: once in `pass_us` all of it, 0 for never.

    `done_bytes` of about `total_bytes` of this pass were read; `pass_count` passes have ended,
    the last one so long ago (-1: none yet). `rot_count` rotten places were found since the start,
    the last one as `last_rot` tells; what is not mended is in the status's `needs_person`.
    """

    pass_us: int = 0
    done_bytes: int = 0
    total_bytes: int = 0
    pass_count: int = 0
    passed_us_ago: int = -1
    rot_count: int = 0
    last_rot: str = ""


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
    wear: WearStatus = field(default_factory=WearStatus)
    scrub: ScrubStatus = field(default_factory=ScrubStatus)
    counters: dict[str, int] = field(default_factory=dict)


def pack_status(status: NodeStatus) -> bytes:
    """The status as a msgpack map by field name, so that readers may be older or newer."""
    # `asdict` copies deeply, which takes ten times as long; this is done ten times a second.
    packed: bytes = msgpack.packb(_shallow(status), default=_shallow)
    return packed


def unpack_status(data: bytes) -> NodeStatus:
    """The status packed in `data`; fields unknown here are left out. Raises ProtocolError."""
    try:
        values = _known(NodeStatus, msgpack.unpackb(data))
        values["peers"] = tuple(PeerStatus(**_known(PeerStatus, p)) for p in values["peers"])
        values["sync"] = _sync(values["sync"])
        if "wear" in values:
            values["wear"] = _wear(values["wear"])
        values["scrub"] = ScrubStatus(**_known(ScrubStatus, values.get("scrub", {})))
        return NodeStatus(**values)
    except (ValueError, TypeError, KeyError, msgpack.UnpackException) as error:
        raise ProtocolError(f"not a status: {error}") from error


def _sync(packed: dict[str, Any]) -> SyncStatus:
    values = _known(SyncStatus, packed)
    values["histogram"] = _numbers(values.get("histogram", ()))
    return SyncStatus(**values)


def _wear(packed: dict[str, Any]) -> WearStatus:
    values = _known(WearStatus, packed)
    for name in ("since_start", "last_hour", "last_day"):
        if name in values:
            values[name] = WearSpan(*_numbers(values[name])[: len(WearSpan._fields)])
    return WearStatus(**values)


def _numbers(values: Any) -> tuple[int, ...]:
    """The list of numbers. Raises TypeError for anything else."""
    if not all(isinstance(value, int) for value in values):
        raise TypeError(f"not numbers: {values}")
    return tuple(values)


def _known(kind: type, values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in _NAMES[kind] if name in values}


def _shallow(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in _NAMES[type(value)]}


_NAMES: dict[type, tuple[str, ...]] = {
    kind: tuple(one.name for one in fields(kind))
    for kind in (NodeStatus, PeerStatus, SyncStatus, WearStatus, ScrubStatus)
}
