"""Room for large batches is made several at a time, and only while they come."""

from raftpi.storage.open_segment import LARGE_AHEAD_SECTORS, LARGE_SECTORS
from raftpi.storage.sector import SECTOR_BYTES
from tests.storage.memory_disk import MemoryDisk
from tests.storage.script import batch, command, founding, open_store

LARGE_COUNT = 60


def syncs_of(count: int, command_bytes: int) -> int:
    """The syncs of so many batches, one command each, with all upkeep behind each of them."""
    store = open_store(MemoryDisk())
    store.append([batch(founding(), term=1)])
    syncs = 0
    for index in range(2, 2 + count):
        syncs += store.append([batch(command(index, 1, bytes(command_bytes)))]).sync_count
        while store.upkeep_is_due:
            syncs += store.upkeep().sync_count
    store.close()
    return syncs


def test_while_large_batches_come_most_take_one_sync_each() -> None:
    large_bytes = 8 * LARGE_SECTORS * SECTOR_BYTES
    assert syncs_of(LARGE_COUNT, large_bytes) < 1.3 * LARGE_COUNT


def test_the_room_ahead_is_bounded_however_large_a_batch_is() -> None:
    store = open_store(MemoryDisk())
    store.append([batch(founding(), term=1)])
    store.append([batch(command(2, 1, bytes(2 * LARGE_AHEAD_SECTORS * SECTOR_BYTES)))])
    written = 0
    while store.upkeep_is_due:
        written += store.upkeep().written_bytes
    assert written < 2 * LARGE_AHEAD_SECTORS * SECTOR_BYTES
    store.close()
