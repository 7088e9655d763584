"""What revisions alone give away."""

import pytest

from raftpi.sim.linearizability.checker import check
from raftpi.sim.linearizability.history import Kind, Operation, Outcome
from raftpi.sim.linearizability.search import Verdict


def put(value: bytes, called_at: float, returned_at: float, revision: int) -> Operation:
    return Operation(
        client=1,
        key=b"k",
        kind=Kind.PUT,
        inputs=(value,),
        output=Outcome(done=True, revision=revision),
        called_at=called_at,
        returned_at=returned_at,
    )


def get(value: bytes, called_at: float, returned_at: float, revision: int) -> Operation:
    return Operation(
        client=2,
        key=b"k",
        kind=Kind.GET,
        output=Outcome(done=True, value=value, revision=revision),
        called_at=called_at,
        returned_at=returned_at,
    )


def swap(
    expected: bytes, value: bytes, called_at: float, revision: int, *, done: bool
) -> Operation:
    return Operation(
        client=3,
        key=b"k",
        kind=Kind.CAS,
        inputs=(expected, value),
        output=Outcome(done=done, revision=revision),
        called_at=called_at,
        returned_at=called_at + 1,
    )


def delete(called_at: float, revision: int) -> Operation:
    return Operation(
        client=3,
        key=b"k",
        kind=Kind.DELETE,
        output=Outcome(done=True, revision=revision),
        called_at=called_at,
        returned_at=called_at + 1,
    )


GOOD = {
    "ascending": [put(b"a", 0, 1, 5), get(b"a", 2, 3, 5), put(b"b", 4, 5, 6)],
    "overlapping writes in either order": [put(b"a", 0, 3, 6), put(b"b", 1, 2, 5)],
    "writes that meet at one moment": [put(b"a", 0, 1, 6), put(b"b", 1, 2, 5)],
    "a read that overlaps the write after it": [
        put(b"a", 0, 1, 5),
        put(b"b", 2, 6, 7),
        get(b"b", 3, 4, 7),
    ],
    "the same value written twice": [
        put(b"a", 0, 1, 5),
        put(b"a", 2, 3, 6),
        get(b"a", 4, 5, 6),
    ],
    "a second writer of the same value who was never answered": [
        put(b"a", 0, 1, 5),
        Operation(client=4, key=b"k", kind=Kind.PUT, inputs=(b"a",), called_at=2),
        get(b"a", 3, 4, 7),
    ],
    "a swap that lost tells what is there": [
        put(b"a", 0, 1, 5),
        swap(b"x", b"y", 2, 5, done=False),
        get(b"a", 4, 5, 5),
    ],
    "revisions that were not told": [put(b"a", 0, 1, 5), put(b"b", 2, 3, 0), get(b"b", 4, 5, 0)],
    "a key that comes back": [put(b"a", 0, 1, 5), delete(2, 6), put(b"a", 4, 5, 7)],
    "a write that lost does not count as a writer": [
        put(b"a", 0, 1, 5),
        swap(b"x", b"a", 2, 5, done=False),
        get(b"a", 4, 5, 5),
    ],
}

BAD = {
    "two writes have the same revision": [put(b"a", 0, 9, 5), put(b"b", 1, 9, 5)],
    "a later operation has a lower revision": [put(b"a", 0, 1, 6), put(b"b", 2, 3, 5)],
    "one revision has two values": [
        put(b"a", 0, 1, 5),
        put(b"b", 2, 9, 0),
        get(b"b", 3, 4, 5),
    ],
    "a value that was written once has two revisions": [
        put(b"a", 0, 1, 5),
        swap(b"x", b"a", 1, 5, done=False),
        get(b"a", 2, 3, 7),
    ],
    "a write has a revision that was seen before it": [
        put(b"a", 0, 1, 5),
        swap(b"x", b"y", 2, 6, done=False),
        delete(4, 6),
    ],
}


@pytest.mark.parametrize("name", GOOD)
def test_revisions_that_agree_pass(name: str) -> None:
    report = check(GOOD[name])
    assert report.verdict is Verdict.LINEARIZABLE, report.text


@pytest.mark.parametrize("sentence", BAD)
def test_revisions_that_contradict_are_a_violation(sentence: str) -> None:
    report = check(BAD[sentence])
    assert report.verdict is Verdict.VIOLATION
    assert sentence in report.text
    assert len(report.operations) == 2


@pytest.mark.parametrize("sentence", BAD)
def test_the_same_histories_without_revisions_pass(sentence: str) -> None:
    """So it was the revisions that gave them away."""
    silent = [
        Operation(
            client=o.client,
            key=o.key,
            kind=o.kind,
            inputs=o.inputs,
            output=None if o.output is None else Outcome(done=o.output.done, value=o.output.value),
            called_at=o.called_at,
            returned_at=o.returned_at,
        )
        for o in BAD[sentence]
    ]
    assert check(silent).verdict is Verdict.LINEARIZABLE


def test_reads_that_go_back_in_time_are_told_by_their_revisions() -> None:
    """Values repeat, so no value gives it away."""
    history = [
        put(b"a", 0, 1, 5),
        put(b"b", 2, 3, 6),
        put(b"a", 4, 5, 7),
        get(b"a", 6, 7, 5),
    ]
    report = check(history)
    assert report.verdict is Verdict.VIOLATION
    assert "a later operation has a lower revision" in report.text


def test_a_put_that_ran_twice_between_two_reads_is_told_by_its_revision() -> None:
    history = [put(b"a", 0, 1, 5), get(b"a", 2, 3, 5), get(b"a", 4, 5, 9)]
    report = check(history)
    assert report.verdict is Verdict.VIOLATION
    assert "a value that was written once has two revisions" in report.text
