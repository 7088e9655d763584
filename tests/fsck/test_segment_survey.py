"""A survey of one segment: what is damaged, and what can be said of what is behind it."""

from raftpi.fsck.segment_survey import survey_segment
from raftpi.storage.sector import SECTOR_BYTES, Marks, marks_of
from tests.storage.past import newest
from tests.storage.rotten import board, flipped, place_of
from tests.storage.script import REPLICA_ID


def of(mark: int) -> Marks:
    return Marks(mark, mark ^ 0xFFFFFFFF)


def test_a_whole_segment_has_no_wrecks() -> None:
    disk, _ = board()
    survey = survey_segment(disk.read(newest(disk)), marks_of(REPLICA_ID, 3), stated_end=None)
    assert (survey.wrecks, survey.damages, survey.torn, survey.stray_offset) == ((), (), None, None)
    assert survey.batches


def test_a_wreck_tells_what_it_lost_and_where() -> None:
    disk, _ = board()
    path, at = place_of(disk, b"yyyy")
    generation = int(path[-20:-4])
    broken = flipped(disk, path, at + 40)
    survey = survey_segment(broken.read(path), marks_of(REPLICA_ID, generation), stated_end=None)
    [wreck] = survey.wrecks
    [lost] = wreck.lost
    assert (lost.header.log_index, lost.header.term, wreck.is_told) == (6, 2, True)
    assert survey.damages[0].offset == at
    assert wreck.payload(lost)[:4] == b"yyyy"


def test_a_stray_byte_is_a_lone_one_only_far_from_the_marks() -> None:
    data = bytearray(4 * SECTOR_BYTES)
    data[2 * SECTOR_BYTES + 1] = 0x03
    far, near = of(0x5A5A5A5A), of(0x00000100)
    assert survey_segment(bytes(data), far, stated_end=None).stray_offset == 2 * SECTOR_BYTES + 1
    # With three more bits flipped this one could be a mark.
    assert survey_segment(bytes(data), near, stated_end=None).stray_offset is None
    data[3 * SECTOR_BYTES] = 1
    assert survey_segment(bytes(data), far, stated_end=None).stray_offset is None
