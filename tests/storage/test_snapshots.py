"""Snapshots in a living store: taken note of, kept by two, and the log cut to the older one."""

from dataclasses import replace
from random import Random

import pytest

from raftpi.core.ready import HardState
from raftpi.storage.snapshot_reader import SnapshotGone
from raftpi.storage.store import Store
from tests.storage.memory_disk import MemoryDisk
from tests.storage.script import CLUSTER_ID, batch, command, founding, tend
from tests.storage.script import open_store as opened
from tests.storage.snapshot_script import (
    SEGMENT_BYTES,
    Past,
    Take,
    meta,
    noting,
    open_store,
    past_of,
    write,
)

LOG = "/data/node/log"
ROOM = "/data/node/snapshots"


def founded(disk: MemoryDisk, last_index: int = 1) -> Store:
    store = open_store(disk)
    store.append((batch(founding(), term=1),))
    fill(store, 2, last_index)
    return store


def fill(store: Store, first: int, last: int, term: int = 1) -> None:
    for index in range(first, last + 1):
        store.append((batch(command(index, term, b"z" * 1300)),))


def take(store: Store, index: int, term: int = 1) -> None:
    write(store, Take(meta(index, term)))
    store.append((noting(meta(index, term)),))
    tend(store)


def test_the_newest_two_are_kept_and_the_log_behind_the_older() -> None:
    disk = MemoryDisk()
    store = founded(disk, 30)
    take(store, 10)
    before = disk.list(LOG)
    assert len(before) >= 10
    take(store, 20)
    after = disk.list(LOG)
    gone = [name for name in before if name not in after]
    assert gone == before[: len(gone)]
    assert len(gone) == 4
    take(store, 30)
    assert [known.index for known in store.snapshots()] == [30, 20]
    assert disk.list(ROOM) == ["0000000000000020.snap", "0000000000000030.snap"]
    # The removals are durable, as far as there is room to be had from them.
    assert disk.copy().list(LOG) == disk.list(LOG)
    assert disk.copy().list(ROOM) == disk.list(ROOM)
    store.close()
    again = open_store(disk)
    assert again.recovered.snapshot == meta(30, 1)
    assert [known.index for known in again.snapshots()] == [30, 20]


def test_what_is_needed_from_the_older_one_on_stays_to_the_entry() -> None:
    for older in range(1, 30):
        disk = MemoryDisk()
        store = founded(disk, 30)
        take(store, older)
        take(store, 30)
        store.close()
        damaged = disk.copy()
        damaged.remove(f"{ROOM}/{30:016d}.snap")
        found = open_store(damaged).recovered
        assert found.first_index == older + 1
        assert [entry.index for entry in found.entries] == list(range(older + 1, 31))
        # Nothing more than a segment's worth besides.
        assert len(disk.list(LOG)) <= (30 - older) // 2 + 3


def test_a_log_under_endless_writes_stays_bounded() -> None:
    disk = MemoryDisk()
    store = founded(disk)
    last = 1
    for _ in range(40):
        fill(store, last + 1, last + 6)
        last += 6
        take(store, last - 1)
        assert len(disk.list(LOG)) <= 8
        assert len(disk.list(ROOM)) <= 2
        if last % 5 == 0:
            store.close()
            store = open_store(disk)
            assert store.recovered.first_index == last
            assert len(disk.list(LOG)) <= 9
    assert len(store._end.beginnings) <= 8
    assert len(store._end.configurations) == 1


def test_a_log_in_one_segment_is_kept_until_it_rotates() -> None:
    disk = MemoryDisk()
    store = opened(disk, segment_bytes=8 << 20)
    store.append((batch(founding(), term=1),))
    fill(store, 2, 9)
    for index in range(2, 9):
        take(store, index)
        assert disk.list(LOG) == ["0000000000000001.wal"]
    store.close()
    assert opened(disk).recovered.first_index == 9


def test_a_received_one_beyond_the_logs_end_voids_it() -> None:
    disk = MemoryDisk()
    store = founded(disk, 5)
    write(store, Take(meta(9, 3), received=True))
    store.append((noting(meta(9, 3), command(10, 3), term=3),))
    with pytest.raises(ValueError, match="fixed up to 9"):
        store.append((batch(command(9, 3)),))
    store.append((batch(command(10, 4), term=4),))
    store.close()
    recovered = open_store(disk).recovered
    assert (recovered.snapshot, recovered.first_index) == (meta(9, 3), 10)
    assert recovered.entries == (command(10, 4),)
    assert recovered.hard_state == HardState(term=4, voted_for=0)


