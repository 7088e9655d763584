"""Frames between nodes: one msgpack array `[version, cluster_id, code, fields…]` a message.

Fields are in the order of the message's class; for entries see `entries`. All whole numbers are
0 <= n < 2**64. Everything that arrives is checked; what does not fit raises ProtocolError, and
nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgpack

from raftpi.core.hello import Hello
from raftpi.core.messages import (
    AppendEntries,
    AppendEntriesResponse,
    Heartbeat,
    HeartbeatResponse,
    InstallSnapshot,
    InstallSnapshotResponse,
    Message,
    RequestPreVote,
    RequestPreVoteResponse,
    RequestReadIndex,
    RequestReadIndexResponse,
    RequestVote,
    RequestVoteResponse,
    TimeoutNow,
)
from raftpi.errors import ProtocolError
from raftpi.payload import (
    pack_configuration,
    pack_snapshot_meta,
    unpack_configuration,
    unpack_snapshot_meta,
)
from raftpi.transport.entries import entry_fields, unpack_entries
from raftpi.transport.fields import (
    FIVE,
    FIVE_AND_FLAG,
    FOUR,
    SIX,
    THREE,
    THREE_AND_FLAG,
    check,
    malformed,
)

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message and the cluster it claims to belong to (0: none yet)."""

    cluster_id: int
    message: Message | Hello


def pack_frame(cluster_id: int, message: Message | Hello) -> bytes:
    """The bytes of one frame. Raises OverflowError for a number of more than 64 bits."""
    packed: bytes = msgpack.packb(_PACKERS[type(message)](cluster_id, message))
    return packed


def unpack_frame(data: bytes) -> Frame:
    """The frame in `data`. Raises ProtocolError for anything else, and only that."""
    try:
        items = msgpack.unpackb(data)
    except (ValueError, TypeError, OverflowError, msgpack.UnpackException) as error:
        raise ProtocolError(f"not a frame: {error}") from error
    if type(items) is not list or len(items) < 3:
        raise ProtocolError("not a frame: an array was expected")
    version, cluster_id, code = items[:3]
    if type(version) is not int or version != VERSION:
        raise ProtocolError(f"a frame of version {version!r}; this node speaks {VERSION}")
    if type(cluster_id) is not int or cluster_id < 0:
        raise ProtocolError("the cluster id is no number")
    unpacker = _UNPACKERS.get(code) if type(code) is int else None
    if unpacker is None:
        raise ProtocolError(f"unknown frame code {code!r}")
    return Frame(cluster_id=cluster_id, message=unpacker(items[3:]))


# --- packing: one function a message, for speed ---------------------------------------------


def _pack_request_pre_vote(c: int, m: RequestPreVote) -> tuple[object, ...]:
    return (VERSION, c, 1, m.sender, m.receiver, m.term, m.last_log_index, m.last_log_term)


def _pack_request_pre_vote_response(c: int, m: RequestPreVoteResponse) -> tuple[object, ...]:
    return (VERSION, c, 2, m.sender, m.receiver, m.term, m.granted)


def _pack_request_vote(c: int, m: RequestVote) -> tuple[object, ...]:
    head = (VERSION, c, 3, m.sender, m.receiver, m.term)
    return (*head, m.last_log_index, m.last_log_term, m.leadership_transfer)


def _pack_request_vote_response(c: int, m: RequestVoteResponse) -> tuple[object, ...]:
    return (VERSION, c, 4, m.sender, m.receiver, m.term, m.granted)


def _pack_append_entries(c: int, m: AppendEntries) -> tuple[object, ...]:
    return (*append_head(c, m), entry_fields(m.entries))


def append_head(c: int, m: AppendEntries) -> tuple[object, ...]:
    """The fields of an append before its last one, the entries."""
    head = (VERSION, c, 5, m.sender, m.receiver, m.term)
    return (*head, m.prev_log_index, m.prev_log_term, m.commit_index)


def _pack_append_entries_response(c: int, m: AppendEntriesResponse) -> tuple[object, ...]:
    head = (VERSION, c, 6, m.sender, m.receiver, m.term, m.success)
    where = (m.match_index, m.rejected_index, m.conflict_index, m.conflict_term)
    return (*head, *where, m.doubt_id)


