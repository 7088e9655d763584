"""Requests of clients and the answers of nodes, and their bytes.

A request is one ZeroMQ frame from a DEALER to a node's client ROUTER: a msgpack array
`[version, code, request_id, …]`. The answer repeats the request id. What an answer says
about a command is one of three things, never a guess: `Answer` (done), `Refused` or
`Redirect` (certainly not done by this request), `Uncertain` (it entered a log and the node
lost the lead; asking the next leader with the same stamp is safe).
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, get_args

import msgpack

from raftpi.errors import ProtocolError

VERSION = 1
# Made once, for what is small: `packb` would make a packer for every answer. Its buffer never
# shrinks, and what it packs cannot interrupt it.
SMALL_BYTES = 4096
_pack_small: Callable[[object], bytes] = msgpack.Packer().pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Discover:
    """Who leads, who are the members, and which commit index may a new session begin with?"""

    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """Run this command (bytes of `raftpi.command.pack_command`) through the log."""

    request_id: int
    command: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Answer this query (bytes of `raftpi.command.pack_query`) linearizably."""

    request_id: int
    query: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AskStatus:
    """Send your status."""

    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Hand leadership to the node with this id; 0: to whoever is furthest along."""

    request_id: int
    target: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chaos:
    """Misbehave on purpose: refused unless `chaos.enabled`, and asked locally or by an admin.

    `blocked_in`, `blocked_out`: node ids whose frames are dropped; `delay_ms`: added to every
    frame out. Ends by itself after `duration_ms`; a new one replaces the one before.
    """

    request_id: int
    blocked_in: tuple[int, ...]
    blocked_out: tuple[int, ...]
    delay_ms: int
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Identify:
    """Flash this board's lamp white for so long."""

    request_id: int
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMembers:
    """Change the membership: `verb` add, learn, remove, promote or replace, for one board."""

    request_id: int
    verb: str
    node_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AskEntries:
    """Send what you hold of the log from entry `first` to `last` (see `held_log`), lead or not."""

    request_id: int
    first: int
    last: int


