"""The checker against trying every order, on small random histories."""

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from raftpi.sim.linearizability.checker import check
from raftpi.sim.linearizability.history import Kind, Operation, Outcome
from raftpi.sim.linearizability.search import Verdict


def explained(order: Sequence[Operation]) -> bool:
    """Would clients have seen this if the operations had run one by one in this order?"""
    present: bytes | None = None
    for operation in order:
        done, value = True, None
        if operation.kind is Kind.GET:
            done, value = present is not None, present
        elif operation.kind is Kind.PUT:
            present = operation.inputs[0]
        elif operation.kind is Kind.DELETE:
            done, present = present is not None, None
        else:
            done = present == operation.inputs[0]
            present = operation.inputs[1] if done else present
        told = operation.output
        if told is not None and (told.done, told.value) != (done, value):
            return False
    return True


def respects_time(order: Sequence[Operation]) -> bool:
    """Does nothing stand before an operation that had returned before it was called?"""
    return not any(
        later.returned_at is not None and later.returned_at < earlier.called_at
        for earlier, later in combinations(order, 2)
    )


def orders(operations: Sequence[Operation]) -> Iterator[tuple[Operation, ...]]:
    """Every order of everything that returned and any of the rest."""
    certain = [o for o in operations if o.output is not None]
    unknown = [o for o in operations if o.output is None]
    for count in range(len(unknown) + 1):
        for chosen in combinations(unknown, count):
            yield from permutations([*certain, *chosen])


def linearizable(operations: Sequence[Operation]) -> bool:
    return any(explained(order) and respects_time(order) for order in orders(operations))


VALUES = st.sampled_from([b"a", b"b", b"c"])


@st.composite
def operation(draw: st.DrawFn) -> Operation:
    kind = draw(st.sampled_from(list(Kind)))
    inputs: tuple[bytes | None, ...] = ()
    if kind is Kind.PUT:
        inputs = (draw(VALUES),)
    elif kind is Kind.CAS:
        inputs = (draw(st.none() | VALUES), draw(VALUES))
    called_at = draw(st.integers(0, 8))
    if draw(st.integers(0, 3)) == 0:
        return Operation(client=0, key=b"k", kind=kind, inputs=inputs, called_at=called_at)
    done = kind is Kind.PUT or draw(st.booleans())
    value = draw(VALUES) if kind is Kind.GET and done else None
    return Operation(
        client=0,
        key=b"k",
        kind=kind,
        inputs=inputs,
        output=Outcome(done=done, value=value),
        called_at=called_at,
        returned_at=called_at + draw(st.integers(0, 5)),
    )


@settings(max_examples=800, deadline=None)
@given(st.lists(operation(), max_size=5))
@example([])
def test_the_checker_and_brute_force_agree(operations: list[Operation]) -> None:
    expected = Verdict.LINEARIZABLE if linearizable(operations) else Verdict.VIOLATION
    assert check(operations).verdict is expected


@st.composite
def plausible_history(draw: st.DrawFn) -> list[Operation]:
    """Operations that did run one by one, then stretched so that they overlap, some unanswered.

    Always linearizable, unless a read is falsified.
    """
    present: bytes | None = None
    operations: list[Operation] = []
    for moment in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(list(Kind)))
        inputs: tuple[bytes | None, ...] = ()
        done, value = True, None
        if kind is Kind.GET:
            done, value = present is not None, present
        elif kind is Kind.DELETE:
            done, present = present is not None, None
        elif kind is Kind.PUT:
            inputs = (draw(VALUES),)
            present = inputs[0]
        else:
            inputs = (draw(st.sampled_from([present, b"a"])), draw(VALUES))
            done = inputs[0] == present
            present = inputs[1] if done else present
        answered = draw(st.integers(0, 3)) > 0
        operations.append(
            Operation(
                client=0,
                key=b"k",
                kind=kind,
                inputs=inputs,
                output=Outcome(done=done, value=value) if answered else None,
                called_at=moment - draw(st.integers(0, 3)),
                returned_at=moment + draw(st.integers(0, 3)) if answered else None,
            )
        )
    return operations


@settings(max_examples=500, deadline=None)
@given(plausible_history())
def test_what_ran_one_by_one_is_never_called_a_violation(operations: list[Operation]) -> None:
    assert check(operations).verdict is Verdict.LINEARIZABLE


@settings(max_examples=500, deadline=None)
@given(plausible_history(), VALUES, st.integers(0, 8), st.integers(0, 2))
def test_a_falsified_read_is_judged_as_brute_force_judges_it(
    operations: list[Operation], value: bytes, called_at: int, lasting: int
) -> None:
    read = Operation(
        client=1,
        key=b"k",
        kind=Kind.GET,
        output=Outcome(done=True, value=value),
        called_at=called_at,
        returned_at=called_at + lasting,
    )
    history = [*operations[:5], read]
    expected = Verdict.LINEARIZABLE if linearizable(history) else Verdict.VIOLATION
    assert check(history).verdict is expected