@pytest.mark.parametrize(("term", "behind"), [(1, 3), (2, 0)])
def test_a_received_one_in_the_midst_of_the_log_voids_what_contradicts_it(
    term: int, behind: int
) -> None:
    disk = MemoryDisk()
    store = founded(disk, 8)
    write(store, Take(meta(5, term), received=True))
    store.append((noting(meta(5, term)),))
    store.close()
    recovered = open_store(disk).recovered
    assert recovered.first_index == 6
    assert len(recovered.entries) == behind


def test_batches_before_it_in_the_same_append_count() -> None:
    disk = MemoryDisk()
    store = founded(disk, 4)
    write(store, Take(meta(6, 2), received=True))
    replaced = (command(4, 2), command(5, 2), command(6, 2), command(7, 2))
    store.append((batch(*replaced, term=2), noting(meta(6, 2)), batch(command(8, 2))))
    store.close()
    recovered = open_store(disk).recovered
    assert recovered.entries == (command(7, 2), command(8, 2))


def test_a_directory_can_begin_with_a_snapshot() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    write(store, Take(meta(40, 7, configured=33), received=True))
    store.append((noting(meta(40, 7, configured=33), term=7),))
    store.append((batch(command(41, 7)),))
    store.close()
    recovered = open_store(disk).recovered
    assert recovered.identity.cluster_id == CLUSTER_ID
    assert recovered.snapshot == meta(40, 7, configured=33)
    assert recovered.entries == (command(41, 7),)


def test_one_that_was_not_finished_is_a_mistake_and_does_no_harm() -> None:
    disk = MemoryDisk()
    store = founded(disk, 5)
    write(store, Take(meta(4, 1), finishes=False))
    for wrong in (meta(4, 1), meta(3, 1)):
        with pytest.raises(ValueError, match=f"snapshot up to {wrong.index} was not finished"):
            store.append((noting(wrong),))
    write(store, Take(meta(4, 1)))
    with pytest.raises(ValueError, match="was not finished"):
        store.append((noting(replace(meta(4, 1), term=2)),))
    store.append((noting(meta(4, 1)),))
    assert store.snapshots() == [meta(4, 1)]


def test_one_can_be_read_before_the_log_knows_and_until_two_newer_ones_are_kept() -> None:
    store = founded(MemoryDisk(), 9)
    with pytest.raises(SnapshotGone, match=r"there is no .*snap"):
        store.open_snapshot(3)
    write(store, Take(meta(3, 1)))
    reader = store.open_snapshot(3)
    assert store.snapshots() == []
    store.append((noting(meta(3, 1)),))
    take(store, 5)
    assert reader.read(0, 4) == b"3/1/"
    take(store, 7)
    with pytest.raises(SnapshotGone, match="has been removed"):
        reader.read(0, 4)
    with pytest.raises(SnapshotGone, match="there is no"):
        store.open_snapshot(3)
    assert store.open_snapshot(5).read(0, 4) == b"5/1/"


def test_taking_note_of_it_costs_one_sync_and_the_cut_few_more_behind_it() -> None:
    disk = MemoryDisk()
    store = opened(disk, segment_bytes=8 << 20)
    store.append((batch(founding(), term=1),))
    for index in range(2, 6):
        store.append((batch(command(index, 1)),))
        write(store, Take(meta(index, 1)))
        report = store.append((noting(meta(index, 1)),))
        assert (report.sync_count, report.written_bytes) == (1, 512)
        # The third one, and each after it, takes the place of the oldest: behind the batch.
        assert store.upkeep_is_due
        report = store.upkeep()
        assert (report.sync_count, report.written_bytes) == (0 if index < 4 else 1, 0)
    assert store.append((batch(command(6, 1)),)).sync_count == 1


def test_random_lives_are_found_again() -> None:
    for seed in range(40):
        random = Random(seed)
        disk = MemoryDisk()
        store = open_store(disk)
        past = Past()
        term = 1
        for _ in range(60):
            batches = [batch(founding(), term=1)]
            known = past.snapshot[0]
            choice = random.random()
            if choice < 0.1:
                store.close()
                store = open_store(disk)
                assert past_of(store) == past, seed
                continue
            if past.last_index:
                term += random.random() < 0.2
                first = random.randint(max(2, known + 1, past.last_index - 4), past.last_index + 1)
                size = random.choice([1, 1, 3, 8])
                value = b"v" * random.choice([5, 700, 2000])
                entries = [command(index, term, value) for index in range(first, first + size)]
                batches = [batch(*entries, term=term)]
            if choice > 0.75 and past.last_index > known:
                index = random.randint(known + 1, past.last_index + random.choice([0, 0, 3]))
                place = index - known - 1
                agrees = place < len(past.entries) and random.random() < 0.8
                taken = meta(index, past.entries[place].term if agrees else term)
                write(store, Take(taken, received=not agrees))
                batches = [noting(taken, term=term)]
            store.append(batches)
            past = past.after(batches)
        store.close()
        assert past_of(opened(disk, segment_bytes=SEGMENT_BYTES)) == past, seed
