"""`raftpi put get delete list cas`."""

import os
import sys
from typing import TYPE_CHECKING

from raftpi.cli.connection import connect
from raftpi.cli.printing import (
    json_text,
    print_json,
    print_line,
    print_note,
    print_raw,
    shown,
)
from raftpi.errors import UsageError

if TYPE_CHECKING:
    from argparse import Namespace

    from raftpi.client import Committed
    from raftpi.command import Operation

NOT_DONE = 1


def put(arguments: "Namespace") -> int:
    """Sets a key; tells where it was committed."""
    from raftpi.command import Put

    key = _key(arguments.key)
    committed = _submit(arguments, Put(key=key, value=_value(arguments.value)))
    if arguments.json:
        print_json(_outcome(key, committed))
    else:
        _print_committed(committed)
    return 0


def get(arguments: "Namespace") -> int:
    """Prints a key's value, byte for byte."""
    key = _key(arguments.key)
    with connect(arguments) as client:
        entry = client.get(key)
    if arguments.json:
        found: dict[str, object] = {"value": None, "revision": None}
        if entry is not None:
            found = {**json_text("value", entry.value), "revision": entry.revision}
        print_json({**json_text("key", key), **found})
    elif entry is not None:
        print_raw(entry.value)
    if entry is None:
        print_note(f"no such key: {shown(key)}")
        return NOT_DONE
    return 0


def delete(arguments: "Namespace") -> int:
    """Removes a key."""
    from raftpi.command import Delete, Written

    key = _key(arguments.key)
    committed = _submit(arguments, Delete(key=key))
    deleted = isinstance(committed.result, Written)
    if arguments.json:
        print_json({**_outcome(key, committed), "deleted": deleted})
    elif deleted:
        _print_committed(committed)
    if not deleted:
        print_note(f"no such key: {shown(key)}")
        return NOT_DONE
    return 0


def list_prefix(arguments: "Namespace") -> int:
    """Prints the keys that begin with a prefix and their values, one on a line."""
    prefix = os.fsencode(arguments.prefix)
    with connect(arguments) as client:
        entries = client.list(prefix)
    if arguments.json:
        items = [
            {
                **json_text("key", entry.key),
                **json_text("value", entry.value),
                "revision": entry.revision,
            }
            for entry in entries
        ]
        print_json({"entries": items})
        return 0
    for entry in entries:
        sys.stdout.write(f"{shown(entry.key)}\t{shown(entry.value)}\n")
    return 0


def cas(arguments: "Namespace") -> int:
    """Sets a key if it holds what is expected."""
    key = _key(arguments.key)
    if arguments.absent == (arguments.old is not None):
        raise UsageError(
            "cas wants either KEY OLD NEW or KEY --absent NEW (see: raftpi cas --help)"
        )
    old = None if arguments.absent else os.fsencode(arguments.old)
    new = _value(arguments.new)
    from raftpi.command import CompareAndSwap, Written

    committed = _submit(arguments, CompareAndSwap(key=key, expected=old, value=new))
    swapped = isinstance(committed.result, Written)
    if arguments.json:
        print_json({**_outcome(key, committed), "swapped": swapped})
    elif swapped:
        _print_committed(committed)
    if not swapped:
        if old is None:
            why = "it exists"
        else:
            why = "it holds another value" if committed.result.revision else "there is no such key"
        print_note(f"{shown(key)} not swapped: {why}")
        return NOT_DONE
    return 0


def _submit(arguments: "Namespace", operation: "Operation") -> "Committed":
    with connect(arguments) as client:
        return client.submit(operation)


def _outcome(key: bytes, committed: "Committed") -> dict[str, object]:
    return {
        "outcome": "committed",
        **json_text("key", key),
        "revision": committed.result.revision,
        "index": committed.index,
        "acks": committed.acks,
        "voters": committed.voter_count,
    }


def _print_committed(committed: "Committed") -> None:
    print_line(
        f"committed at index {committed.index} ({committed.acks}/{committed.voter_count} acks)"
    )


def _key(text: str) -> bytes:
    if not text:
        raise UsageError("an empty KEY cannot be used")
    return os.fsencode(text)


def _value(text: str) -> bytes:
    if text != "-":
        return os.fsencode(text)
    return sys.stdin.buffer.read()
