"""What clients saw: one operation each."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a client asked for."""

    GET = "get"
    PUT = "put"
    DELETE = "delete"
    CAS = "cas"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a client was told.

    `done`: the get found the key, the put or delete or swap took effect. `value`: what a get
    found. `revision`: the log index that came with the answer; 0 if none did.
    """

    done: bool
    value: bytes | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call of one client, on one clock for all clients.

    `inputs`: (value,) of a put, (expected or None, value) of a swap, () of the others.
    `output` and `returned_at` are None if the outcome is unknown: such an operation may have
    taken effect at any moment after `called_at`, or never.
    """

    client: int
    key: bytes
    kind: Kind
    inputs: tuple[bytes | None, ...] = ()
    output: Outcome | None = None
    called_at: float
    returned_at: float | None = None

    def __post_init__(self) -> None:
        if len(self.inputs) != _INPUT_COUNTS[self.kind]:
            raise ValueError(f"a {self.kind.value} does not take {len(self.inputs)} inputs")
        if (self.output is None) != (self.returned_at is None):
            raise ValueError("an operation returns with an outcome, or neither")
        if self.returned_at is not None and self.returned_at < self.called_at:
            raise ValueError("an operation cannot return before it was called")
        if self.output is not None:
            found = self.kind is Kind.GET and self.output.done
            if found != (self.output.value is not None):
                raise ValueError("a get that found the key, and nothing else, comes with a value")

    def text(self) -> str:
        """One line for people: when, who, what, and what came of it."""
        until = "…" if self.returned_at is None else f"{self.returned_at:.6f}"
        asked = " ".join(["(none)" if i is None else _shown(i) for i in self.inputs])
        call = f"{self.kind.value} {_shown(self.key)}{' ' if asked else ''}{asked}"
        return f"[{self.called_at:.6f} … {until}] client {self.client}: {call} -> {self._told()}"

    def _told(self) -> str:
        if self.output is None:
            return "unknown"
        revision = f" @{self.output.revision}" if self.output.revision else ""
        if not self.output.done:
            return _NOT_DONE[self.kind] + revision
        if self.output.value is not None:
            return _shown(self.output.value) + revision
        return "done" + revision


_INPUT_COUNTS = {Kind.GET: 0, Kind.PUT: 1, Kind.DELETE: 0, Kind.CAS: 2}
_NOT_DONE = {
    Kind.GET: "absent",
    Kind.PUT: "not done",
    Kind.DELETE: "absent",
    Kind.CAS: "not swapped",
}
_SHOWN_BYTES = 40


def _shown(data: bytes) -> str:
    if len(data) <= _SHOWN_BYTES:
        return repr(data)[1:]
    return f"{repr(data[:_SHOWN_BYTES])[1:]}… ({len(data)} bytes)"
