"""The fields of a frame that arrived: their types, before anything is made of them."""

from typing import Any

from raftpi.errors import ProtocolError

THREE = (int, int, int)
THREE_AND_FLAG = (int, int, int, bool)
FOUR = (int, int, int, int)
FIVE = (int, int, int, int, int)
FIVE_AND_FLAG = (int, int, int, int, int, bool)
SIX = (int, int, int, int, int, int)


def check(fields: list[Any], types: tuple[type, ...], kind: type) -> None:
    """That these are the fields of `kind`, numbers and flags all, none negative.

    Raises ProtocolError.
    """
    if tuple(map(type, fields)) != types or min(fields) < 0:
        raise malformed(kind, fields)


def malformed(kind: type, fields: list[Any]) -> ProtocolError:
    """The error to raise for fields that are not those of `kind`."""
    # The types alone: a fault of a megabyte is not worth repeating.
    found = ", ".join(type(field).__name__ for field in fields[:12])
    return ProtocolError(f"malformed {kind.__name__}: ({found})")