def _pack_heartbeat(c: int, m: Heartbeat) -> tuple[object, ...]:
    return (
        VERSION,
        c,
        7,
        m.sender,
        m.receiver,
        m.term,
        m.round,
        m.commit_index,
        m.leader_commit_index,
    )


def _pack_heartbeat_response(c: int, m: HeartbeatResponse) -> tuple[object, ...]:
    head = (VERSION, c, 8, m.sender, m.receiver, m.term)
    return (*head, m.round, m.disk_healthy, m.doubt_id)


def _pack_timeout_now(c: int, m: TimeoutNow) -> tuple[object, ...]:
    return (VERSION, c, 9, m.sender, m.receiver, m.term)


def _pack_hello(c: int, m: Hello) -> tuple[object, ...]:
    configuration = None if m.configuration is None else pack_configuration(m.configuration)
    head = (VERSION, c, 10, m.sender, m.receiver, m.node_id, m.name, m.fresh)
    return (*head, m.view, m.settings_digest, configuration, m.is_member)


def _pack_install_snapshot(c: int, m: InstallSnapshot) -> tuple[object, ...]:
    head = (VERSION, c, 11, m.sender, m.receiver, m.term, m.size_bytes, m.offset_bytes)
    return (*head, pack_snapshot_meta(m.snapshot), m.data)


def _pack_install_snapshot_response(c: int, m: InstallSnapshotResponse) -> tuple[object, ...]:
    head = (VERSION, c, 12, m.sender, m.receiver, m.term)
    return (*head, m.snapshot_index, m.offset_bytes, m.installed, m.doubt_id)


def _pack_request_read_index(c: int, m: RequestReadIndex) -> tuple[object, ...]:
    return (VERSION, c, 13, m.sender, m.receiver, m.term, m.request_id)


def _pack_request_read_index_response(c: int, m: RequestReadIndexResponse) -> tuple[object, ...]:
    return (VERSION, c, 14, m.sender, m.receiver, m.term, m.request_id, m.index)


_PACKERS: dict[type, Callable[[int, Any], tuple[object, ...]]] = {
    RequestPreVote: _pack_request_pre_vote,
    RequestPreVoteResponse: _pack_request_pre_vote_response,
    RequestVote: _pack_request_vote,
    RequestVoteResponse: _pack_request_vote_response,
    AppendEntries: _pack_append_entries,
    AppendEntriesResponse: _pack_append_entries_response,
    Heartbeat: _pack_heartbeat,
    HeartbeatResponse: _pack_heartbeat_response,
    TimeoutNow: _pack_timeout_now,
    Hello: _pack_hello,
    InstallSnapshot: _pack_install_snapshot,
    InstallSnapshotResponse: _pack_install_snapshot_response,
    RequestReadIndex: _pack_request_read_index,
    RequestReadIndexResponse: _pack_request_read_index_response,
}


# --- unpacking ------------------------------------------------------------------------------

_APPEND_RESPONSE = (int, int, int, bool, int, int, int, int, int)
_HEARTBEAT_RESPONSE = (int, int, int, int, bool, int)
_APPEND = (int, int, int, int, int, int, list)
_HELLO = (int, int, int, str, bool, int, int)
_INSTALL_RESPONSE = (int, int, int, int, int, bool, int)
_INSTALL = (int, int, int, int, int, bytes, bytes)


def _request_pre_vote(f: list[Any]) -> RequestPreVote:
    check(f, FIVE, RequestPreVote)
    return RequestPreVote(
        sender=f[0], receiver=f[1], term=f[2], last_log_index=f[3], last_log_term=f[4]
    )


def _request_pre_vote_response(f: list[Any]) -> RequestPreVoteResponse:
    check(f, THREE_AND_FLAG, RequestPreVoteResponse)
    return RequestPreVoteResponse(sender=f[0], receiver=f[1], term=f[2], granted=f[3])


def _request_vote(f: list[Any]) -> RequestVote:
    check(f, FIVE_AND_FLAG, RequestVote)
    return RequestVote(
        sender=f[0],
        receiver=f[1],
        term=f[2],
        last_log_index=f[3],
        last_log_term=f[4],
        leadership_transfer=f[5],
    )


def _request_vote_response(f: list[Any]) -> RequestVoteResponse:
    check(f, THREE_AND_FLAG, RequestVoteResponse)
    return RequestVoteResponse(sender=f[0], receiver=f[1], term=f[2], granted=f[3])


