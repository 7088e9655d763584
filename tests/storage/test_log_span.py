"""Which indexes the log holds, with which terms."""

from raftpi.storage.log_span import LogSpan
from tests.storage.script import command


def span_of(*terms: int, base_index: int = 0) -> LogSpan:
    span = LogSpan(base_index)
    for index, term in enumerate(terms, base_index + 1):
        span.extend((command(index, term),))
    return span


def terms_of(span: LogSpan, last: int) -> list[int]:
    return [span.term_at(index) for index in range(last + 1)]


def test_terms_are_known_from_the_base_to_the_end() -> None:
    span = span_of(1, 1, 3)
    span.extend((command(4, 3), command(5, 3), command(6, 4), command(7, 6)))
    assert terms_of(span, 9) == [0, 1, 1, 3, 3, 3, 4, 6, 0, 0]
    span.truncate(6)
    assert terms_of(span, 7) == [0, 1, 1, 3, 3, 3, 0, 0]
    assert terms_of(span_of(2, 5, base_index=3), 6) == [0, 0, 0, 0, 2, 5, 0]


def test_a_snapshot_contradicts_a_log_that_is_shorter_or_of_another_term() -> None:
    span = span_of(1, 2, 2)
    assert not span.contradicts(3, 2)
    assert not span.contradicts(1, 1)
    assert span.contradicts(3, 1)
    assert span.contradicts(2, 3)
    assert span.contradicts(4, 2)


def test_what_an_earlier_snapshot_holds_is_contradicted_by_none() -> None:
    span = span_of(1, 2, 2)
    span.take_snapshot(2, 2, voids=False)
    assert not span.contradicts(1, 9)
    assert not span.contradicts(2, 9)
    assert span.contradicts(3, 9)
    assert (span.floor_index, span.base_index) == (2, 0)
    # The terms before it are forgotten, so that they do not grow without end.
    assert terms_of(span, 4) == [0, 0, 2, 2, 0]
    assert not span_of(3, base_index=5).contradicts(5, 9)


def test_a_log_that_is_void_goes_on_behind_the_snapshot() -> None:
    span = span_of(1, 2, 2)
    span.take_snapshot(9, 4, voids=True)
    assert (span.base_index, span.last_index, span.floor_index) == (9, 9, 9)
    assert not span.contradicts(9, 4)
    span.extend((command(10, 4), command(11, 5)))
    assert terms_of(span, 12) == [0] * 9 + [4, 4, 5, 0]


def test_a_copy_is_apart() -> None:
    span = span_of(1, 2)
    span.take_snapshot(1, 1, voids=False)
    other = span.copy()
    other.extend((command(3, 7),))
    other.take_snapshot(3, 7, voids=False)
    assert (span.last_index, span.snapshot_index, span.term_at(3)) == (2, 1, 0)
    assert (other.last_index, other.snapshot_index, other.term_at(3)) == (3, 3, 7)
