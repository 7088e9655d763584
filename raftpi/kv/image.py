"""The image of a state machine: blocks of bytes, each of which can be checked by itself.

A block is a msgpack array: its kind, its number, the CRC-32 of the block before it, and its
content. The first block is a `Head`; then come the sessions in the order of their last use, the
items in the order of their keys, and an `End`. The CRC chains the blocks together, so that none
can be lost, repeated or taken from another image unseen; the `End` tells that it was the last.
"""

from dataclasses import dataclass
from typing import Any

import msgpack

from raftpi.errors import ProtocolError

# Raised whenever a block's layout changes; stands in the head.
FORM = 1

# At least what msgpack adds to the content: of a block, of a session or a part of one, of a
# result with its sequence, of a key with its value and revision.
BLOCK_OVERHEAD_BYTES = 32
PIECE_OVERHEAD_BYTES = 40
RESULT_OVERHEAD_BYTES = 16
ENTRY_OVERHEAD_BYTES = 24

_HEAD, _SESSIONS, _ITEMS, _END = 1, 2, 3, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """`settings`: the packed settings in force; `applied_index`: of the last command applied."""

    settings: bytes
    applied_index: int
    horizon: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPiece:
    """A session, or as much of its results as went into one block; `sequences` ascend."""

    session_id: int
    floor: int
    last_index: int
    sequences: tuple[int, ...]
    results: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsPart:
    """Some sessions; a first piece with the id of the last one before goes on with that."""

    pieces: tuple[SessionPiece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsPart:
    """Some keys, ascending, each with its value and revision at the same place in `entries`."""

    keys: tuple[bytes, ...]
    entries: tuple[tuple[bytes, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How much there was of everything."""

    session_count: int
    result_count: int
    item_count: int


Content = Head | SessionsPart | ItemsPart | End


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block: `number` counts from 0; `previous_crc` is of the bytes of the block before."""

    number: int
    previous_crc: int
    content: Content


def pack_block(block: Block) -> bytes:
    """The bytes of a block."""
    content = block.content
    fields: list[object] = [0, block.number, block.previous_crc]
    if isinstance(content, Head):
        fields[0] = _HEAD
        fields += [FORM, content.settings, content.applied_index, content.horizon]
    elif isinstance(content, SessionsPart):
        fields[0] = _SESSIONS
        fields.append(
            [[p.session_id, p.floor, p.last_index, p.sequences, p.results] for p in content.pieces]
        )
    elif isinstance(content, ItemsPart):
        fields[0] = _ITEMS
        fields += [content.keys, content.entries]
    else:
        fields[0] = _END
        fields += [content.session_count, content.result_count, content.item_count]
    packed: bytes = msgpack.packb(fields)
    return packed


def unpack_block(data: bytes) -> Block:
    """The block in `data`: its types are right, its order is the reader's. Raises ProtocolError."""
    try:
        fields = msgpack.unpackb(data, use_list=False)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise ProtocolError(f"not a block of a state machine's image: {error}") from error
    try:
        kind, number, previous_crc, *rest = fields
        _require_ints(kind, number, previous_crc)
        content = _content(kind, rest)
    except (ValueError, TypeError) as error:
        raise ProtocolError(f"not a block of a state machine's image: {error}") from error
    return Block(number=number, previous_crc=previous_crc, content=content)


def _content(kind: int, rest: list[Any]) -> Content:
    if kind == _HEAD:
        return _head(rest)
    if kind == _SESSIONS:
        (pieces,) = rest
        return SessionsPart(pieces=tuple(_piece(*fields) for fields in pieces))
    if kind == _ITEMS:
        keys, entries = rest
        _require_arrays(keys, entries)
        if len(keys) != len(entries):
            raise ValueError(f"{len(keys)} keys with {len(entries)} values")
        for key, (value, revision) in zip(keys, entries, strict=True):
            _require_bytes(key, value)
            _require_ints(revision)
        return ItemsPart(keys=keys, entries=entries)
    if kind == _END:
        session_count, result_count, item_count = rest
        _require_ints(session_count, result_count, item_count)
        return End(session_count=session_count, result_count=result_count, item_count=item_count)
    raise ValueError(f"kind {kind} is unknown")


def _head(rest: list[Any]) -> Head:
    form, *known = rest
    if form != FORM:
        raise ValueError(
            f"it has form {form!r}, and this raftpi reads form {FORM}: "
            "install the version that wrote it, or a later one"
        )
    settings, applied_index, horizon = known
    _require_bytes(settings)
    _require_ints(applied_index, horizon)
    return Head(settings=settings, applied_index=applied_index, horizon=horizon)


def _piece(
    session_id: Any, floor: Any, last_index: Any, sequences: Any, results: Any
) -> SessionPiece:
    _require_arrays(sequences, results)
    if len(sequences) != len(results):
        raise ValueError(f"{len(sequences)} sequences with {len(results)} results")
    _require_ints(session_id, floor, last_index, *sequences)
    _require_bytes(*results)
    return SessionPiece(
        session_id=session_id,
        floor=floor,
        last_index=last_index,
        sequences=sequences,
        results=results,
    )


def _require_ints(*values: object) -> None:
    for value in values:
        if type(value) is not int or value < 0:
            raise TypeError(f"a whole number expected, not {value!r}")


def _require_arrays(*values: object) -> None:
    for value in values:
        if type(value) is not tuple:
            raise TypeError(f"an array expected, not {type(value).__name__}")


def _require_bytes(*values: object) -> None:
    for value in values:
        if type(value) is not bytes:
            raise TypeError(f"bytes expected, not {type(value).__name__}")
