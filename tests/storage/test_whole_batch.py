"""The quick look at a batch agrees with the slow one, or says nothing."""

import pytest

from raftpi.storage import segment_scan
from raftpi.storage.sector import SECTOR_BYTES, Marks, marks_of
from raftpi.storage.segment_scan import SegmentScan, scan_segment
from raftpi.storage.whole_batch import whole_batch
from tests.storage.memory_disk import MemoryDisk
from tests.storage.script import REPLICA_ID, batch, changed, command, founding, open_store

MARKS = marks_of(REPLICA_ID, 1)


def segment() -> bytes:
    """Batches of one sector and of three, a conflict and a vote among them."""
    disk = MemoryDisk()
    disk.make_directory("/data")
    store = open_store(disk, segment_bytes=8192)
    store.append([batch(founding(), term=1)])
    store.append([batch(command(2, 1), command(3, 1))])
    store.append([batch(command(4, 1, b"x" * 1200))])
    store.append([batch(command(4, 2), term=2, vote=REPLICA_ID)])
    store.append([batch(changed(5, 2, b"y"))])
    store.close()
    [name] = disk.list("/data/node/log")
    return disk.read(f"/data/node/log/{name}")


SEGMENT = segment()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> SegmentScan:
    with monkeypatch.context() as patch:
        patch.setattr(segment_scan, "whole_batch", lambda data, sector, marks: None)
        return scan_segment(SEGMENT, MARKS, stated_end=None)


def test_it_finds_what_the_slow_look_finds(slow: SegmentScan) -> None:
    assert len(slow.batches) == 5
    for known in slow.batches[1:]:
        assert whole_batch(SEGMENT, known.first_sector, MARKS) == known


def test_the_first_batch_and_what_is_none_are_left_to_the_slow_look(slow: SegmentScan) -> None:
    assert whole_batch(SEGMENT, 0, MARKS) is None
    assert whole_batch(SEGMENT, slow.end_sector, MARKS) is None
    assert whole_batch(SEGMENT, len(SEGMENT) // SECTOR_BYTES, MARKS) is None
    middle = slow.batches[2].first_sector + 1
    assert whole_batch(SEGMENT, middle, MARKS) is None
    for known in slow.batches:
        assert whole_batch(SEGMENT, known.first_sector, marks_of(REPLICA_ID, 2)) is None


@pytest.mark.parametrize("flip", [0x01, 0x80])
def test_no_flipped_bit_of_a_batch_passes(slow: SegmentScan, flip: int) -> None:
    for known in slow.batches[1:]:
        for at in range(known.first_sector * SECTOR_BYTES, known.end_sector * SECTOR_BYTES):
            data = bytearray(SEGMENT)
            data[at] ^= flip
            assert whole_batch(bytes(data), known.first_sector, MARKS) is None, at


def test_a_file_that_lost_its_end_is_left_to_the_slow_look(slow: SegmentScan) -> None:
    last = slow.batches[-1]
    for length in range(last.first_sector * SECTOR_BYTES, len(SEGMENT), 100):
        assert whole_batch(SEGMENT[:length], last.first_sector, MARKS) is None


def test_a_log_of_whole_batches_never_needs_the_slow_look_but_for_its_head(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[int] = []
    read_start = segment_scan.read_start

    def noted(data: bytes, sector: int, marks: Marks) -> object:
        looks.append(sector)
        return read_start(data, sector, marks)

    monkeypatch.setattr(segment_scan, "read_start", noted)
    assert len(scan_segment(SEGMENT, MARKS, stated_end=None).batches) == 5
    assert looks == [0]
