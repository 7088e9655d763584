"""How a single segment file ends, told from its bytes alone."""

import pytest

from raftpi.storage.finding import DamageKind
from raftpi.storage.sector import SECTOR_BYTES, Marks, marks_of
from raftpi.storage.segment_scan import SegmentScan, scan_segment
from tests.storage.memory_disk import MemoryDisk
from tests.storage.script import REPLICA_ID, batch, command, founding, open_store

MARKS = marks_of(REPLICA_ID, 1)


def segment() -> bytes:
    """The founding in sector 0, a batch in 1 to 3, another in 4 to 6; no configuration in 0."""
    disk = MemoryDisk()
    store = open_store(disk, segment_bytes=20 * SECTOR_BYTES)
    store.append((batch(founding()),))
    store.append((batch(command(2, 1, b"a" * 1200)),))
    store.append((batch(command(3, 1, b"b" * 1200)),))
    store.close()
    return disk.read("/data/node/log/0000000000000001.wal")


def scan_without(*sectors: int, stated_end: int | None = None) -> SegmentScan:
    data = bytearray(segment())
    for sector in sectors:
        data[sector * SECTOR_BYTES : (sector + 1) * SECTOR_BYTES] = bytes(SECTOR_BYTES)
    return scan_segment(bytes(data), MARKS, stated_end=stated_end)


def test_a_whole_segment_ends_clean_behind_its_last_batch() -> None:
    scan = scan_without()
    assert [(one.sequence, one.first_sector, one.end_sector) for one in scan.batches] == [
        (1, 0, 1),
        (2, 1, 4),
        (3, 4, 7),
    ]
    assert (scan.end_sector, scan.torn, scan.damage) == (7, None, None)


@pytest.mark.parametrize(
    ("missing", "first", "end", "written"),
    [((6,), 4, 6, 2), ((5,), 4, 7, 2), ((5, 6), 4, 5, 1), ((4,), 4, 7, 2), ((4, 5), 4, 7, 1)],
)
def test_a_last_batch_with_unwritten_sectors_is_torn(
    missing: tuple[int, ...], first: int, end: int, written: int
) -> None:
    scan = scan_without(*missing)
    assert scan.damage is None
    assert scan.torn is not None
    torn = scan.torn
    assert (torn.first_sector, torn.end_sector, torn.written_count) == (first, end, written)
    assert len(scan.batches) == 2


@pytest.mark.parametrize("missing", [(0,), (1,), (2,), (3,), (1, 2, 3), (3, 4), (3, 6)])
def test_unwritten_sectors_with_a_later_batch_behind_them_are_damage(
    missing: tuple[int, ...],
) -> None:
    scan = scan_without(*missing)
    assert scan.torn is None
    assert scan.damage is not None


def test_a_head_that_is_gone_is_damage_even_where_only_its_rest_is_left() -> None:
    # A founding of several sectors, and nothing but that.
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding(), command(2, 1, b"a" * 1200)),))
    data = bytearray(disk.read("/data/node/log/0000000000000001.wal"))
    data[:SECTOR_BYTES] = bytes(SECTOR_BYTES)
    scan = scan_segment(bytes(data), MARKS, stated_end=None)
    assert scan.torn is None
    assert scan.damage is not None
    assert scan.damage.kind is DamageKind.HEADER


@pytest.mark.parametrize("stated_end", [0, 1, 4, 7])
def test_a_segment_holds_what_the_next_one_says(stated_end: int) -> None:
    scan = scan_without(stated_end=stated_end)
    assert (scan.end_sector, scan.damage) == (stated_end, None)


@pytest.mark.parametrize("stated_end", [2, 5, 8, 20])
def test_a_segment_that_ends_elsewhere_than_the_next_one_says_is_damage(stated_end: int) -> None:
    assert scan_without(stated_end=stated_end).damage is not None


def test_a_torn_batch_below_the_stated_end_is_damage() -> None:
    scan = scan_without(6, stated_end=7)
    assert scan.torn is None
    assert scan.damage is not None


def test_another_ones_marks_are_not_ours() -> None:
    scan = scan_segment(segment(), Marks(1, 2), stated_end=None)
    assert scan.damage is not None
    assert scan.damage.kind is DamageKind.MARK


def test_damage_says_what_sort_it_is() -> None:
    data = bytearray(segment())
    data[2 * SECTOR_BYTES + 40] ^= 1
    scan = scan_segment(bytes(data), MARKS, stated_end=None)
    assert scan.damage is not None
    assert scan.damage.kind is DamageKind.PAYLOAD
    assert len(scan.batches) == 1
