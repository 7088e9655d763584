"""The recorder of what clients saw."""

from threading import Thread

import pytest

from raftpi.sim.linearizability.history import Kind, Operation, Outcome
from tests.cluster.recorder import Recorder


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