Request = (
    Discover | Submit | Ask | AskStatus | Transfer | Chaos | Identify | ChangeMembers | AskEntries
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """The answer to Discover. `leader` is a node id, 0 when none is known.

    `members` are (node id, name, client endpoint, status endpoint).
    `alive_count` of `voter_count` voters were heard lately, this node included.
    """

    request_id: int
    node_id: int
    leader: int
    commit_index: int
    members: tuple[tuple[int, str, str, str], ...]
    alive_count: int
    voter_count: int
    condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Done. For a command: committed at `index`, durable on `acks` of `voter_count` so far.

    `body` holds the state machine's result, listing or a packed status.
    """

    request_id: int
    body: bytes
    index: int
    acks: int
    voter_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Certainly not done, and no other node would say otherwise: `reason` says why."""

    request_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Certainly not done here: this node does not lead. `leader` is a node id or 0.

    `reason` is `not leader`, `election`, `no quorum`, `handing over`, `overloaded`,
    `founding`, `lost memory` or `disk full on NAME`.
    """

    request_id: int
    leader: int
    reason: str
    alive_count: int
    voter_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """The command is in this node's log, but it leads no longer; `leader` is a node id or 0."""

    request_id: int
    leader: int


Reply = Discovery | Answer | Refused | Redirect | Uncertain

_REQUESTS: dict[int, type] = {
    1: Discover,
    2: Submit,
    3: Ask,
    4: AskStatus,
    5: Transfer,
    6: Chaos,
    7: Identify,
    8: ChangeMembers,
    9: AskEntries,
}
_REPLIES: dict[int, type] = {1: Discovery, 2: Answer, 3: Refused, 4: Redirect, 5: Uncertain}
SUBMIT, ASK, _ANSWER = 2, 3, 2
_CODES: dict[type, int] = {
    **{kind: code for code, kind in _REQUESTS.items()},
    **{kind: code for code, kind in _REPLIES.items()},
}
_NAMES: dict[type, tuple[str, ...]] = {kind: tuple(f.name for f in fields(kind)) for kind in _CODES}
_SHAPES: dict[type, tuple[object, ...]] = {
    kind: tuple(f.type for f in fields(kind)) for kind in _CODES
}


def pack_request(request: Request) -> bytes:
    """The frame of a request."""
    return _pack(request)


def unpack_request(data: bytes) -> Request:
    """The request in a frame. Raises ProtocolError for anything else."""
    request: Request = _unpack(data, _REQUESTS, "request")
    return request


def unpack_usual(data: bytes) -> tuple[int, int, bytes] | None:
    """Code, request id and command or query of a sound Submit or Ask.

    None for all else, which `unpack_request` tells. Most requests are these two: it takes a fifth
    of the time of the way for all.
    """
    try:
        version, code, request_id, body = msgpack.unpackb(data)
    except (ValueError, TypeError, OverflowError, msgpack.UnpackException):
        return None
    if type(version) is not int or version != VERSION or type(code) is not int:
        return None
    if code not in (SUBMIT, ASK) or type(request_id) is not int or request_id < 0:
        return None
    return (code, request_id, body) if type(body) is bytes else None


def pack_reply(reply: Reply) -> bytes:
    """The frame of a reply."""
    return _pack(reply)


def pack_answer(request_id: int, body: bytes, index: int, acks: int, voter_count: int) -> bytes:
    """The frame of an `Answer` with these fields."""
    pack = _pack_small if len(body) < SMALL_BYTES else msgpack.packb
    packed: bytes = pack((VERSION, _ANSWER, request_id, body, index, acks, voter_count))
    return packed


def unpack_reply(data: bytes) -> Reply:
    """The reply in a frame. Raises ProtocolError for anything else."""
    reply: Reply = _unpack(data, _REPLIES, "reply")
    return reply


def _pack(value: Request | Reply) -> bytes:
    kind = type(value)
    packed: bytes = msgpack.packb(
        [VERSION, _CODES[kind], *[getattr(value, name) for name in _NAMES[kind]]]
    )
    return packed


def _unpack(data: bytes, kinds: dict[int, type], what: str) -> Any:
    try:
        items = msgpack.unpackb(data, use_list=False)
    except (ValueError, TypeError, OverflowError, msgpack.UnpackException) as error:
        raise ProtocolError(f"not a {what}: {error}") from error
    if not isinstance(items, tuple) or len(items) < 3:
        raise ProtocolError(f"not a {what}: an array was expected")
    if items[0] != VERSION:
        raise ProtocolError(f"a {what} of version {items[0]!r}; this node speaks {VERSION}")
    kind = kinds.get(items[1]) if type(items[1]) is int else None
    if kind is None:
        raise ProtocolError(f"unknown {what} code {items[1]!r}")
    names = _NAMES[kind]
    values = items[2:]
    if len(values) < len(names):
        raise ProtocolError(f"a {kind.__name__} lacks {names[len(values)]}")
    for name, shape, value in zip(names, _SHAPES[kind], values, strict=False):
        if not _fits(shape, value):
            raise ProtocolError(f"{kind.__name__}.{name} is not what it should be")
    return kind(**dict(zip(names, values, strict=False)))


def _fits(shape: object, value: object) -> bool:
    """Whether `value` has the type of a field; whole numbers are 0 <= n < 2**64."""
    if shape is int:
        return type(value) is int and value >= 0
    if isinstance(shape, type):
        return type(value) is shape
    if type(value) is not tuple:
        return False
    shapes = get_args(shape)
    if len(shapes) == 2 and shapes[1] is Ellipsis:
        return all(_fits(shapes[0], item) for item in value)
    return len(shapes) == len(value) and all(map(_fits, shapes, value))
