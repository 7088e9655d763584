"""The bytes of a client's command, query and result: written by one side, read by the other.

Each is a msgpack array whose first item is its code. Nothing between the client and the
state machine looks inside them, save the leader's door, which checks sizes before a command
enters the log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgpack

from raftpi.errors import ProtocolError


class Stamp(NamedTuple):
    """Whose command this is, for exactly-once effects (thesis 6.3).

    `session_id` is random; `sequence` counts the session's commands from 1;
    every result below `first_pending` has reached the client; `began_index` is the commit
    index that the client knew when the session began.
    """

    session_id: int
    sequence: int
    first_pending: int
    began_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Set `key` to `value`."""

    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Remove `key`."""

    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareAndSwap:
    """Set `key` to `value` if it now holds `expected`; None: if it does not exist."""

    key: bytes
    expected: bytes | None
    value: bytes


Operation = Put | Delete | CompareAndSwap


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The operation took effect; `revision` is the log index that wrote the key."""

    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotWritten:
    """Nothing changed: the key to delete does not exist, or the swap's expectation failed.

    `revision` is that of the key as it stands, 0 if there is none.
    """

    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionExpired:
    """Not run now: the session was evicted, so whether it ran before can no longer be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """Not run: the bytes are no command of a version that this state machine knows."""

    reason: str


Result = Written | NotWritten | SessionExpired | Malformed


@dataclass(frozen=True, slots=True, kw_only=True)
class Get:
    """The value and revision of `key`."""

    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """The items whose keys begin with `prefix` and come after `after`, in the order of bytes.

    At most `limit` items; the machine may return fewer, to keep an answer small.
    """

    prefix: bytes
    after: bytes
    limit: int


Query = Get | List


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One key with its value and the log index that wrote it."""

    key: bytes
    value: bytes
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The answer to a query: the items found; `more` says that others follow the last one."""

    items: tuple[Item, ...]
    more: bool


_PUT, _DELETE, _SWAP = 1, 2, 3
_WRITTEN, _NOT_WRITTEN, _EXPIRED, _MALFORMED = 1, 2, 3, 4
_GET, _LIST = 1, 2
_PUT_SHAPE = (int, int, int, int, int, bytes, bytes)
# Made once: `packb` would make one for every result. It packs whole numbers and short bytes only,
# so nothing interrupts it half-way and its buffer stays small.
_pack_small: Callable[[object], bytes] = msgpack.Packer().pack


def pack_command(stamp: Stamp, operation: Operation) -> bytes:
    """The bytes of a command, as they go into the log."""
    head = [stamp.session_id, stamp.sequence, stamp.first_pending, stamp.began_index]
    if isinstance(operation, Put):
        return _pack([_PUT, head, operation.key, operation.value])
    if isinstance(operation, Delete):
        return _pack([_DELETE, head, operation.key])
    return _pack([_SWAP, head, operation.key, operation.expected, operation.value])


def unpack_command(data: bytes) -> tuple[Stamp, Operation]:
    """The stamp and operation packed in `data`. Raises ProtocolError."""
    fields = _unpack(data, "command")
    try:
        code, head, key = fields[:3]
        _require_int(code)
        session_id, sequence, first_pending, began_index = head
        _require_int(session_id, sequence, first_pending, began_index)
        _require_bytes(key)
        stamp = Stamp(
            session_id=session_id,
            sequence=sequence,
            first_pending=first_pending,
            began_index=began_index,
        )
        if code == _PUT:
            (value,) = fields[3:]
            _require_bytes(value)
            return stamp, Put(key=key, value=value)
        if code == _DELETE:
            () = fields[3:]
            return stamp, Delete(key=key)
        if code == _SWAP:
            expected, value = fields[3:]
            _require_bytes(value)
            if expected is not None:
                _require_bytes(expected)
            return stamp, CompareAndSwap(key=key, expected=expected, value=value)
    except (ValueError, TypeError) as error:
        raise ProtocolError(f"malformed command: {error}") from error
    raise ProtocolError(f"unknown command code {code!r}")


def unpack_put(data: bytes) -> tuple[Stamp, bytes, bytes] | None:
    """Stamp, key and value of a well-formed Put; None for all else, which `unpack_command` tells.

    Most commands are this one, on every replica twice; it takes a third of the time.
    """
    try:
        code, head, key, value = msgpack.unpackb(data)
        session_id, sequence, first_pending, began_index = head
    except (ValueError, TypeError, msgpack.UnpackException):
        return None
    kinds = (
        type(code),
        type(session_id),
        type(sequence),
        type(first_pending),
        type(began_index),
        type(key),
        type(value),
    )
    if code != _PUT or kinds != _PUT_SHAPE or min(head) < 0:
        return None
    return Stamp._make(head), key, value


def pack_written(revision: int) -> bytes:
    """The bytes of a `Written` with this revision."""
    return _pack_small((_WRITTEN, revision))


def pack_result(result: Result) -> bytes:
    """The bytes of what a command did."""
    if isinstance(result, Written):
        return _pack([_WRITTEN, result.revision])
    if isinstance(result, NotWritten):
        return _pack([_NOT_WRITTEN, result.revision])
    if isinstance(result, SessionExpired):
        return _pack([_EXPIRED])
    return _pack([_MALFORMED, result.reason])


def unpack_result(data: bytes) -> Result:
    """The result packed in `data`. Raises ProtocolError."""
    fields = _unpack(data, "result")
    try:
        code, *rest = fields
        _require_int(code)
        if code in (_WRITTEN, _NOT_WRITTEN):
            (revision,) = rest
            _require_int(revision)
            return Written(revision=revision) if code == _WRITTEN else NotWritten(revision=revision)
        if code == _EXPIRED:
            () = rest
            return SessionExpired()
        if code == _MALFORMED:
            (reason,) = rest
            return Malformed(reason=str(reason))
    except (ValueError, TypeError) as error:
        raise ProtocolError(f"malformed result: {error}") from error
    raise ProtocolError(f"unknown result code {code!r}")


def pack_query(query: Query) -> bytes:
    """The bytes of a read."""
    if isinstance(query, Get):
        return _pack([_GET, query.key])
    return _pack([_LIST, query.prefix, query.after, query.limit])


def unpack_query(data: bytes) -> Query:
    """The query packed in `data`. Raises ProtocolError."""
    fields = _unpack(data, "query")
    try:
        code = fields[0]
        _require_int(code)
        if code == _GET:
            _, key = fields
            _require_bytes(key)
            return Get(key=key)
        if code == _LIST:
            _, prefix, after, limit = fields
            _require_bytes(prefix)
            _require_bytes(after)
            _require_int(limit)
            return List(prefix=prefix, after=after, limit=limit)
    except (ValueError, TypeError) as error:
        raise ProtocolError(f"malformed query: {error}") from error
    raise ProtocolError(f"unknown query code {code!r}")


def unpack_get(data: bytes) -> bytes | None:
    """The key of a well-formed Get; None for all else, which `unpack_query` tells."""
    try:
        code, key = msgpack.unpackb(data)
    except (ValueError, TypeError, msgpack.UnpackException):
        return None
    return key if type(code) is int and code == _GET and type(key) is bytes else None


def pack_found(key: bytes, value: bytes, revision: int) -> bytes:
    """The bytes of a listing of this one item."""
    return _pack([[[key, value, revision]], False])


def pack_listing(listing: Listing) -> bytes:
    """The bytes of a query's answer."""
    return _pack([[[i.key, i.value, i.revision] for i in listing.items], listing.more])


def unpack_listing(data: bytes) -> Listing:
    """The listing packed in `data`. Raises ProtocolError."""
    fields = _unpack(data, "listing")
    try:
        triples, more = fields
        for key, value, revision in triples:
            _require_bytes(key)
            _require_bytes(value)
            _require_int(revision)
        items = tuple(Item(key=k, value=v, revision=r) for k, v, r in triples)
        return Listing(items=items, more=more is True)
    except (ValueError, TypeError) as error:
        raise ProtocolError(f"malformed listing: {error}") from error


def _pack(fields: list[object]) -> bytes:
    packed: bytes = msgpack.packb(fields)
    return packed


def _unpack(data: bytes, what: str) -> list[Any]:
    try:
        fields = msgpack.unpackb(data)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise ProtocolError(f"not a {what}: {error}") from error
    if not isinstance(fields, list) or not fields:
        raise ProtocolError(f"not a {what}: an array was expected")
    return fields


def _require_bytes(value: object) -> None:
    if not isinstance(value, bytes):
        raise TypeError(f"bytes expected, not {type(value).__name__}")


def _require_int(*values: object) -> None:
    for value in values:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise TypeError(f"a whole number expected, not {value!r}")
