"""What a node answers to `AskEntries`: a part of its log as it holds it, and its bytes."""

from dataclasses import dataclass

import msgpack

from raftpi.errors import ProtocolError


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLog:
    """`entries` are (index, term, payload), of those asked for as many as one answer takes.

    `first_index` to `last_index` is what the node holds; what comes before is in a snapshot.
    """

    cluster_id: int
    first_index: int
    last_index: int
    entries: tuple[tuple[int, int, bytes], ...]


def pack_held_log(held: HeldLog) -> bytes:
    """The bytes of an answer's body."""
    packed: bytes = msgpack.packb(
        [held.cluster_id, held.first_index, held.last_index, held.entries]
    )
    return packed


def unpack_held_log(data: bytes) -> HeldLog:
    """What `pack_held_log` packed. Raises ProtocolError."""
    try:
        cluster_id, first_index, last_index, entries = msgpack.unpackb(data, use_list=False)
        held = HeldLog(
            cluster_id=cluster_id,
            first_index=first_index,
            last_index=last_index,
            entries=tuple((index, term, payload) for index, term, payload in entries),
        )
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise ProtocolError(f"not a part of a log: {error}") from error
    numbers = [cluster_id, first_index, last_index]
    numbers += [number for entry in held.entries for number in entry[:2]]
    if any(type(number) is not int or number < 0 for number in numbers):
        raise ProtocolError("not a part of a log: a number is none")
    if any(type(payload) is not bytes for _, _, payload in held.entries):
        raise ProtocolError("not a part of a log: a payload is no bytes")
    return held
