"""Sectors tell by themselves whether they were written."""

import pytest

from raftpi.storage.sector import (
    CONTENT_BYTES,
    SECTOR_BYTES,
    Marks,
    SectorState,
    file_offset,
    is_untouched,
    lay_out,
    marks_of,
    sectors_for,
    state_of,
    take_apart,
)

MARKS = marks_of(7, 1)


@pytest.mark.parametrize("length", [0, 1, 507, 508, 509, 1016, 1017, 5000])
def test_content_comes_back_from_its_sectors(length: int) -> None:
    content = bytes(range(256)) * 20
    content = content[:length]
    count = max(1, sectors_for(length))
    sectors = lay_out(content, count, MARKS)
    assert len(sectors) == count * SECTOR_BYTES
    found = take_apart(sectors, MARKS)
    assert found is not None
    assert found[:length] == content
    assert found.count(0, length) == len(found) - length
    for offset in range(0, length, 97):
        assert sectors[file_offset(0, offset)] == content[offset]


def test_content_of_zeros_differs_from_what_was_never_written() -> None:
    sectors = lay_out(bytes(2 * CONTENT_BYTES), 2, MARKS) + bytes(SECTOR_BYTES)
    states = [state_of(sectors, sector, MARKS) for sector in range(4)]
    assert states == [
        SectorState.FIRST,
        SectorState.FOLLOWING,
        SectorState.UNWRITTEN,
        SectorState.UNWRITTEN,
    ]
    assert is_untouched(sectors, 2)
    assert not is_untouched(sectors, 1)


def test_a_missing_or_misplaced_mark_is_seen() -> None:
    sectors = lay_out(bytes(1500), 3, MARKS)
    first, second = sectors[:SECTOR_BYTES], sectors[SECTOR_BYTES : 2 * SECTOR_BYTES]
    assert take_apart(first + second, MARKS) is not None
    assert take_apart(second + first, MARKS) is None
    assert take_apart(first + bytes(SECTOR_BYTES), MARKS) is None
    assert take_apart(first + first, MARKS) is None


def test_part_of_a_sector_at_the_end_of_a_file_is_strange_unless_zero() -> None:
    sectors = lay_out(b"x", 1, MARKS)
    assert state_of(sectors[:100], 0, MARKS) is SectorState.STRANGE
    assert state_of(bytes(100), 0, MARKS) is SectorState.UNWRITTEN


def test_marks_are_never_zero_and_differ_between_generations_and_replicas() -> None:
    seen: set[Marks] = set()
    for replica_id in (1, 2, 2**64 - 1):
        for generation in range(1, 2000):
            marks = marks_of(replica_id, generation)
            assert 0 not in marks
            assert marks.first ^ marks.following == 0xFFFFFFFF
            seen.add(marks)
    assert len(seen) == 3 * 1999
