"""Unfinished, foreign and future files in a data directory: each told apart."""

import pytest

from raftpi.errors import DamagedData, NewerVersion
from raftpi.storage.identity import IdentityFile, pack_identity
from raftpi.storage.record import RecordKind, add_record
from tests.storage.memory_disk import MemoryDisk
from tests.storage.past import SEGMENT_BYTES, lived, newest, with_bytes
from tests.storage.script import (
    CLUSTER_ID,
    REPLICA_ID,
    Account,
    batch,
    founding,
    live,
    open_store,
    state_of,
)


@pytest.mark.parametrize("stray", [b"", b"half a segment", bytes(2000)])
def test_a_segment_that_was_being_made_is_removed_and_told(stray: bytes) -> None:
    disk, state = lived()
    path = "/data/node/log/0000000000000099.new"
    broken = with_bytes(disk, path, stray)
    found = open_store(broken, segment_bytes=SEGMENT_BYTES).recovered
    assert state_of(found) == state
    assert [(finding.kind, finding.path) for finding in found.findings] == [("torn-creation", path)]
    assert not broken.exists(path)


def test_a_founding_cut_off_before_the_identity_knew_is_completed_and_told() -> None:
    disk = MemoryDisk()
    open_store(disk).close()
    fresh = disk.read("/data/node/identity")
    store = open_store(disk)
    store.append((batch(founding()),))
    store.close()
    found = open_store(with_bytes(disk, "/data/node/identity", fresh)).recovered
    assert found.entries == (founding(),)
    assert found.identity.cluster_id == CLUSTER_ID
    assert [finding.kind for finding in found.findings] == ["founding-completed"]


@pytest.mark.parametrize(
    ("replica_id", "cluster_id", "says"),
    [
        (REPLICA_ID + 1, CLUSTER_ID, "belongs to replica 1122334455667788"),
        (REPLICA_ID, CLUSTER_ID + 1, "belongs to cluster 99aabbccddeeff01"),
    ],
)
def test_a_segment_of_another_replica_or_cluster_is_refused(
    replica_id: int, cluster_id: int, says: str
) -> None:
    disk, _ = lived()
    identity = open_store(disk).recovered.identity
    changed = type(identity)(
        replica_id=replica_id, cluster_id=cluster_id, node_id=identity.node_id, name=identity.name
    )
    data = pack_identity(IdentityFile(identity=changed, newest_generation=1))
    with pytest.raises(DamagedData, match=says):
        open_store(with_bytes(disk.killed(), "/data/node/identity", data))


def test_a_segment_under_another_ones_name_is_refused() -> None:
    disk, _ = lived()
    path = "/data/node/log/0000000000000099.wal"
    with pytest.raises(DamagedData, match=f"{path} at offset 0: the segment is of generation"):
        open_store(with_bytes(disk, path, disk.read(newest(disk))))


def test_a_newer_version_is_told_from_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    disk, _ = lived()
    monkeypatch.setattr("raftpi.storage.stamp.VERSION", 2)
    newer = MemoryDisk()
    live(newer, Account(), segment_bytes=SEGMENT_BYTES)
    monkeypatch.undo()
    identity = "/data/node/identity"
    with pytest.raises(NewerVersion, match="identity at offset 0: written in version 2"):
        open_store(newer.copy())
    mixed = with_bytes(newer, identity, disk.read(identity))
    with pytest.raises(NewerVersion, match=r"wal at offset 4: written in version 2"):
        open_store(mixed)


def test_an_unknown_record_is_a_newer_raftpis(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding()),))

    def with_kind_8(pieces: list[bytes], seed: int, kind: int, *rest: object) -> None:
        add_record(pieces, seed, 8 if kind == RecordKind.HARD_STATE else kind, *rest)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr("raftpi.storage.log_end.add_record", with_kind_8)
    store.append((batch(term=9),))
    store.close()
    with pytest.raises(NewerVersion, match="a record of kind 8"):
        open_store(disk)
