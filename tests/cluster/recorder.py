"""Collects what the clients of a real cluster saw."""

from dataclasses import replace
from threading import Lock

from raftpi.sim.linearizability.history import Kind, Operation, Outcome


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
