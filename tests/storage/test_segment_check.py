"""A segment is checked piece by piece as a start would check it in one go."""

import pytest

from raftpi.storage.finding import DamageFound, DamageKind
from raftpi.storage.sector import SECTOR_BYTES, marks_of
from raftpi.storage.segment_check import SegmentCheck
from raftpi.storage.segment_scan import scan_segment
from tests.storage.memory_disk import MemoryDisk
from tests.storage.script import REPLICA_ID, batch, command, founding, open_store

MARKS = marks_of(REPLICA_ID, 1)


def segment() -> tuple[bytes, int]:
    """Batches of one sector and of many, with one record and with many; and where they end."""
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding(), term=1, vote=REPLICA_ID),))
    index = 2
    for sizes in (
        (10,),
        (20,),
        (3000,),
        (0, 1, 500, 508, 40),
        (60,) * 30,
        (470,),
        (471,),
        (7000, 1),
    ):
        entries = [command(index + i, 1, b"x" * size) for i, size in enumerate(sizes)]
        store.append((batch(*entries),))
        index += len(sizes)
    store.close()
    data = disk.read("/data/node/log/0000000000000001.wal")
    return data, scan_segment(data, MARKS, stated_end=None).end_sector


def check(data: bytes, end: int, piece: int = 1) -> SegmentCheck:
    """Hand in so many sectors at a time."""
    found = SegmentCheck(MARKS)
    for sector in range(0, end, piece):
        stop = min(sector + piece, end)
        found.take(data[sector * SECTOR_BYTES : stop * SECTOR_BYTES])
    found.end()
    return found


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 128])
def test_a_whole_one_is_found_whole_in_pieces_of_any_size(piece: int) -> None:
    data, end = segment()
    assert end > 30
    assert check(data, end, piece).sector == end


def test_it_finds_what_a_start_finds_and_where() -> None:
    """Bytes all over: none is overlooked, and headers and payloads are named alike."""
    data, end = segment()
    by_name = 0
    for offset in range(0, end * SECTOR_BYTES, 11):
        flipped = bytearray(data)
        flipped[offset] ^= 0x04
        with pytest.raises(DamageFound) as raised:
            check(bytes(flipped), end, 16)
        found = raised.value.damage
        assert found.offset <= offset + SECTOR_BYTES
        if offset % 3 == 0:
            damage = scan_segment(bytes(flipped), MARKS, stated_end=end).damage
            assert damage is not None
            if found.kind in (DamageKind.HEADER, DamageKind.PAYLOAD, DamageKind.STRAY):
                assert (found.kind, found.offset) == (damage.kind, damage.offset)
                by_name += 1
    assert by_name > 200


def test_a_batch_that_reaches_beyond_the_end_is_rot() -> None:
    data, end = segment()
    with pytest.raises(DamageFound, match="beyond the end"):
        check(data, end - 1)


def test_a_batch_of_another_place_is_rot() -> None:
    """Whole in itself, but not the one that was written there."""
    data, end = segment()
    scan = scan_segment(data, MARKS, stated_end=end)
    first, second = [one for one in scan.batches if one.end_sector - one.first_sector == 1][-2:]
    assert first.first_sector > 0
    moved = bytearray(data)
    at, source = second.first_sector * SECTOR_BYTES, first.first_sector * SECTOR_BYTES
    moved[at : at + SECTOR_BYTES] = data[source : source + SECTOR_BYTES]
    with pytest.raises(DamageFound, match="sequence number"):
        check(bytes(moved), end)
