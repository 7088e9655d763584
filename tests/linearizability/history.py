"""What clients saw: one operation each, and the recorder that collects them."""

from dataclasses import dataclass, replace
from enum import Enum
from threading import Lock


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


class Recorder:
    """Collects the operations of clients that run at the same time; may be shared by threads.

    Call `begin` before anything is sent and `finish` after the answer has come, with the time of
    one monotonic clock. An operation that certainly did not happen is `forget`-ed; one that was
    begun and neither finished nor forgotten has an unknown outcome.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._operations: dict[int, Operation] = {}
        self._begun_count = 0

    def begin(
        self, client: int, key: bytes, kind: Kind, *inputs: bytes | None, called_at: float
    ) -> int:
        """A client is about to call; the number to finish or forget the operation by."""
        operation = Operation(client=client, key=key, kind=kind, inputs=inputs, called_at=called_at)
        with self._lock:
            self._begun_count += 1
            self._operations[self._begun_count] = operation
            return self._begun_count

    def finish(self, number: int, output: Outcome, *, returned_at: float) -> None:
        """The answer came. Raises KeyError for an operation that was not begun or was forgotten."""
        with self._lock:
            operation = self._operations[number]
            self._operations[number] = replace(operation, output=output, returned_at=returned_at)

    def forget(self, number: int) -> None:
        """The operation certainly did not take effect and never will."""
        with self._lock:
            del self._operations[number]

    def operations(self) -> list[Operation]:
        """Everything recorded so far, in the order of the calls to `begin`."""
        with self._lock:
            return list(self._operations.values())
