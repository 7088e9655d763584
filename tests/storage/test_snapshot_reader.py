"""Snapshot files: what was written is read, whatever the pieces; every flaw in one is seen."""

from pathlib import Path
from random import Random

import pytest

from raftpi.errors import DamagedData, NewerVersion
from raftpi.storage.disk import Disk, RealDisk
from raftpi.storage.finding import DamageFound
from raftpi.storage.identity import Identity
from raftpi.storage.snapshot_layout import BLOCK_BYTES, HEAD_START_BYTES, head_size
from raftpi.storage.snapshot_reader import SnapshotGone, SnapshotReader
from raftpi.storage.store import Store
from tests.storage.memory_disk import MemoryDisk
from tests.storage.past import with_bytes
from tests.storage.script import CLUSTER_ID, NAME, NODE_ID, REPLICA_ID, batch, founding, open_store
from tests.storage.snapshot_script import Take, meta, noting, payload, write

DIRECTORY = "/data/node"
PATH = "/data/node/snapshots/0000000000000001.snap"
IDENTITY = Identity(replica_id=REPLICA_ID, node_id=NODE_ID, name=NAME, cluster_id=CLUSTER_ID)


def founded(disk: Disk, directory: str = DIRECTORY) -> Store:
    store = open_store(disk, directory)
    store.append((batch(founding(), term=1),))
    return store


def whole(disk: Disk, store: Store) -> bytes:
    reader = store.open_snapshot(1)
    reader.verify()
    return reader.read(0, reader.size_bytes)


@pytest.mark.parametrize(
    "size_bytes", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 20 * BLOCK_BYTES + 77]
)
def test_what_was_written_in_any_pieces_is_read_in_any_others(size_bytes: int) -> None:
    random = Random(size_bytes)
    data = random.randbytes(size_bytes)
    disk = MemoryDisk()
    store = founded(disk)
    file = store.begin_snapshot(meta(1, 1), received=False)
    at = 0
    while at < size_bytes:
        piece = random.choice([1, 1000, BLOCK_BYTES, 200_000])
        file.write(data[at : at + piece])
        at = min(at + piece, size_bytes)
        assert file.size_bytes == at
    file.sync()
    file.finish()
    reader = store.open_snapshot(1)
    assert (reader.meta, reader.size_bytes) == (meta(1, 1), size_bytes)
    assert whole(disk, store) == data
    for _ in range(50):
        start = random.randrange(size_bytes + 1)
        length = random.choice([0, 1, 5000, BLOCK_BYTES, 300_000])
        assert reader.read(start, length) == data[start : start + length]
    for start, length in ((-1, 1), (0, -1), (size_bytes + 1, 1)):
        with pytest.raises(ValueError, match="bytes, not"):
            reader.read(start, length)


def test_a_snapshot_on_a_real_disk(tmp_path: Path) -> None:
    disk = RealDisk()
    directory = str(tmp_path / "node")
    store = founded(disk, directory)
    write(store, Take(meta(1, 1), size_bytes=200_000))
    store.append((noting(meta(1, 1)),))
    store.close()
    store = open_store(disk, directory)
    assert store.recovered.snapshot == meta(1, 1)
    assert store.recovered.entries == ()
    assert whole(disk, store) == payload(meta(1, 1), 200_000)
    store.close()


def small() -> tuple[MemoryDisk, bytes]:
    """A snapshot of three blocks; its bytes in the file."""
    disk = MemoryDisk()
    store = founded(disk)
    file = store.begin_snapshot(meta(1, 1), received=False)
    file.write(b"a" * BLOCK_BYTES + b"b" * BLOCK_BYTES + b"c" * 100)
    file.finish()
    store.append((noting(meta(1, 1)),))
    store.close()
    return disk, disk.read(PATH)


