"""What the revisions say: they come from one log, so they must agree with time and each other."""

from collections import Counter

from raftpi.sim.linearizability.history import Kind, Operation
from raftpi.sim.linearizability.search import FOREVER

# What contradicts what: the operations, and a sentence.
Contradiction = tuple[tuple[Operation, ...], str]


def contradiction(operations: list[Operation]) -> Contradiction | None:
    """The first contradiction among the revisions of one key, or None.

    A revision is written once and has one value; a value that was written by one operation has
    one revision; and an operation sees at least what was seen by those before it, and writes
    above it. Operations that tell no revision say nothing here.
    """
    telling = [o for o in operations if o.output is not None and o.output.revision > 0]
    telling.sort(key=lambda operation: operation.called_at)
    return (
        _written_twice(telling)
        or _one_revision_two_values(telling)
        or _one_write_two_revisions(telling, operations)
        or _against_time(telling)
    )


def _revision(operation: Operation) -> int:
    return 0 if operation.output is None else operation.output.revision


def _writes(operation: Operation) -> bool:
    return operation.kind is not Kind.GET and operation.output is not None and operation.output.done


def _written_value(operation: Operation) -> bytes | None:
    """The value that an operation leaves, if it does; None for a delete and for a get."""
    return operation.inputs[-1] if operation.inputs else None


def _shows(operation: Operation) -> tuple[int, bytes | None] | None:
    """The revision and value that belong together, as this operation saw or made them."""
    if operation.output is not None and operation.kind is Kind.GET:
        return operation.output.revision, operation.output.value
    return (_revision(operation), _written_value(operation)) if _writes(operation) else None


def _written_twice(telling: list[Operation]) -> Contradiction | None:
    writers: dict[int, Operation] = {}
    for operation in filter(_writes, telling):
        earlier = writers.setdefault(_revision(operation), operation)
        if earlier is not operation:
            return (earlier, operation), "two writes have the same revision"
    return None


def _one_revision_two_values(telling: list[Operation]) -> Contradiction | None:
    shown: dict[int, tuple[bytes | None, Operation]] = {}
    for operation in telling:
        sight = _shows(operation)
        if sight is None:
            continue
        value, earlier = shown.setdefault(sight[0], (sight[1], operation))
        if value != sight[1]:
            return (earlier, operation), "one revision has two values"
    return None


def _one_write_two_revisions(
    telling: list[Operation], operations: list[Operation]
) -> Contradiction | None:
    writers = Counter(_written_value(o) for o in operations if o.output is None or o.output.done)
    shown: dict[bytes, tuple[int, Operation]] = {}
    for operation in telling:
        sight = _shows(operation)
        if sight is None or sight[1] is None or writers[sight[1]] != 1:
            continue
        revision, earlier = shown.setdefault(sight[1], (sight[0], operation))
        if revision != sight[0]:
            return (earlier, operation), "a value that was written once has two revisions"
    return None


def _against_time(telling: list[Operation]) -> Contradiction | None:
    """Sweep over the calls; `highest` is the operation with the highest revision that returned.

    An operation returns no earlier than it is called, so `ends` never runs empty.
    """
    ends = [(FOREVER if o.returned_at is None else o.returned_at, n) for n, o in enumerate(telling)]
    ends.sort(reverse=True)
    highest: Operation | None = None
    for operation in telling:
        while ends[-1][0] < operation.called_at:
            returned = telling[ends.pop()[1]]
            if highest is None or _revision(returned) > _revision(highest):
                highest = returned
        if highest is not None:
            if _revision(operation) < _revision(highest):
                return (highest, operation), "a later operation has a lower revision"
            if _revision(operation) == _revision(highest) and _writes(operation):
                return (highest, operation), "a write has a revision that was seen before it"
    return None
