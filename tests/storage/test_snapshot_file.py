"""A snapshot while it is written: beside the others, durable at once, given up without a trace."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from raftpi.errors import NoSpace
from raftpi.storage.snapshot_file import SnapshotFile
from tests.storage.memory_disk import MemoryDisk
from tests.storage.script import batch, command, founding, open_store
from tests.storage.snapshot_script import Take, meta, noting, payload, write

ROOM = "/data/node/snapshots"


def test_it_bears_its_name_only_when_it_is_durable() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding()),))
    file = store.begin_snapshot(meta(1, 1), received=False)
    before = len(disk.effects)
    file.write(b"x" * 1000)
    assert [operation for operation, _ in disk.effects[before:]] == []
    file.write(b"x" * 200_000)
    assert {operation for operation, _ in disk.effects[before:]} == {"write"}
    before = len(disk.effects)
    file.finish()
    assert [operation for operation, _ in disk.effects[before:]] == [
        "write",
        "write",
        "sync",
        "rename",
        "sync_directory",
    ]
    assert disk.copy().list(ROOM) == ["0000000000000001.snap"]


def test_an_own_and_a_received_one_up_to_the_same_index_do_not_meet() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding()),))
    own = store.begin_snapshot(meta(1, 1), received=False)
    received = store.begin_snapshot(meta(1, 1), received=True)
    assert len(disk.list(ROOM)) == 2
    own.write(b"own")
    received.write(b"received")
    own.finish()
    reader = store.open_snapshot(1)
    received.finish()
    # The first one stays: somebody may be in the midst of reading it.
    assert reader.read(0, 100) == b"own"
    assert disk.list(ROOM) == ["0000000000000001.snap"]
    store.append((noting(meta(1, 1)),))
    assert store.snapshots() == [meta(1, 1)]


@pytest.mark.parametrize("finishes", [True, False])
def test_an_ended_one_takes_nothing_and_may_be_discarded_again(finishes: bool) -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    file = store.begin_snapshot(meta(9, 2), received=True)
    file.write(payload(meta(9, 2)))
    if finishes:
        file.finish()
    file.discard()
    file.discard()
    assert disk.list(ROOM) == (["0000000000000009.snap"] if finishes else [])
    calls: tuple[Callable[[SnapshotFile], None], ...] = (
        lambda one: one.write(b""),
        SnapshotFile.finish,
        SnapshotFile.sync,
    )
    for call in calls:
        with pytest.raises(ValueError, match="finished or discarded"):
            call(file)


@pytest.mark.parametrize("operation", ["write", "sync"])
def test_without_space_it_is_discarded_and_the_log_goes_on(operation: str) -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding()),))
    file = store.begin_snapshot(meta(1, 1), received=False)
    disk.fail(operation, ".new", NoSpace("full"))
    with pytest.raises(NoSpace):
        write_and_finish(file)
    if operation == "write":
        with pytest.raises(NoSpace):
            store.begin_snapshot(meta(1, 1), received=True)
    file.discard()
    disk.killed()
    assert disk.list(ROOM) == []
    store.append((batch(command(2, 1)),))
    write(store, Take(meta(1, 1)))
    store.append((noting(meta(1, 1)),))
    assert store.snapshots() == [meta(1, 1)]


def write_and_finish(file: SnapshotFile) -> None:
    file.write(b"x" * 70_000)
    file.finish()


def test_a_snapshot_of_another_cluster_is_a_mistake() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding()),))
    mine = meta(1, 1)
    other = replace(mine, configuration=replace(mine.configuration, cluster_id=5))
    with pytest.raises(ValueError, match="is of cluster 0000000000000005"):
        store.begin_snapshot(other, received=True)
    assert disk.list(ROOM) == []