def flaw(disk: MemoryDisk, data: bytes) -> int:
    """The offset at which the snapshot with these bytes is found to be damaged."""
    broken = with_bytes(disk, PATH, data)
    store = open_store(broken)
    (finding,) = store.recovered.findings
    assert (finding.kind, finding.path) == ("rotten-snapshot", PATH)
    assert store.recovered.snapshot is None
    assert store.recovered.entries == (founding(),)
    with pytest.raises(SnapshotGone):
        store.open_snapshot(1)
    return finding.offset


def test_every_flipped_byte_is_found_where_it_is() -> None:
    disk, data = small()
    head = head_size(data)
    starts = [0, HEAD_START_BYTES, head, head + BLOCK_BYTES + 4, head + 2 * BLOCK_BYTES + 8]
    footer = len(data) - 16
    interesting = [*range(head + 3), *range(head + 2 * BLOCK_BYTES, len(data))]
    for offset in [*interesting, *range(head, len(data), 4093)]:
        broken = bytearray(data)
        broken[offset] ^= 0x10
        found = flaw(disk, bytes(broken))
        if offset >= footer:
            assert found == footer
        elif offset >= HEAD_START_BYTES:
            assert found == max(start for start in starts if start <= offset)
        else:
            assert found <= len(data)


def test_every_other_length_is_found() -> None:
    disk, data = small()
    head = head_size(data)
    for length in [*range(head + 40), *range(len(data) - 140, len(data)), 2 * BLOCK_BYTES]:
        flaw(disk, data[:length])
    for tail in (b"\0", bytes(16), data[-16:], bytes(BLOCK_BYTES)):
        flaw(disk, data + tail)


def test_a_block_in_the_place_of_another_is_found() -> None:
    disk, data = small()
    head = head_size(data)
    stored = BLOCK_BYTES + 4
    first, second = data[head : head + stored], data[head + stored : head + 2 * stored]
    assert flaw(disk, data[:head] + second + first + data[head + 2 * stored :]) == head
    assert flaw(disk, data[:head] + first + first + data[head + 2 * stored :]) == head + stored


def test_rot_under_an_open_snapshot_is_never_handed_out() -> None:
    disk, data = small()
    store = open_store(disk)
    reader = store.open_snapshot(1)
    inode = disk.names[PATH]
    assert inode is not None
    inode.cached[head_size(data) + BLOCK_BYTES + 9] ^= 1
    assert reader.read(0, BLOCK_BYTES) == b"a" * BLOCK_BYTES
    place = head_size(data) + BLOCK_BYTES + 4
    for start, length in ((BLOCK_BYTES - 1, 2), (BLOCK_BYTES + 700, 1), (0, 1 << 20)):
        with pytest.raises(DamagedData, match=f"{PATH} at offset {place}: block 1 .*raftpi fsck"):
            reader.read(start, length)
    del inode.cached[-1]
    with pytest.raises(DamagedData, match=f"{PATH} at offset .*raftpi fsck /data/node"):
        store.open_snapshot(1)


@pytest.mark.parametrize(
    ("replica_id", "cluster_id", "index"),
    [(1, CLUSTER_ID, 1), (REPLICA_ID, 1, 1), (REPLICA_ID, CLUSTER_ID, 2)],
)
def test_another_ones_snapshot_is_told(replica_id: int, cluster_id: int, index: int) -> None:
    disk, data = small()
    path = f"/data/node/snapshots/{index:016d}.snap"
    other = with_bytes(disk, path, data)
    owner = Identity(replica_id=replica_id, node_id=1, name=NAME, cluster_id=cluster_id)
    store = open_store(disk)
    with pytest.raises(DamageFound, match=r"the snapshot (belongs|is one up to index 1)"):
        SnapshotReader(other, store._directory, index, owner)


def test_a_newer_version_is_told_from_rot(monkeypatch: pytest.MonkeyPatch) -> None:
    disk, data = small()
    monkeypatch.setattr("raftpi.storage.stamp.VERSION", 2)
    newer, made = small()
    monkeypatch.undo()
    assert newer.exists(PATH)
    assert made[16:] == data[16:]
    with pytest.raises(NewerVersion, match=f"{PATH} at offset 0: written in version 2"):
        open_store(with_bytes(disk, PATH, made))
