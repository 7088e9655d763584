"""The collector is kept from full passes; and there is hardly a cycle for it to find."""

import gc
from collections.abc import Iterator

import pytest

from raftpi.command import Put, Stamp, pack_command
from raftpi.daemon.garbage import keep_collections_short
from raftpi.sim.cluster import VirtualCluster


@pytest.fixture(autouse=True)
def pythons_thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.enable()
    gc.set_threshold(*before)


def test_no_full_collection_comes_by_itself() -> None:
    keep_collections_short()
    before = gc.get_stats()
    kept = [[number] for number in range(200_000)]
    after = gc.get_stats()
    assert after[1]["collections"] > before[1]["collections"]
    assert after[2]["collections"] == before[2]["collections"]
    assert len(kept) == 200_000


def garbage_after(put_count: int) -> int:
    """How many objects only the collector can free, once so many puts were committed."""
    gc.collect()
    cluster = VirtualCluster(3, 1, keep_sent=False, snapshot_entry_count=50)
    leader = cluster.elect()
    gc.collect()
    gc.disable()
    for number in range(1, put_count + 1):
        stamp = Stamp(session_id=9, sequence=number, first_pending=number, began_index=0)
        cluster.submit(leader, pack_command(stamp, Put(key=b"key", value=b"value")), None)
        cluster.run_for_us(3_000)
    assert cluster.node(leader).applied_index > put_count
    found = gc.collect()
    gc.enable()
    return found


def test_replicating_and_snapshots_leave_no_cycles_behind() -> None:
    few, many = garbage_after(100), garbage_after(1_000)
    assert many < few + 100
