"""The log in memory."""

from itertools import pairwise

import pytest

from raftpi.core.entry import Entry, EntryKind
from raftpi.core.log import RaftLog
from tests.core.bench import configuration, log_of


def test_an_empty_log_ends_at_zero_and_matches_only_there() -> None:
    log = RaftLog()
    assert (log.last_index, log.last_term) == (0, 0)
    assert log.matches(0, 0)
    assert not log.matches(1, 1)


@pytest.mark.parametrize("entry", [Entry(index=3, term=2), Entry(index=2, term=0)])
def test_an_entry_that_does_not_continue_the_log_is_refused(entry: Entry) -> None:
    log = RaftLog(log_of(3, ()))
    with pytest.raises(ValueError, match="does not continue"):
        log.append((entry,))


def test_an_entry_that_is_not_held_is_an_index_error() -> None:
    log = RaftLog(log_of(3, (1,)))
    for index in (0, 3):
        with pytest.raises(IndexError):
            log.entry(index)


def test_truncation_takes_the_configuration_back_to_the_one_before() -> None:
    log = RaftLog(log_of(3, (1,)))
    log.append(
        (Entry(index=3, term=2, kind=EntryKind.CONFIGURATION, configuration=configuration(5)),)
    )
    assert log.configuration == configuration(5)
    log.truncate_from(3)
    assert log.configuration == configuration(3)
    log.truncate_from(1)
    assert log.configuration is None


def test_terms_are_found_by_their_first_and_last_index() -> None:
    log = RaftLog(log_of(3, (2, 2, 4, 4, 4, 7)))
    assert log.first_index_of_term_at(6) == 4
    assert log.first_index_of_term_at(2) == 2
    assert [log.last_index_of_term(t) for t in (1, 2, 3, 4, 7, 9)] == [1, 3, 0, 6, 7, 0]


def test_a_portion_is_bounded_in_bytes_but_never_empty() -> None:
    log = RaftLog(log_of(3, (1, 1, 1)))
    assert [e.index for e in log.within(2, 1)] == [2]
    two_bytes = sum(e.size_bytes() for e in log.between(2, 3))
    assert [e.index for e in log.within(2, two_bytes - 1)] == [2]
    assert [e.index for e in log.within(2, two_bytes)] == [2, 3]
    assert [e.index for e in log.within(2, 10_000)] == [2, 3, 4]


@pytest.mark.parametrize(
    ("index", "term", "expected"),
    [(3, 2, True), (9, 2, True), (2, 2, False), (9, 1, False), (1, 3, True)],
)
def test_up_to_date_compares_the_last_term_before_the_length(
    index: int, term: int, expected: bool
) -> None:
    assert RaftLog(log_of(3, (2, 2))).is_up_to_date(index, term) is expected


def test_what_was_compacted_is_freed_bit_by_bit() -> None:
    log = RaftLog(log_of(3, (1,) * 50_000))
    log.compact(50_001)
    assert (log.first_index, log.last_index, log.last_term) == (50_002, 50_001, 1)

    left = [len(log._retired)]
    while left[-1]:
        log.free_some()
        left.append(len(log._retired))
    # No turn frees more than a few thousand, and all together they do not take for ever.
    assert max(before - after for before, after in pairwise(left)) < 5_000
    assert len(left) < 100


def test_freeing_keeps_up_with_compaction() -> None:
    log = RaftLog(log_of(3, ()))
    for turn in range(200):
        first = log.last_index + 1
        log.append([Entry(index=first + i, term=1) for i in range(4_096)])
        log.compact(log.last_index - 10)
        log.free_some()
        assert len(log._retired) < 80_000, f"turn {turn}"


def test_compaction_keeps_the_configuration_in_force_at_the_new_beginning_and_all_behind_it() -> (
    None
):
    log = RaftLog(log_of(3, (1,)))
    for index, count in ((3, 5), (4, 7)):
        changed = configuration(count)
        log.append(
            (Entry(index=index, term=2, kind=EntryKind.CONFIGURATION, configuration=changed),)
        )
    log.compact(3)
    assert (log.configuration, log.configuration_index) == (configuration(7), 4)
    log.truncate_from(4)
    assert (log.configuration, log.configuration_index) == (configuration(5), 3)


def test_the_term_before_the_first_entry_held_and_behind_the_last_is_zero() -> None:
    log = RaftLog(log_of(3, (2, 2, 3)))
    log.compact(2)
    assert [log.term_at(index) for index in range(6)] == [0, 0, 2, 2, 3, 0]


def test_what_was_compacted_matches_no_more_but_for_the_last_entry_of_it() -> None:
    log = RaftLog(log_of(3, (1, 1, 2)))
    log.compact(3)
    assert [log.matches(index, 1) for index in (1, 2, 3)] == [False, False, True]
    assert not log.matches(1, 0)
    assert not log.matches(9, 0)
