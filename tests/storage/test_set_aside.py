"""A directory that cannot be repaired is set aside: whole, durably, and whatever interrupts it."""

from pathlib import Path
from random import Random

import pytest

from raftpi.errors import DamagedData, DirectoryRefused
from raftpi.storage.disk import Disk, RealDisk
from raftpi.storage.set_aside import set_aside, soundness_of
from tests.storage.memory_disk import MemoryDisk, PowerCut
from tests.storage.script import NODE_ID, REPLICA_ID, batch, command, founding, open_store

DIRECTORY = "/data/node"
SEGMENT = f"{DIRECTORY}/log/0000000000000001.wal"


def used(disk: Disk, directory: str = DIRECTORY) -> None:
    """A directory with a log in it."""
    store = open_store(disk, directory)
    store.append((batch(founding(), term=1, vote=REPLICA_ID),))
    store.append((batch(command(2, 1)),))
    store.close()


def rotten(disk: MemoryDisk) -> None:
    """One from whose log a durable batch is missing."""
    used(disk)
    inode = disk.names[SEGMENT]
    assert inode is not None
    inode.cached[20] ^= 1
    inode.durable[20] ^= 1


def test_what_was_there_is_kept_and_the_directory_is_fresh() -> None:
    disk = MemoryDisk()
    rotten(disk)
    before = disk.read(SEGMENT)
    assert "0000000000000001.wal" in soundness_of(disk, DIRECTORY, NODE_ID).fault
    kept = set_aside(disk, DIRECTORY)
    assert kept == f"{DIRECTORY}/set-aside-1"
    assert disk.read(SEGMENT.replace(DIRECTORY, kept)) == before
    assert disk.list(DIRECTORY) == ["set-aside-1"]
    assert soundness_of(disk, DIRECTORY, NODE_ID).is_fresh
    store = open_store(disk)
    assert store.recovered.entries == ()
    assert store.recovered.identity.cluster_id == 0


def test_the_next_one_has_the_next_number_and_the_old_one_stays() -> None:
    disk = MemoryDisk()
    for number in (1, 2, 3):
        used(disk)
        assert set_aside(disk, DIRECTORY) == f"{DIRECTORY}/set-aside-{number}"
    for number in (1, 2, 3):
        assert disk.exists(f"{DIRECTORY}/set-aside-{number}/log/0000000000000001.wal")


def test_the_real_disk_moves_files_and_directories(tmp_path: Path) -> None:
    directory = str(tmp_path / "data")
    used(RealDisk(), directory)
    (tmp_path / "data" / "lost+found").mkdir()
    kept = Path(set_aside(RealDisk(), directory))
    assert sorted(path.name for path in kept.iterdir()) == ["identity", "log", "snapshots"]
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == [
        "lock",
        "lost+found",
        "set-aside-1",
    ]


def test_whole_fresh_and_foreign_directories_are_told_apart() -> None:
    disk = MemoryDisk()
    assert soundness_of(disk, DIRECTORY, NODE_ID).is_fresh
    open_store(disk).close()
    fresh = soundness_of(disk, DIRECTORY, NODE_ID)
    assert (fresh.is_fresh, fresh.fault, fresh.replica_id) == (True, "", REPLICA_ID)
    used(disk)
    whole = soundness_of(disk, DIRECTORY, NODE_ID)
    assert (whole.is_fresh, whole.fault, whole.replica_id) == (False, "", REPLICA_ID)
    with pytest.raises(DirectoryRefused, match="belongs to node 1"):
        soundness_of(disk, DIRECTORY, NODE_ID + 1)


def test_snapshots_without_a_log_are_not_taken_for_a_fresh_directory() -> None:
    disk = MemoryDisk()
    used(disk)
    disk.create(f"{DIRECTORY}/snapshots/0000000000000002.snap")
    for name in ("identity", "log/0000000000000001.wal"):
        disk.remove(f"{DIRECTORY}/{name}")
    found = soundness_of(disk, DIRECTORY, NODE_ID)
    assert not found.is_fresh
    assert "snapshots without a log" in found.fault


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("keep", [0.0, 0.5, 1.0])
def test_whatever_interrupts_it_no_node_starts_on_a_part_and_the_next_run_ends_it(
    keep: float, seed: int
) -> None:
    """A power cut before every single effect: what is found is the old one, or refused, or done."""
    count = 0
    while True:
        disk = MemoryDisk()
        used(disk)
        before = disk.read(SEGMENT)
        disk = disk.crash(Random(0), 1.0)
        disk.cut_after(count)
        try:
            set_aside(disk, DIRECTORY)
            ended = True
        except PowerCut:
            ended = False
        after = disk.crash(Random(seed * 1000 + count), keep)
        if not after.exists(f"{DIRECTORY}/set-aside-1"):
            assert not ended, "it is told to be set aside, and must stay so"
            go_on(after)
        if after.exists(f"{DIRECTORY}/set-aside-1"):
            assert after.read(f"{DIRECTORY}/set-aside-1/log/0000000000000001.wal") == before
            assert open_store(after).recovered.entries == ()
        if ended:
            return
        count += 1


def go_on(disk: MemoryDisk) -> None:
    """What is found is all of the old one; or no node starts, and the next run ends it."""
    try:
        store = open_store(disk)
    except DamagedData as error:
        assert "run `raftpi rejoin` again" in str(error)
        assert not soundness_of(disk, DIRECTORY, NODE_ID).is_fresh
        assert set_aside(disk, DIRECTORY) == f"{DIRECTORY}/set-aside-1"
    else:
        assert len(store.recovered.entries) == 2, "a part of it was taken for all"
        store.close()
