"""The log is cut by one removal that is durable before any other."""

from tests.storage.memory_disk import MemoryDisk
from tests.storage.script import batch, command, founding, tend
from tests.storage.snapshot_script import Take, filled, meta, noting, open_store, write


def test_the_segment_before_the_first_one_needed_goes_first_and_durably() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding(), term=1),))
    for step in filled(2, 16, 1):
        store.append(step)
    for index in (12, 15):
        write(store, Take(meta(index, 1)))
    store.append((noting(meta(12, 1)),))
    before = len(disk.effects)
    store.append((noting(meta(15, 1)),))
    tend(store)
    effects = disk.effects[before:]
    removals = [path[-6:-4] for operation, path in effects if operation == "remove"]
    assert removals == ["05", "04", "03", "02", "01"]
    assert [operation for operation, _ in effects] == [
        "write",
        "sync",
        "remove",
        "sync_directory",
        "remove",
        "remove",
        "remove",
        "remove",
        "sync_directory",
    ]


def test_a_log_is_never_cut_to_where_a_later_record_replaces_what_comes_before() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding(), term=1),))
    for step in filled(2, 10, 1):
        store.append(step)
    # In the segment that begins behind index 10, everything from 3 on is replaced.
    names = disk.list("/data/node/log")
    entries = [command(index, 2, b"y" * 300) for index in range(3, 21)]
    store.append((batch(*entries, term=2),))
    for index in (12, 16):
        write(store, Take(meta(index, 2)))
        store.append((noting(meta(index, 2)),))
        tend(store)
    assert disk.list("/data/node/log")[: len(names)] == names
    store.close()
    store = open_store(disk)
    assert store.recovered.entries == tuple(entries[14:])
    for step in filled(21, 24, 2):
        store.append(step)
    for index in (20, 23):
        write(store, Take(meta(index, 2)))
        store.append((noting(meta(index, 2)),))
        tend(store)
    assert not set(names) & set(disk.list("/data/node/log"))
