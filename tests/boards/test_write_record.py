"""What follows from a writer's record."""

import pytest

from tests.boards.write_record import Gap, WriteRecord


def record(*writes: tuple[int, int, str, str]) -> WriteRecord:
    """A record of (called, returned, outcome, name)."""
    return WriteRecord([" ".join(map(str, write)) + "\n" for write in writes])


def test_the_gap_after_an_acknowledgement_on_its_way_is_found() -> None:
    acks = record(
        (0, 10, "acknowledged", "a"),
        (90, 105, "acknowledged", "b"),
        (106, 400, "acknowledged", "c"),
        (401, 410, "acknowledged", "d"),
    )
    assert acks.longest_gap(100, 200) == Gap(from_us=105, to_us=400)
    assert Gap(from_us=105, to_us=400).length_us == 295


def test_a_gap_elsewhere_is_not_taken() -> None:
    acks = record(
        (0, 10, "acknowledged", "a"),
        (11, 900, "acknowledged", "b"),
        (901, 950, "acknowledged", "c"),
        (951, 960, "acknowledged", "d"),
    )
    assert acks.longest_gap(920, 930) == Gap(from_us=900, to_us=950)


def test_what_is_not_acknowledged_ends_no_gap() -> None:
    acks = record(
        (0, 10, "acknowledged", "a"), (11, 20, "unknown", "b"), (21, 90, "acknowledged", "c")
    )
    assert acks.longest_gap(5, 30) == Gap(from_us=10, to_us=90)
    assert record((0, 10, "not-done", "a")).longest_gap(0, 100) is None


def test_an_acknowledged_write_that_is_gone_or_another_is_lost() -> None:
    acks = record(
        (0, 1, "acknowledged", "a"), (1, 2, "acknowledged", "b"), (2, 3, "acknowledged", "c")
    )
    assert acks.lost({"a": "a", "b": "other"}) == ["b", "c"]


def test_an_unknown_write_may_be_there_or_not() -> None:
    acks = record((0, 1, "unknown", "a"), (1, 2, "unknown", "b"))
    assert acks.lost({"a": "a"}) == []
    assert acks.invented({"a": "a"}) == []


def test_a_write_that_was_certainly_not_done_must_not_be_there() -> None:
    assert record((0, 1, "not-done", "a")).invented({"a": "a"}) == ["a"]


def test_only_writes_called_after_a_moment_show_that_writing_works_again() -> None:
    acks = record((0, 20, "acknowledged", "a"), (15, 25, "acknowledged", "b"))
    assert [write.name for write in acks.acknowledged_after(10)] == ["b"]


def test_a_half_written_last_line_is_left_out_and_nonsense_refused() -> None:
    assert WriteRecord(["0 1 acknowledged a\n", "1 2 ackno"]).writes[-1].name == "a"
    with pytest.raises(ValueError, match="nonsense"):
        record((0, 1, "nonsense", "a"))