def _append_entries(f: list[Any]) -> AppendEntries:
    if tuple(map(type, f)) != _APPEND or min(f[:6]) < 0:
        raise malformed(AppendEntries, f)
    return AppendEntries(
        sender=f[0],
        receiver=f[1],
        term=f[2],
        prev_log_index=f[3],
        prev_log_term=f[4],
        commit_index=f[5],
        entries=unpack_entries(f[3], f[6]),
    )


def _append_entries_response(f: list[Any]) -> AppendEntriesResponse:
    check(f, _APPEND_RESPONSE, AppendEntriesResponse)
    return AppendEntriesResponse(
        sender=f[0],
        receiver=f[1],
        term=f[2],
        success=f[3],
        match_index=f[4],
        rejected_index=f[5],
        conflict_index=f[6],
        conflict_term=f[7],
        doubt_id=f[8],
    )


def _heartbeat(f: list[Any]) -> Heartbeat:
    check(f, SIX, Heartbeat)
    return Heartbeat(
        sender=f[0],
        receiver=f[1],
        term=f[2],
        round=f[3],
        commit_index=f[4],
        leader_commit_index=f[5],
    )


def _heartbeat_response(f: list[Any]) -> HeartbeatResponse:
    check(f, _HEARTBEAT_RESPONSE, HeartbeatResponse)
    return HeartbeatResponse(
        sender=f[0], receiver=f[1], term=f[2], round=f[3], disk_healthy=f[4], doubt_id=f[5]
    )


def _timeout_now(f: list[Any]) -> TimeoutNow:
    check(f, THREE, TimeoutNow)
    return TimeoutNow(sender=f[0], receiver=f[1], term=f[2])


def _hello(f: list[Any]) -> Hello:
    if len(f) != 9 or tuple(map(type, f[:7])) != _HELLO or type(f[8]) is not bool:
        raise malformed(Hello, f)
    sender, receiver, node_id, name, fresh, view, settings_digest, packed, is_member = f
    if min(sender, receiver, node_id, view, settings_digest) < 0:
        raise malformed(Hello, f)
    if packed is not None and type(packed) is not bytes:
        raise malformed(Hello, f)
    return Hello(
        sender=sender,
        receiver=receiver,
        node_id=node_id,
        name=name,
        fresh=fresh,
        view=view,
        settings_digest=settings_digest,
        configuration=None if packed is None else unpack_configuration(packed),
        is_member=is_member,
    )


def _install_snapshot(f: list[Any]) -> InstallSnapshot:
    if tuple(map(type, f)) != _INSTALL or min(f[:5]) < 0:
        raise malformed(InstallSnapshot, f)
    return InstallSnapshot(
        sender=f[0],
        receiver=f[1],
        term=f[2],
        size_bytes=f[3],
        offset_bytes=f[4],
        snapshot=unpack_snapshot_meta(f[5]),
        data=f[6],
    )


def _install_snapshot_response(f: list[Any]) -> InstallSnapshotResponse:
    check(f, _INSTALL_RESPONSE, InstallSnapshotResponse)
    return InstallSnapshotResponse(
        sender=f[0],
        receiver=f[1],
        term=f[2],
        snapshot_index=f[3],
        offset_bytes=f[4],
        installed=f[5],
        doubt_id=f[6],
    )


def _request_read_index(f: list[Any]) -> RequestReadIndex:
    check(f, FOUR, RequestReadIndex)
    return RequestReadIndex(sender=f[0], receiver=f[1], term=f[2], request_id=f[3])


def _request_read_index_response(f: list[Any]) -> RequestReadIndexResponse:
    check(f, FIVE, RequestReadIndexResponse)
    return RequestReadIndexResponse(
        sender=f[0], receiver=f[1], term=f[2], request_id=f[3], index=f[4]
    )


_UNPACKERS: dict[int, Callable[[list[Any]], Message | Hello]] = {
    1: _request_pre_vote,
    2: _request_pre_vote_response,
    3: _request_vote,
    4: _request_vote_response,
    5: _append_entries,
    6: _append_entries_response,
    7: _heartbeat,
    8: _heartbeat_response,
    9: _timeout_now,
    10: _hello,
    11: _install_snapshot,
    12: _install_snapshot_response,
    13: _request_read_index,
    14: _request_read_index_response,
}
