"""The state that a start goes on from."""

import pytest

from raftpi.errors import DamagedData
from raftpi.node.block_stream import framed
from raftpi.node.restored import restored
from raftpi.sim.disk import VirtualDisk
from raftpi.storage.store import Store
from tests.node.fake_machine import FakeMachine
from tests.storage.script import batch, founding, open_store
from tests.storage.snapshot_script import meta, noting


def with_snapshot(*pieces: bytes) -> Store:
    """A store opened on a log whose newest snapshot holds these bytes."""
    disk = VirtualDisk()
    disk.make_directory("/data")
    store = open_store(disk)
    store.append((batch(founding(), term=1),))
    snapshot = meta(1, 1)
    file = store.begin_snapshot(snapshot, False)
    for piece in pieces:
        file.write(piece)
    file.finish()
    store.append((noting(snapshot),))
    store.close()
    return open_store(disk)


def test_without_a_snapshot_it_is_the_fresh_machine_itself() -> None:
    disk = VirtualDisk()
    disk.make_directory("/data")
    fresh = FakeMachine([])
    assert restored(fresh, open_store(disk)) is fresh


def test_with_one_it_has_the_blocks_of_the_snapshot() -> None:
    machine = restored(FakeMachine([]), with_snapshot(framed(b"one"), framed(b"two")))
    assert isinstance(machine, FakeMachine)
    assert machine.blocks == [b"one", b"two"]


@pytest.mark.parametrize("pieces", [(framed(b"bad"),), (framed(b"one"), b"\x09\0\0\0cut"), ()])
def test_whole_bytes_that_are_no_state_are_damage(pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(DamagedData, match="the snapshot up to index 1 is none"):
        restored(FakeMachine([]), with_snapshot(*pieces))
