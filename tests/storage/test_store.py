"""The store on a real file system and in memory: what is appended is found again."""

from pathlib import Path

import pytest

from raftpi.core.entry import Entry
from raftpi.core.ready import HardState
from raftpi.errors import DamagedData, DirectoryRefused, NoSpace, StorageFailure
from raftpi.storage.disk import RealDisk
from raftpi.storage.open_segment import RESERVED_SECTORS
from raftpi.storage.store import Store
from tests.storage.memory_disk import MemoryDisk
from tests.storage.script import (
    CLUSTER_ID,
    LIFE,
    NAME,
    NODE_ID,
    REPLICA_ID,
    Account,
    State,
    batch,
    command,
    founding,
    live,
    open_store,
    state_of,
)


def test_a_fresh_directory_is_made_with_its_parents_and_mints_an_identity(tmp_path: Path) -> None:
    directory = str(tmp_path / "a" / "b")
    store = open_store(RealDisk(), directory)
    identity = store.recovered.identity
    assert (identity.replica_id, identity.node_id, identity.name) == (REPLICA_ID, NODE_ID, NAME)
    assert identity.cluster_id == 0
    assert store.recovered.hard_state == HardState(term=0, voted_for=0)
    assert store.recovered.entries == ()
    assert store.recovered.findings == ()
    store.close()


def test_a_replica_id_is_minted_once() -> None:
    disk = MemoryDisk()
    minted = iter([5, 6])
    for _ in range(2):
        store = Store.open(
            disk=disk,
            directory="/d",
            node_id=1,
            name="pi1",
            mint_replica_id=lambda: next(minted),
        )
        assert store.recovered.identity.replica_id == 5
        store.close()


@pytest.mark.parametrize("segment_bytes", [1, 4096, 20_000, 8 << 20])
def test_a_whole_life_is_found_again_on_a_real_disk(tmp_path: Path, segment_bytes: int) -> None:
    account = Account()
    directory = str(tmp_path / "node")
    store = open_store(RealDisk(), directory, segment_bytes=segment_bytes)
    for step in LIFE:
        if step is None:
            store.close()
            store = open_store(RealDisk(), directory, segment_bytes=segment_bytes)
        else:
            store.append(step)
            account.promised = account.promised.after(step)
    store.close()
    for _ in range(20):
        store = open_store(RealDisk(), directory, segment_bytes=segment_bytes)
        assert state_of(store.recovered) == account.promised
        assert store.recovered.identity.cluster_id == CLUSTER_ID
        assert store.recovered.first_index == 1
        assert store.recovered.findings == ()
        store.close()


def test_starting_again_and_again_without_a_write_leaves_no_trail_of_segments() -> None:
    disk = MemoryDisk()
    live(disk, Account(), segment_bytes=8 << 20)
    open_store(disk).close()
    before = disk.list("/data/node/log")
    for _ in range(10):
        open_store(disk).close()
    assert len(disk.list("/data/node/log")) == len(before)


def test_an_append_is_one_data_sync_and_the_room_ahead_is_made_behind_it() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding()),))
    syncs = []
    for index in range(2, 1300):
        before = len(disk.effects)
        report = store.append((batch(command(index, 1)),))
        effects = [operation for operation, _ in disk.effects[before:]]
        assert effects in (["write", "sync"], ["write", "sync", "write", "sync"])
        assert report.sync_count == effects.count("sync")
        syncs.append(report.sync_count)
        if report.sync_count == 1:
            assert report.written_bytes == 512
    assert syncs.count(2) == 2
    store.close()


def test_several_batches_at_once_share_one_sync() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding()),))
    report = store.append(
        (batch(command(2, 1), term=1), batch(command(3, 1)), batch(command(2, 2), term=2))
    )
    assert report.sync_count == 1
    store.close()
    recovered = open_store(disk).recovered
    assert recovered.entries == (founding(), command(2, 2))
    assert recovered.hard_state == HardState(term=2, voted_for=0)


