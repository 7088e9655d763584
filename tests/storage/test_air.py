"""What the log's files take beyond the entries in them."""

from raftpi.core.ready import Batch
from raftpi.storage.open_segment import CHUNK_SECTORS, LARGE_AHEAD_SECTORS
from raftpi.storage.sector import SECTOR_BYTES
from raftpi.storage.store import Recovered
from tests.storage.memory_disk import MemoryDisk
from tests.storage.script import batch, command, founding, open_store

CHUNK_BYTES = CHUNK_SECTORS * SECTOR_BYTES


def start(disk: MemoryDisk, *batches: Batch) -> Recovered:
    """One start, a little written, and the end."""
    store = open_store(disk)
    for each in batches:
        store.append((each,))
    store.close()
    return store.recovered


def test_a_fresh_directory_has_none() -> None:
    assert start(MemoryDisk()).log_air_bytes == 0


def test_every_start_that_writes_a_little_leaves_a_segment_of_air() -> None:
    disk = MemoryDisk()
    start(disk, batch(founding(), term=1))
    for turn in range(8):
        start(disk, batch(command(turn + 2, 1)))
    air_bytes = start(disk).log_air_bytes
    assert 8 * CHUNK_BYTES < air_bytes < 12 * CHUNK_BYTES


def test_starts_that_write_nothing_leave_none() -> None:
    disk = MemoryDisk()
    start(disk, batch(founding(), term=1), batch(command(2, 1)))
    first = start(disk).log_air_bytes
    for _ in range(8):
        assert start(disk).log_air_bytes == first < 3 * CHUNK_BYTES


def test_what_is_full_of_entries_has_little() -> None:
    disk = MemoryDisk()
    large = batch(*(command(index, 1, bytes(4000)) for index in range(2, 302)))
    start(disk, batch(founding(), term=1), large, batch(command(302, 1)))
    ahead_bytes = LARGE_AHEAD_SECTORS * SECTOR_BYTES
    assert start(disk).log_air_bytes < 3 * CHUNK_BYTES + ahead_bytes
