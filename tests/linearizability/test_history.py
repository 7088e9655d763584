"""Operations and their recorder."""

from threading import Thread

import pytest

from tests.linearizability.history import Kind, Operation, Outcome, Recorder


def test_a_finished_operation_has_its_outcome() -> None:
    recorder = Recorder()
    number = recorder.begin(3, b"k", Kind.CAS, None, b"v", called_at=1.5)
    recorder.finish(number, Outcome(done=True, revision=9), returned_at=2.5)
    assert recorder.operations() == [
        Operation(
            client=3,
            key=b"k",
            kind=Kind.CAS,
            inputs=(None, b"v"),
            output=Outcome(done=True, revision=9),
            called_at=1.5,
            returned_at=2.5,
        )
    ]


def test_an_operation_that_was_only_begun_has_an_unknown_outcome() -> None:
    recorder = Recorder()
    recorder.begin(1, b"k", Kind.PUT, b"v", called_at=1.0)
    (operation,) = recorder.operations()
    assert operation.output is None
    assert operation.returned_at is None


def test_a_forgotten_operation_is_left_out() -> None:
    recorder = Recorder()
    first = recorder.begin(1, b"k", Kind.PUT, b"v", called_at=1.0)
    recorder.begin(1, b"k", Kind.GET, called_at=2.0)
    recorder.forget(first)
    assert [operation.kind for operation in recorder.operations()] == [Kind.GET]
    with pytest.raises(KeyError):
        recorder.finish(first, Outcome(done=True), returned_at=3.0)


def test_threads_share_a_recorder_without_losing_anything() -> None:
    recorder = Recorder()

    def client(number: int) -> None:
        for moment in range(500):
            call = recorder.begin(number, b"k", Kind.DELETE, called_at=moment)
            recorder.finish(call, Outcome(done=False), returned_at=moment + 0.5)

    threads = [Thread(target=client, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    operations = recorder.operations()
    assert len(operations) == 4000
    assert all(operation.output is not None for operation in operations)


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
