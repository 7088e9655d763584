"""What is counted of that which goes to the card."""

import pytest

from raftpi.core.snapshot import SnapshotMeta
from raftpi.storage.metered_disk import PAGE_BYTES, MeteredDisk
from tests.storage.memory_disk import MemoryDisk
from tests.storage.script import batch, command, configuration, founding, open_store


@pytest.fixture
def meter() -> MeteredDisk:
    disk = MemoryDisk()
    disk.make_directory("/data")
    return MeteredDisk(disk)


def test_bytes_and_syncs_of_files_and_directories_are_counted(meter: MeteredDisk) -> None:
    file = meter.create("/data/file")
    file.write_at(0, b"12345")
    file.sync()
    meter.sync_directory("/data")
    meter.open("/data/file").write_at(5, b"678")
    assert (meter.written_bytes, meter.sync_count) == (8, 2)


@pytest.mark.parametrize(
    ("offset_bytes", "size_bytes", "page_count"),
    [(0, 1, 1), (0, 4096, 1), (0, 4097, 2), (4095, 2, 2), (512, 512, 1), (8192, 8192, 2)],
)
def test_a_write_costs_every_page_that_it_touches(
    meter: MeteredDisk, offset_bytes: int, size_bytes: int, page_count: int
) -> None:
    meter.create("/data/file").write_at(offset_bytes, bytes(size_bytes))
    assert meter.page_bytes == page_count * PAGE_BYTES


def test_a_page_that_is_filled_bit_by_bit_costs_one_until_it_is_synced(meter: MeteredDisk) -> None:
    file = meter.create("/data/file")
    file.write_at(0, bytes(1000))
    file.write_at(1000, bytes(1000))
    assert meter.page_bytes == PAGE_BYTES
    file.sync()
    file.write_at(2000, bytes(1000))
    assert meter.page_bytes == 2 * PAGE_BYTES


def test_every_synced_batch_costs_one_page_at_least(meter: MeteredDisk) -> None:
    store = open_store(meter)
    store.append([batch(founding(), term=1)])
    before_bytes, before_count = meter.page_bytes, meter.sync_count
    for index in range(2, 10):
        store.append([batch(command(index, 1))])
    assert meter.page_bytes - before_bytes == 8 * PAGE_BYTES
    assert meter.sync_count - before_count == 8


def test_the_making_of_a_segment_and_its_zeros_are_counted(meter: MeteredDisk) -> None:
    store = open_store(meter)
    before_bytes = meter.written_bytes
    store.append([batch(founding(), term=1)])
    size_bytes = len(meter.read("/data/node/log/" + meter.list("/data/node/log")[0]))
    assert size_bytes >= 64 * 1024
    assert meter.written_bytes - before_bytes >= size_bytes


def test_a_snapshot_is_counted(meter: MeteredDisk) -> None:
    store = open_store(meter)
    store.append([batch(founding(), term=1)])
    before_bytes = meter.written_bytes
    meta = SnapshotMeta(index=1, term=1, configuration_index=1, configuration=configuration())
    snapshot = store.begin_snapshot(meta, received=False)
    snapshot.write(bytes(100_000))
    snapshot.finish()
    assert meter.written_bytes - before_bytes >= 100_000