def test_nothing_to_write_writes_nothing() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding(), term=1),))
    before = len(disk.effects)
    report = store.append((batch(), batch(term=1)))
    assert (report.written_bytes, report.sync_count) == (0, 0)
    assert store.append(()).sync_count == 0
    assert len(disk.effects) == before


def test_a_batch_larger_than_a_segment_is_whole() -> None:
    disk = MemoryDisk()
    store = open_store(disk, segment_bytes=65_536)
    store.append((batch(founding()),))
    values = [command(index, 1, bytes([index]) * (1 << 20)) for index in range(2, 6)]
    for value in values[:2]:
        store.append((batch(value),))
    store.append((batch(*values[2:]),))
    store.close()
    again = open_store(disk, segment_bytes=65_536)
    assert again.recovered.entries == (founding(), *values)


@pytest.mark.parametrize(
    "wrong",
    [
        batch(term=1),
        batch(command(1, 1)),
        batch(command(2, 1)),
        batch(Entry(index=1, term=1)),
    ],
)
def test_a_log_that_begins_without_its_founding_is_a_mistake(wrong: object) -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    before = len(disk.effects)
    with pytest.raises(ValueError, match=r"founding|begins at"):
        store.append((wrong,))  # type: ignore[arg-type]  # a Batch, parametrized
    assert len(disk.effects) == before
    store.append((batch(founding(), term=1),))
    store.close()
    assert open_store(disk).recovered.entries == (founding(),)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (batch(command(4, 1)), "the log ends at 2"),
        (batch(command(3, 1), command(5, 1)), "entry 5 in place of 4"),
        (batch(command(0, 1)), "begins at index 0"),
        (batch(term=4), "takes the term back"),
        (batch(term=5, vote=8), "changes the vote"),
        (batch(term=5, vote=0), "changes the vote"),
    ],
)
def test_batches_that_cannot_follow_are_a_mistake_and_do_no_harm(wrong: object, says: str) -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding(), command(2, 1), term=5, vote=7),))
    with pytest.raises(ValueError, match=says):
        store.append((wrong,))  # type: ignore[arg-type]  # a Batch, parametrized
    store.append((batch(command(3, 5)),))
    store.close()
    assert open_store(disk).recovered.entries == (founding(), command(2, 1), command(3, 5))


def test_a_directory_of_another_node_is_refused_and_named() -> None:
    disk = MemoryDisk()
    open_store(disk).close()
    with pytest.raises(DirectoryRefused, match=r"node 1 \(pi1\).*node 2 \(pi1\)"):
        open_store(disk, node_id=2)
    open_store(disk).close()


def test_a_directory_in_use_is_refused_and_free_again_after_close(tmp_path: Path) -> None:
    directory = str(tmp_path / "node")
    store = open_store(RealDisk(), directory)
    with pytest.raises(DirectoryRefused, match=r"node is in use by process \d+"):
        open_store(RealDisk(), directory)
    store.close()
    store.close()
    open_store(RealDisk(), directory).close()


def test_a_refused_open_gives_the_lock_back() -> None:
    disk = MemoryDisk()
    open_store(disk).close()
    with pytest.raises(DirectoryRefused):
        open_store(disk, node_id=2)
    assert not disk.locked


def test_a_closed_store_takes_nothing() -> None:
    store = open_store(MemoryDisk())
    store.close()
    with pytest.raises(StorageFailure, match="closed"):
        store.append((batch(founding()),))


def test_a_file_in_the_place_of_the_directory_is_a_storage_failure(tmp_path: Path) -> None:
    (tmp_path / "node").write_text("no directory")
    with pytest.raises(StorageFailure, match=r"node/lock: Not a directory"):
        open_store(RealDisk(), str(tmp_path / "node"))


