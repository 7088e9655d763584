"""The messages between replicas: one frozen dataclass each, as in the paper and the thesis.

Every message names `sender` and `receiver` by replica id and carries the sender's `term`,
save that a pre-vote's term is the one that would be campaigned for (thesis 9.6).
Heartbeats are messages of their own, not empty AppendEntries: they travel on another lane,
so they carry no log position that could overtake entries under way.
"""

from dataclasses import dataclass

from raftpi.core.entry import Entry
from raftpi.core.snapshot import SnapshotMeta


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPreVote:
    """Would you vote for me in `term`, one above my current one? Changes no state (thesis 9.6)."""

    sender: int
    receiver: int
    term: int
    last_log_index: int
    last_log_term: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPreVoteResponse:
    """Granted: `term` repeats the request's. Refused: `term` is the receiver's current term."""

    sender: int
    receiver: int
    term: int
    granted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestVote:
    """Vote for me in `term` (paper 5.2); a leadership transfer overrides stickiness (4.2.3)."""

    sender: int
    receiver: int
    term: int
    last_log_index: int
    last_log_term: int
    leadership_transfer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestVoteResponse:
    """The answer to RequestVote; leaves only after the vote is durable."""

    sender: int
    receiver: int
    term: int
    granted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendEntries:
    """Entries after (`prev_log_index`, `prev_log_term`); empty asks only whether those match."""

    sender: int
    receiver: int
    term: int
    prev_log_index: int
    prev_log_term: int
    commit_index: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendEntriesResponse:
    """Success: everything up to `match_index` agrees with the leader's log and is durable here.

    Failure: `rejected_index` repeats the request's prev_log_index; `conflict_index` and
    `conflict_term` name the first index of the term found there (term 0: the log ends
    before it, at conflict_index - 1), so that the leader skips a whole term (paper 5.3).
    `doubt_id`, where it is not 0: the sender does not count, see `doubt`.
    """

    sender: int
    receiver: int
    term: int
    success: bool
    match_index: int
    rejected_index: int
    conflict_index: int
    conflict_term: int
    doubt_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """I lead `term`. `round` numbers the broadcast, `commit_index` is capped to what matched.

    `leader_commit_index` is not capped, and nothing is decided by it: the receiver's status
    tells people how far it is behind.
    """

    sender: int
    receiver: int
    term: int
    round: int
    commit_index: int
    leader_commit_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatResponse:
    """I follow you: repeats `round`, for check-quorum, ReadIndex and the lease of the lamp.

    `disk_healthy`: no write to the sender's card has been under way for long. `doubt_id` as in
    AppendEntriesResponse.
    """

    sender: int
    receiver: int
    term: int
    round: int
    disk_healthy: bool
    doubt_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeoutNow:
    """Campaign at once: the leader hands over to you (thesis 3.10)."""

    sender: int
    receiver: int
    term: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallSnapshot:
    """The `data` from `offset_bytes` on of a snapshot that has `size_bytes` in all (paper 7)."""

    sender: int
    receiver: int
    term: int
    size_bytes: int
    offset_bytes: int
    snapshot: SnapshotMeta
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallSnapshotResponse:
    """Of the snapshot up to `snapshot_index` the sender has the bytes before `offset_bytes`.

    `installed`: it has the whole, or has everything in it otherwise, durably. `doubt_id` as in
    AppendEntriesResponse.
    """

    sender: int
    receiver: int
    term: int
    snapshot_index: int
    offset_bytes: int
    installed: bool
    doubt_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReadIndex:
    """A follower asks its leader for a read index (thesis 6.4); `request_id` is the follower's."""

    sender: int
    receiver: int
    term: int
    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReadIndexResponse:
    """A read that was requested before this left may be answered once `index` is applied."""

    sender: int
    receiver: int
    term: int
    request_id: int
    index: int


Message = (
    RequestPreVote
    | RequestPreVoteResponse
    | RequestVote
    | RequestVoteResponse
    | AppendEntries
    | AppendEntriesResponse
    | Heartbeat
    | HeartbeatResponse
    | TimeoutNow
    | InstallSnapshot
    | InstallSnapshotResponse
    | RequestReadIndex
    | RequestReadIndexResponse
)
