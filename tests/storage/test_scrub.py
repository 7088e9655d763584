"""A running store reads its own files back: rot is found in all of them, and mended."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from raftpi.core.ready import HardState
from raftpi.errors import DamagedData, StorageFailure
from raftpi.storage.scrub_step import ScrubStep
from raftpi.storage.scrubbed_store import ScrubbedStore
from raftpi.storage.segment_head import read_head
from raftpi.storage.store import Store
from tests.storage.memory_disk import MemoryDisk, PowerCut
from tests.storage.script import CLUSTER_ID, REPLICA_ID, batch, command, founding
from tests.storage.snapshot_script import Past, Take, meta, noting, open_store, past_of, write

DIRECTORY = "/data/node"
LAST_INDEX = 24
LIMIT_BYTES = 1024


def lived(disk: MemoryDisk, *, last_index: int = LAST_INDEX) -> Store:
    """A store with closed segments, an open one and two snapshots."""
    store = open_store(disk)
    store.append((batch(founding(), term=1, vote=REPLICA_ID),))
    for index in range(2, last_index + 1):
        store.append((batch(command(index, 1, b"z" * 900)),))
        if index in (8, 14):
            take(store, index)
    while store.upkeep_is_due:
        store.upkeep()
    return store


def take(store: Store, index: int) -> None:
    write(store, Take(meta(index, 1)))
    store.append((noting(meta(index, 1)),))


def steps(scrub: ScrubbedStore, count: int = 2000) -> Iterator[ScrubStep]:
    for _ in range(count):
        yield scrub.step(LIMIT_BYTES)


def one_pass(scrub: ScrubbedStore) -> ScrubStep:
    """Until the pass ends or rot is found."""
    return next(step for step in steps(scrub) if step.pass_ended or step.rot)


def mend(store: Store, scrub: ScrubbedStore, last_index: int = LAST_INDEX) -> str:
    """What a node does: it makes the snapshot that is asked for; how it ended."""
    for step in steps(scrub):
        while store.upkeep_is_due:
            store.upkeep()
        if step.mended:
            return step.mended
        if 0 < step.needed_index <= last_index:
            write(store, Take(meta(last_index, 1)))
            if all(known.index < last_index for known in store.snapshots()):
                store.append((noting(meta(last_index, 1)),))
    raise AssertionError("nothing was mended")


def rot(disk: MemoryDisk, path: str, offset: int, *, mask: int = 0x10) -> None:
    """On the card alone: what the page cache has is still as it was written."""
    inode = disk.names[path]
    assert inode is not None
    inode.durable[offset] ^= mask


def forget_cache(disk: MemoryDisk) -> MemoryDisk:
    """What a start finds on the card."""
    return disk.crash(Random(1), 1.0)


def path_of(disk: MemoryDisk, kind: str) -> str:
    room, place = {
        "oldest segment": ("log", 0),
        "middle segment": ("log", 2),
        "open segment": ("log", -1),
        "older snapshot": ("snapshots", 0),
        "newest snapshot": ("snapshots", -1),
    }[kind]
    return f"{DIRECTORY}/{room}/{disk.list(f'{DIRECTORY}/{room}')[place]}"


def test_a_whole_directory_is_gone_through_and_nothing_is_written() -> None:
    disk = MemoryDisk()
    scrub = ScrubbedStore(lived(disk))
    effects = len(disk.effects)
    for _ in range(3):
        read_bytes = 0
        for step in steps(scrub):
            assert step.read_bytes <= 65_540
            read_bytes += step.read_bytes
            if step.pass_ended:
                break
        assert (step.rot, step.rotten) == ("", "")
        assert step.done_bytes == read_bytes > 0.5 * step.total_bytes
    assert len(disk.effects) == effects


def test_a_slice_reads_no_more_than_it_may() -> None:
    disk = MemoryDisk()
    scrub = ScrubbedStore(lived(disk))
    sizes = [step.read_bytes for step in steps(scrub, 60)]
    assert max(sizes) == LIMIT_BYTES


def test_every_place_that_matters_is_looked_at() -> None:
    """A bit flipped on the card, anywhere in any file, is found, with the file and the place."""
    whole = MemoryDisk()
    lived(whole)
    ends = closed_ends(whole)
    rooms = [(DIRECTORY, ["identity"])]
    rooms += [(room, whole.list(room)) for room in (f"{DIRECTORY}/log", f"{DIRECTORY}/snapshots")]
    for path in [f"{room}/{name}" for room, names in rooms for name in names]:
        end = ends.get(path, len(whole.read(path)))
        for offset in range(0, end, 1 if end < 100 else 89):
            disk = MemoryDisk()
            scrub = ScrubbedStore(lived(disk))
            rot(disk, path, offset)
            step = one_pass(scrub)
            assert step.rot.startswith(f"{path} at offset "), (path, offset, step.rot)
            found = int(step.rot.split(" at offset ")[1].split(":")[0])
            assert found <= offset + 512


def closed_ends(disk: MemoryDisk) -> dict[str, int]:
    """Where each closed segment ends: what lies behind is void for ever."""
    log = f"{DIRECTORY}/log"
    names = disk.list(log)
    heads = [read_head(disk.read(f"{log}/{name}", 0, 512)) for name in names]
    later = zip(names, heads[1:], strict=False)
    return {f"{log}/{name}": head.previous_end_sector * 512 for name, head in later}


@pytest.mark.parametrize(
    ("kind", "snapshot_index"),
    [("oldest segment", 14), ("middle segment", 24), ("open segment", 24), ("newest snapshot", 24)],
)
def test_rot_that_a_snapshot_can_take_the_place_of_is_mended_and_nothing_is_lost(
    kind: str, snapshot_index: int
) -> None:
    disk = MemoryDisk()
    store = lived(disk)
    scrub = ScrubbedStore(store)
    path = path_of(disk, kind)
    rot(disk, path, 700 if "segment" in kind else 200)
    step = one_pass(scrub)
    assert step.rot.startswith(path)
    assert step.rotten == step.rot
    # The oldest one holds nothing that the newest snapshot does not.
    assert (scrub.step(LIMIT_BYTES).needed_index > 0) == (snapshot_index == LAST_INDEX)
    assert path in mend(store, scrub)
    assert one_pass(scrub).rot == ""
    store.append((batch(command(LAST_INDEX + 1, 1)),))
    reopened = open_store(forget_cache(disk))
    found = reopened.recovered
    assert past_of(reopened).snapshot == (snapshot_index, 1)
    indexes = [entry.index for entry in found.entries]
    assert indexes == list(range(snapshot_index + 1, LAST_INDEX + 2))
    assert (found.hard_state.term, found.hard_state.voted_for) == (1, REPLICA_ID)
    assert found.identity.cluster_id == CLUSTER_ID


def test_an_older_snapshot_that_rots_goes_since_a_newer_one_is_there() -> None:
    disk = MemoryDisk()
    store = lived(disk)
    path = path_of(disk, "older snapshot")
    rot(disk, path, 200)
    step = one_pass(ScrubbedStore(store))
    assert step.rot.startswith(path)
    assert "a newer one is there" in step.mended
    assert [known.index for known in store.snapshots()] == [14]
    take(store, LAST_INDEX)
    assert [known.index for known in store.snapshots()] == [24, 14]
    assert past_of(open_store(forget_cache(disk))).snapshot == (24, 1)


def test_the_newest_snapshot_is_made_again_where_nothing_has_come_behind_it() -> None:
    disk = MemoryDisk()
    store = lived(disk, last_index=14)
    scrub = ScrubbedStore(store)
    path = path_of(disk, "newest snapshot")
    rot(disk, path, 200)
    assert one_pass(scrub).needed_index == 14
    assert "another snapshot" in mend(store, scrub, 14)
    assert [known.index for known in store.snapshots()] == [14, 8]
    assert one_pass(scrub).rot == ""
    assert past_of(open_store(forget_cache(disk))).snapshot == (14, 1)


def test_rot_in_an_idle_log_is_mended_with_the_snapshot_that_is_there() -> None:
    """The note of that snapshot lies in the rotten segment: it must not be cut away with it."""
    disk = MemoryDisk()
    store = lived(disk, last_index=14)
    scrub = ScrubbedStore(store)
    rot(disk, path_of(disk, "open segment"), 700)
    assert one_pass(scrub).needed_index in (0, 14)
    assert "cut away" in mend(store, scrub, 0)
    hard_state = HardState(term=1, voted_for=REPLICA_ID)
    assert past_of(open_store(forget_cache(disk))) == Past(hard_state, (14, 1), ())


def test_nothing_is_cut_to_a_snapshot_that_is_rotten_itself() -> None:
    disk = MemoryDisk()
    store = lived(disk, last_index=14)
    scrub = ScrubbedStore(store)
    rot(disk, path_of(disk, "open segment"), 700)
    rot(disk, path_of(disk, "newest snapshot"), 200)
    segments = disk.list(f"{DIRECTORY}/log")
    assert one_pass(scrub).rot
    for step in steps(scrub, 50):
        assert step.mended == ""
    assert step.needed_index == 14
    assert set(segments) <= set(disk.list(f"{DIRECTORY}/log"))
    assert mend(store, scrub, 14)
    assert past_of(open_store(forget_cache(disk))).snapshot == (14, 1)


def test_a_log_with_entries_that_no_snapshot_holds_yet_is_not_cut() -> None:
    disk = MemoryDisk()
    store = lived(disk)
    scrub = ScrubbedStore(store)
    rot(disk, path_of(disk, "open segment"), 700)
    assert one_pass(scrub).rot
    assert scrub.step(LIMIT_BYTES).needed_index == LAST_INDEX
    write(store, Take(meta(LAST_INDEX - 1, 1)))
    store.append((noting(meta(LAST_INDEX - 1, 1)),))
    for step in steps(scrub, 20):
        assert step.mended == ""
        assert step.rotten
        assert step.needed_index == LAST_INDEX


def test_the_identity_is_written_again() -> None:
    disk = MemoryDisk()
    store = lived(disk)
    rot(disk, f"{DIRECTORY}/identity", 20)
    step = one_pass(ScrubbedStore(store))
    assert "identity" in step.rot
    assert "written again" in step.mended
    assert len(open_store(forget_cache(disk)).recovered.entries) == 10


def test_stray_bytes_behind_the_log_are_left_behind() -> None:
    disk = MemoryDisk()
    store = lived(disk)
    path = path_of(disk, "open segment")
    inode = disk.names[path]
    assert inode is not None
    rot(disk, path, len(inode.durable) - 3)
    step = one_pass(ScrubbedStore(store))
    assert step.rot.startswith(path)
    assert "stray bytes" in step.rot
    assert "new segment" in step.mended
    assert len(open_store(forget_cache(disk)).recovered.entries) == 10


def test_a_place_that_cannot_be_read_is_rot_and_the_node_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk = MemoryDisk()
    store = lived(disk)
    scrub = ScrubbedStore(store)
    path = path_of(disk, "middle segment")
    reread = disk.reread

    def failing(name: str, offset_bytes: int, length_bytes: int) -> bytes:
        if name == path and offset_bytes <= 1500 < offset_bytes + length_bytes:
            raise StorageFailure(f"cannot read {name}: Input/output error")
        return reread(name, offset_bytes, length_bytes)

    monkeypatch.setattr(disk, "reread", failing)
    step = one_pass(scrub)
    assert step.rot.startswith(f"{path} at offset 1024: cannot read")
    assert path in mend(store, scrub)


def test_files_that_are_removed_during_a_pass_are_no_rot() -> None:
    disk = MemoryDisk()
    store = lived(disk)
    scrub = ScrubbedStore(store)
    scrub.step(LIMIT_BYTES)
    take(store, 20)
    take(store, 24)
    while store.upkeep_is_due:
        store.upkeep()
    assert one_pass(scrub).rot == ""


@pytest.mark.parametrize("keep", [0.0, 1.0])
@pytest.mark.parametrize("kind", ["middle segment", "open segment", "newest snapshot"])
def test_a_power_cut_while_it_is_mended_loses_nothing(kind: str, keep: float) -> None:
    """Cut before every effect: either the rot is still refused, or all is there."""
    count = 0
    mended = 0
    while True:
        disk = MemoryDisk()
        store = lived(disk)
        scrub = ScrubbedStore(store)
        rot(disk, path_of(disk, kind), 700 if "segment" in kind else 200)
        disk.cut_after(count)
        ended = False
        try:
            assert one_pass(scrub).rot
            mend(store, scrub)
            ended = True
        except PowerCut:
            pass
        try:
            found = open_store(disk.crash(Random(count), keep)).recovered
        except DamagedData as error:
            assert "fsck" in str(error)
        else:
            mended += 1
            last = max([found.first_index - 1, *[entry.index for entry in found.entries]])
            assert last == LAST_INDEX
            assert found.hard_state.voted_for == REPLICA_ID
        if ended:
            assert mended
            return
        count += 1


def test_a_failed_write_while_mending_ends_the_store() -> None:
    disk = MemoryDisk()
    store = lived(disk)
    scrub = ScrubbedStore(store)
    rot(disk, path_of(disk, "open segment"), 700)
    assert one_pass(scrub).rot
    disk.fail("sync", "log/", StorageFailure("cannot sync: Input/output error"))
    with pytest.raises(StorageFailure):
        for _ in range(3):
            scrub.step(LIMIT_BYTES)
    with pytest.raises(StorageFailure, match="takes no more"):
        store.append((replace(batch(command(LAST_INDEX + 1, 1)), number=7),))