@pytest.mark.parametrize("operation", ["write", "sync"])
def test_after_a_failure_everything_is_refused_and_nothing_is_tried_again(operation: str) -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding()),))
    store.append((batch(command(2, 1)),))
    disk.fail(operation, ".", StorageFailure("EIO"))
    with pytest.raises(StorageFailure, match="EIO"):
        store.append((batch(command(3, 1)),))
    disk.killed()
    before = len(disk.effects)
    with pytest.raises(StorageFailure, match="takes no more"):
        store.append((batch(command(3, 1)),))
    assert len(disk.effects) == before
    again = open_store(disk)
    assert again.recovered.entries[:2] == (founding(), command(2, 1))


def test_a_failed_founding_leaves_a_directory_that_can_be_opened() -> None:
    for operation in ("create", "write", "sync", "rename", "sync_directory"):
        disk = MemoryDisk()
        store = open_store(disk)
        disk.fail(operation, "/", StorageFailure("EIO"))
        with pytest.raises(StorageFailure, match="EIO"):
            store.append((batch(founding()),))
        disk.killed()
        with pytest.raises(StorageFailure, match="takes no more"):
            store.append((batch(founding()),))
        assert open_store(disk).recovered.entries in ((), (founding(),))


def fill_until_no_space(store: Store, disk: MemoryDisk) -> list[Entry]:
    """Append one-sector batches, with no space for any growth; what was acknowledged."""
    inode = next(inode for name, inode in disk.names.items() if inode and name.endswith(".wal"))
    size = len(inode.cached)

    def full(operation: str, path: str) -> None:
        # A write of a batch goes over zeros; one that would begin at the end is a growth.
        if operation == "write" and disk.next_offset >= size:
            raise NoSpace("full")

    disk.before_effect = full
    acknowledged: list[Entry] = []
    with pytest.raises(NoSpace):
        while True:
            entry = command(len(acknowledged) + 2, 1)
            store.append((batch(entry),))
            acknowledged.append(entry)
    assert len(acknowledged) == size // 512 - 1 - RESERVED_SECTORS
    disk.killed()
    return acknowledged


def test_no_space_is_met_while_making_room_and_never_half_way_in_a_batch() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding()),))
    acknowledged = fill_until_no_space(store, disk)
    again = open_store(disk.killed())
    assert again.recovered.entries == (founding(), *acknowledged)
    assert again.recovered.findings == ()


def test_founded_with_its_segments_gone_is_damage() -> None:
    disk = MemoryDisk()
    live(disk, Account(), segment_bytes=4096)
    for name in disk.list("/data/node/log"):
        disk.remove(f"/data/node/log/{name}")
    with pytest.raises(DamagedData, match=r"wal is missing.*raftpi fsck /data/node"):
        open_store(disk)


def test_any_segment_gone_is_damage() -> None:
    disk = MemoryDisk()
    live(disk, Account(), segment_bytes=4096)
    names = disk.list("/data/node/log")
    assert len(names) > 3
    for name in names:
        broken = disk.copy()
        broken.remove(f"/data/node/log/{name}")
        with pytest.raises(DamagedData, match=rf"{name}.* is missing|{name}.*missing"):
            open_store(broken)


def test_an_identity_gone_while_there_is_a_log_is_damage() -> None:
    disk = MemoryDisk()
    live(disk, Account(), segment_bytes=4096)
    disk.remove("/data/node/identity")
    with pytest.raises(DamagedData, match="identity is missing"):
        open_store(disk)


def test_a_strange_file_in_the_log_is_told_and_left_alone() -> None:
    disk = MemoryDisk()
    open_store(disk).close()
    disk.create("/data/node/log/notes.txt")
    store = open_store(disk)
    assert [finding.kind for finding in store.recovered.findings] == ["unknown-file"]
    assert disk.exists("/data/node/log/notes.txt")


def test_the_script_itself_is_as_varied_as_it_claims() -> None:
    state = State()
    for step in LIFE:
        state = state.after(step or ())
    assert [entry.term for entry in state.entries] == [1, 1, 6]
