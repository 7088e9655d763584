"""Frames between nodes: one msgpack array `[version, cluster id, code, field, …]` a message.

Fields are in the order of the message's class. An entry is `[term, kind, payload]`; its index
follows from `prev_log_index`. Everything that arrives is checked; what does not fit raises
ProtocolError, and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import msgpack

from raftpi.core.configuration import Configuration
from raftpi.core.entry import Entry
from raftpi.core.hello import Hello
from raftpi.core.messages import (
    AppendEntries,
    AppendEntriesResponse,
    Heartbeat,
    HeartbeatResponse,
    Message,
    RequestPreVote,
    RequestPreVoteResponse,
    RequestVote,
    RequestVoteResponse,
    TimeoutNow,
)
from raftpi.errors import ProtocolError
from raftpi.payload import pack_configuration, pack_payload, unpack_configuration, unpack_entry

VERSION = 1
LARGEST = (1 << 64) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message and the cluster it claims to belong to (0: none yet)."""

    cluster_id: int
    message: Message | Hello


_KINDS: dict[int, type] = {
    1: RequestPreVote,
    2: RequestPreVoteResponse,
    3: RequestVote,
    4: RequestVoteResponse,
    5: AppendEntries,
    6: AppendEntriesResponse,
    7: Heartbeat,
    8: HeartbeatResponse,
    9: TimeoutNow,
    10: Hello,
}
_CODES: dict[type, int] = {kind: code for code, kind in _KINDS.items()}
_NAMES: dict[type, tuple[str, ...]] = {
    kind: tuple(f.name for f in fields(kind)) for kind in _KINDS.values()
}
_TYPES: dict[type, tuple[Any, ...]] = {
    kind: tuple(f.type for f in fields(kind)) for kind in _KINDS.values()
}


def pack_frame(cluster_id: int, message: Message | Hello) -> bytes:
    """The bytes of one frame."""
    kind = type(message)
    items: list[Any] = [VERSION, cluster_id, _CODES[kind]]
    items.extend(getattr(message, name) for name in _NAMES[kind])
    if isinstance(message, AppendEntries):
        items[-1] = [[e.term, e.kind.value, pack_payload(e)] for e in message.entries]
    elif isinstance(message, Hello):
        known = message.configuration
        items[-1] = None if known is None else pack_configuration(known)
    packed: bytes = msgpack.packb(items)
    return packed


def unpack_frame(data: bytes) -> Frame:
    """The frame in `data`. Raises ProtocolError for anything else."""
    try:
        items = msgpack.unpackb(data)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise ProtocolError(f"not a frame: {error}") from error
    if not isinstance(items, list) or len(items) < 3:
        raise ProtocolError("not a frame: an array was expected")
    version, cluster_id, code = items[0], items[1], items[2]
    if version != VERSION or type(version) is not int:
        raise ProtocolError(f"a frame of version {version!r}; this node speaks {VERSION}")
    kind = _KINDS.get(code) if type(code) is int else None
    if kind is None:
        raise ProtocolError(f"unknown frame code {code!r}")
    names = _NAMES[kind]
    values = items[3:]
    if len(values) != len(names):
        raise ProtocolError(f"a {kind.__name__} has {len(names)} fields, not {len(values)}")
    if kind is AppendEntries:
        values[-1] = _unpack_entries(values)
    elif kind is Hello and values[-1] is not None:
        values[-1] = _unpack_known(values[-1])
    for name, expected, value in zip(names, _TYPES[kind], values, strict=True):
        check = _CHECKS.get(expected)
        if check is not None and not check(value):
            raise ProtocolError(f"{kind.__name__}.{name} cannot be {value!r:.40}")
    if not _is_number(cluster_id):
        raise ProtocolError("the cluster id is no number")
    return Frame(cluster_id=cluster_id, message=kind(**dict(zip(names, values, strict=True))))


def _unpack_entries(values: list[Any]) -> tuple[Entry, ...]:
    prev_log_index, items = values[_PREV], values[-1]
    if not _is_number(prev_log_index) or not isinstance(items, list):
        raise ProtocolError("malformed AppendEntries")
    entries: list[Entry] = []
    for index, item in enumerate(items, start=prev_log_index + 1):
        if not isinstance(item, list) or len(item) != 3:
            raise ProtocolError(f"malformed entry {index}")
        term, kind_number, payload = item
        if not _is_number(term) or type(kind_number) is not int or type(payload) is not bytes:
            raise ProtocolError(f"malformed entry {index}")
        entries.append(unpack_entry(index, term, kind_number, payload))
    return tuple(entries)


def _unpack_known(data: object) -> Configuration:
    if not isinstance(data, bytes):
        raise ProtocolError("Hello.configuration is no configuration")
    return unpack_configuration(data)


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value <= LARGEST


_PREV = _NAMES[AppendEntries].index("prev_log_index")
_CHECKS: dict[Any, Callable[[object], bool]] = {
    int: _is_number,
    bool: lambda value: type(value) is bool,
    str: lambda value: type(value) is str,
}
