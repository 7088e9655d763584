"""Operations: what one cannot be, and how it reads."""

import pytest

from raftpi.sim.linearizability.history import Kind, Operation, Outcome


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"kind": Kind.PUT, "inputs": ()}, "does not take 0 inputs"),
        ({"kind": Kind.GET, "inputs": (b"v",)}, "does not take 1 inputs"),
        ({"returned_at": None}, "returns with an outcome, or neither"),
        ({"output": None}, "returns with an outcome, or neither"),
        ({"returned_at": 0.5}, "before it was called"),
        ({"output": Outcome(done=True)}, "comes with a value"),
        ({"output": Outcome(done=False, value=b"v")}, "comes with a value"),
    ],
)
def test_an_operation_that_cannot_have_been_is_refused(
    changes: dict[str, object], text: str
) -> None:
    fields: dict[str, object] = {
        "client": 1,
        "key": b"k",
        "kind": Kind.GET,
        "output": Outcome(done=True, value=b"v"),
        "called_at": 1.0,
        "returned_at": 2.0,
    }
    with pytest.raises(ValueError, match=text):
        Operation(**{**fields, **changes})  # type: ignore[arg-type]  # that is the test


@pytest.mark.parametrize(
    ("kind", "inputs", "output", "text"),
    [
        (Kind.GET, (), Outcome(done=True, value=b"v", revision=3), "get 'k' -> 'v' @3"),
        (Kind.GET, (), Outcome(done=False), "get 'k' -> absent"),
        (Kind.PUT, (b"x" * 50,), None, f"put 'k' '{'x' * 40}'… (50 bytes) -> unknown"),
        (Kind.DELETE, (), Outcome(done=True, revision=4), "delete 'k' -> done @4"),
        (Kind.CAS, (None, b"v"), Outcome(done=False), "cas 'k' (none) 'v' -> not swapped"),
    ],
)
def test_an_operation_reads_as_one_line(
    kind: Kind, inputs: tuple[bytes | None, ...], output: Outcome | None, text: str
) -> None:
    returned_at = None if output is None else 2.0
    operation = Operation(
        client=7,
        key=b"k",
        kind=kind,
        inputs=inputs,
        output=output,
        called_at=1.0,
        returned_at=returned_at,
    )
    until = "…" if output is None else "2.000000"
    assert operation.text() == f"[1.000000 … {until}] client 7: {text}"
