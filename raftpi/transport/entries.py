"""The entries within a frame: `[term, kind number, payload]` each.

Their indexes follow from the place in the log that the frame names.
"""

from collections.abc import Sequence
from typing import Any

import msgpack

from raftpi.core.entry import Entry, EntryKind
from raftpi.errors import ProtocolError
from raftpi.payload import KINDS, pack_payload, unpack_configuration

NUMBER_LIMIT = 2**64

_ENTRY = (int, int, bytes)
_COMMAND = EntryKind.COMMAND.value


def entry_fields(entries: Sequence[Entry]) -> list[tuple[int, int, bytes]]:
    """What is packed of the entries."""
    return [
        (e.term, _COMMAND, e.command)
        if e.kind is EntryKind.COMMAND
        else (e.term, e.kind.value, pack_payload(e))
        for e in entries
    ]


def pack_entries(entries: Sequence[Entry]) -> bytes:
    """The bytes of the array of entries."""
    packed: bytes = msgpack.packb(entry_fields(entries))
    return packed


def unpack_entries(prev_log_index: int, items: list[Any]) -> tuple[Entry, ...]:
    """The entries behind `prev_log_index`. Raises ProtocolError."""
    if prev_log_index + len(items) >= NUMBER_LIMIT:
        raise ProtocolError("malformed AppendEntries: the indexes exceed 64 bits")
    entries: list[Entry] = []
    index = prev_log_index
    for item in items:
        index += 1
        # Almost all are commands; what is not as it should be is told by `_entry`.
        if type(item) is list and len(item) == 3:
            term, kind_number, payload = item
            if (
                kind_number == _COMMAND
                and type(kind_number) is type(term) is int
                and type(payload) is bytes
                and term >= 0
            ):
                entries.append(Entry(index=index, term=term, command=payload))
                continue
        entries.append(_entry(index, item))
    return tuple(entries)


def _entry(index: int, item: Any) -> Entry:
    if type(item) is not list or tuple(map(type, item)) != _ENTRY:
        raise ProtocolError(f"entry {index} is no array of term, kind and payload")
    term, kind_number, payload = item
    kind = KINDS.get(kind_number)
    if kind is None or term < 0:
        raise ProtocolError(f"entry {index} has term {term} and kind {kind_number}")
    if kind is EntryKind.COMMAND:
        return Entry(index=index, term=term, command=payload)
    if kind is EntryKind.CONFIGURATION:
        return Entry(index=index, term=term, kind=kind, configuration=unpack_configuration(payload))
    if payload:
        raise ProtocolError(f"entry {index} is a no-op with a payload")
    return Entry(index=index, term=term, kind=kind)
