"""raftpi's requests from templates: the client should cost little beside what is measured."""

import struct
from collections.abc import Callable, Sequence

from bench.load.keys import key_number
from raftpi.command import Get, Put, Stamp, pack_command, pack_query
from raftpi.transport.requests import Ask, Submit, pack_request

# What is packed in their place has as many bytes as any number that follows.
_FIRST_ID, _FIRST_PENDING, _FIRST_SEQUENCE = 0xA1A1A1A1, 0xA2A2A2A2, 0xA3A3A3A3
_NUMBER = struct.Struct(">I").pack


def puts(
    client: int, session_id: int, began_index: int, keys: Sequence[bytes], value: bytes, depth: int
) -> Callable[[int], bytes]:
    """What makes the requests of one client, counted from 0: each a put, in one session."""
    stamp = Stamp(
        session_id=session_id,
        sequence=_FIRST_SEQUENCE,
        first_pending=_FIRST_PENDING,
        began_index=began_index,
    )
    key = keys[0]
    command = pack_command(stamp, Put(key=key, value=value))
    whole = pack_request(Submit(request_id=_FIRST_ID, command=command))
    before_id, rest = whole.split(_NUMBER(_FIRST_ID), 1)
    before_sequence, rest = rest.split(_NUMBER(_FIRST_SEQUENCE), 1)
    before_pending, rest = rest.split(_NUMBER(_FIRST_PENDING), 1)
    before_key, behind_key = rest.split(key, 1)
    count = len(keys)

    def ask(number: int) -> bytes:
        sequence = _NUMBER(number + 1)
        return b"".join(
            (
                before_id,
                sequence,
                before_sequence,
                sequence,
                before_pending,
                _NUMBER(max(1, number + 2 - depth)),
                before_key,
                keys[key_number(client, number, count)],
                behind_key,
            )
        )

    return ask


def gets(client: int, keys: Sequence[bytes]) -> Callable[[int], bytes]:
    """What makes the requests of a client that reads."""
    whole = pack_request(Ask(request_id=_FIRST_ID, query=pack_query(Get(key=keys[0]))))
    before_id, rest = whole.split(_NUMBER(_FIRST_ID), 1)
    before_key, behind_key = rest.split(keys[0], 1)
    count = len(keys)

    def ask(number: int) -> bytes:
        key = keys[key_number(client, number, count)]
        return b"".join((before_id, _NUMBER(number), before_key, key, behind_key))

    return ask


def is_done(body: bytes) -> bool:
    """Whether this frame is an Answer: committed, or the value read."""
    return body[1:3] == b"\x01\x02"
