"""A card without space: refused before a byte of a batch is written, and gone on from by itself."""

from collections.abc import Sequence
from random import Random

import pytest

from raftpi.core.ready import Batch
from raftpi.errors import NoSpace, StorageFailure
from raftpi.sim.chance import Chance
from raftpi.sim.disk import PowerCut, VirtualDisk
from raftpi.sim.tearing import Tearing
from raftpi.storage.open_segment import RESERVED_SECTORS
from raftpi.storage.store import Store
from tests.storage.memory_disk import MemoryDisk
from tests.storage.script import NAME, NODE_ID, REPLICA_ID, batch, command, founding, tend
from tests.storage.snapshot_script import (
    OWN,
    RECEIVED,
    Account,
    Step,
    Take,
    meta,
    noting,
    past_of,
    write,
)

DIRECTORY = "/data/node"
RESERVE = f"{DIRECTORY}/snapshots/reserve"
RESERVE_BYTES = 40_000
SEGMENT_BYTES = 64 * 1024


def open_store(disk: VirtualDisk | MemoryDisk, segment_bytes: int = SEGMENT_BYTES) -> Store:
    return Store.open(
        disk=disk,
        directory=DIRECTORY,
        node_id=NODE_ID,
        name=NAME,
        mint_replica_id=lambda: REPLICA_ID,
        segment_bytes=segment_bytes,
        reserve_bytes=RESERVE_BYTES,
    )


def begun(disk: VirtualDisk, segment_bytes: int = SEGMENT_BYTES) -> Store:
    store = open_store(disk, segment_bytes)
    store.append((batch(founding(), term=1),))
    tend(store)
    return store


def fill(store: Store, first: int = 2, term: int = 1) -> int:
    """Append until there is no room; the index of the last entry that found some."""
    index = first
    with pytest.raises(NoSpace):
        while True:
            store.append((batch(command(index, term, b"x" * 700)),))
            tend(store)
            index += 1
    return index - 1


def full(disk: VirtualDisk, free_bytes: int = 0) -> None:
    disk.capacity_bytes = disk.used_bytes + free_bytes


def test_entries_are_refused_and_terms_and_votes_are_not() -> None:
    disk = VirtualDisk()
    store = begun(disk)
    full(disk)
    last = fill(store)
    assert store.shortage is not None
    assert store.shortage.takes_votes
    assert store.shortage.free_bytes == 0
    for term in range(2, 10):
        store.append((batch(term=term, vote=REPLICA_ID),))
    with pytest.raises(NoSpace):
        store.append((batch(command(last + 1, 9)),))
    store.close()
    disk.kill()
    again = open_store(disk).recovered
    assert again.entries[-1].index == last
    assert again.hard_state.term == 9


def test_when_even_the_reserved_room_is_used_up_it_says_so_and_nothing_is_spoilt() -> None:
    disk = VirtualDisk()
    store = begun(disk, 8 << 20)
    full(disk)
    last = fill(store)
    written = 0
    with pytest.raises(NoSpace):
        for term in range(2, 2 * RESERVED_SECTORS):
            store.append((batch(term=term),))
            written += 1
    assert written >= RESERVED_SECTORS
    assert store.shortage is not None
    assert not store.shortage.takes_votes
    disk.capacity_bytes = None
    store.look_for_space()
    tend(store)
    assert store.shortage is None
    store.append((batch(command(last + 1, 1), term=1000),))


def test_space_is_looked_for_without_writing_and_enough_of_it_ends_the_shortage() -> None:
    disk = VirtualDisk()
    store = begun(disk)
    full(disk)
    last = fill(store)
    shortage = store.shortage
    assert shortage is not None
    before = disk.effect_count
    full(disk, shortage.wanted_bytes - 1)
    for _ in range(10):
        store.look_for_space()
        tend(store)
    assert store.shortage is not None
    assert disk.effect_count == before
    full(disk, shortage.wanted_bytes)
    store.look_for_space()
    tend(store)
    assert store.shortage is None
    store.append((batch(command(last + 1, 1, b"x" * 700)),))
    store.close()
    disk.kill()
    assert open_store(disk).recovered.entries[-1].index == last + 1


def test_the_card_is_found_full_behind_a_batch_before_room_is_needed() -> None:
    disk = VirtualDisk()
    store = begun(disk)
    full(disk)
    index = 2
    while store.shortage is None:
        store.append((batch(command(index, 1)),))
        tend(store)
        index += 1
    # What was on its way when that was found still has room.
    for late in range(index, index + 4):
        store.append((batch(command(late, 1)),))


def test_one_snapshot_finds_room_in_the_reserve_and_the_cut_that_follows_makes_another() -> None:
    disk = VirtualDisk()
    store = begun(disk, 4096)
    for index in range(2, 40):
        store.append((batch(command(index, 1, b"x" * 700)),))
        tend(store)
    for index in (10, 20):
        write(store, Take(meta(index, 1), size_bytes=20_000))
        store.append((noting(meta(index, 1)),))
        tend(store)
    full(disk)
    for index in (25, 30, 35):
        write(store, Take(meta(index, 1), size_bytes=20_000))
        store.append((noting(meta(index, 1)),))
        while store.upkeep_is_due:
            store.upkeep()
            full(disk)  # somebody else takes at once what was freed
        assert store.snapshots()[0] == meta(index, 1)
        assert disk.exists(RESERVE)
    store.close()
    disk.kill()
    again = open_store(disk, 4096)
    assert again.recovered.snapshot == meta(35, 1)
    assert again.recovered.entries[-1].index == 39


def test_what_was_written_over_the_reserve_is_a_snapshot_like_any_other() -> None:
    disk = VirtualDisk()
    store = begun(disk)
    full(disk, 3_000)
    write(store, Take(meta(1, 1), size_bytes=20_000))
    assert not disk.exists(RESERVE)
    store.append((noting(meta(1, 1)),))
    store.close()
    disk.crash(Chance("power"), Tearing.SECTORS)
    recovered = open_store(disk).recovered
    assert recovered.snapshot == meta(1, 1)
    assert recovered.findings == ()


def test_a_snapshot_that_outgrows_the_reserve_is_given_up_and_the_reserve_stays() -> None:
    disk = VirtualDisk()
    store = begun(disk)
    full(disk, 10_000)
    file = store.begin_snapshot(meta(1, 1), received=False)
    with pytest.raises(NoSpace):
        for _ in range(100):
            file.write(b"s" * 20_000)
    file.discard()
    assert disk.list(f"{DIRECTORY}/snapshots") == ["reserve"]
    full(disk)
    write(store, Take(meta(1, 1), size_bytes=20_000))
    store.append((noting(meta(1, 1)),))


def test_the_reserve_follows_the_size_of_the_last_snapshot() -> None:
    disk = VirtualDisk()
    store = begun(disk)
    write(store, Take(meta(1, 1), size_bytes=200_000))
    store.append((noting(meta(1, 1)),))
    tend(store)
    assert len(disk.read(RESERVE)) >= 200_000
    store.close()
    disk.kill()
    store = open_store(disk)
    assert not store.upkeep_is_due


def test_a_start_without_room_for_a_segment_goes_on_in_the_last_one_again_and_again() -> None:
    for cuts_power in (False, True):
        disk = VirtualDisk()
        store = begun(disk)
        full(disk)
        last = fill(store)
        used_bytes = disk.used_bytes
        for term in range(2, 6):
            store.append((batch(term=term, vote=REPLICA_ID),))
            store.close()
            if cuts_power:
                disk.crash(Chance(f"{term}"), Tearing.SECTORS)
                full(disk)
            disk.kill()
            store = open_store(disk)
            assert store.shortage is not None
            assert store.recovered.hard_state.term == term
            assert store.recovered.entries[-1].index == last
        assert disk.used_bytes <= used_bytes
        disk.capacity_bytes = None
        store.look_for_space()
        tend(store)
        store.append((batch(command(last + 1, 5)),))


@pytest.mark.parametrize("restarts", [False, True])
def test_what_could_not_be_begun_on_a_full_card_is_no_place_to_cut_the_log_to(
    restarts: bool,
) -> None:
    disk = VirtualDisk()
    store = begun(disk, 16 * 1024)
    full(disk)
    index = 2
    while store.shortage is None:  # the next segment finds no room, and this one has some
        store.append((batch(command(index, 1)),))
        tend(store)
        index += 1
    if restarts:
        store.close()
        disk.kill()
        store = open_store(disk, 16 * 1024)
    store.append((batch(command(index, 1)),))
    disk.capacity_bytes = None
    store.look_for_space()
    for later in range(index + 1, index + 60):
        store.append((batch(command(later, 1)),))
        tend(store)
    # The log is cut to the older one, and must reach back to it.
    for last in (index - 1, index + 40):
        write(store, Take(meta(last, 1)))
        store.append((noting(meta(last, 1)),))
        tend(store)
    store.close()
    disk.kill()
    disk.rot(f"{DIRECTORY}/snapshots/{index + 40:016d}.snap", 100, 1)
    again = open_store(disk, 16 * 1024).recovered
    assert again.snapshot == meta(index - 1, 1)
    assert again.first_index == index
    assert again.entries[-1].index == index + 59


def test_a_torn_batch_is_cut_off_on_a_full_card_too() -> None:
    for seed in range(60):
        disk = VirtualDisk()
        chance = Chance(f"torn {seed}")
        store = begun(disk)
        store.append((batch(command(2, 1)),))
        full(disk)
        disk.cut_after(chance.below(2))
        with pytest.raises(PowerCut):
            store.append((batch(command(3, 1, b"y" * 5000), term=2),))
        disk.crash(chance, Tearing.SECTORS)
        full(disk)
        store = open_store(disk)
        last = store.recovered.entries[-1].index
        assert last in (2, 3)
        store.append((batch(command(last + 1, 2, b"z" * 600), term=3),))
        store.close()
        disk.kill()
        assert open_store(disk).recovered.entries[-1].command.startswith(b"z" * 600)


def test_a_fresh_directory_without_room_for_its_reserve_is_no_start() -> None:
    disk = VirtualDisk()
    disk.capacity_bytes = RESERVE_BYTES // 2
    with pytest.raises(NoSpace):
        open_store(disk)


# --- no space at every effect of a life -------------------------------------------------------


class Fault:
    """No space, once, at the effect of this number, if it is one that may need some."""

    def __init__(self, disk: MemoryDisk, number: int) -> None:
        self.has_struck = False
        self.operation = ""
        self._disk = disk
        self._number = number
        disk.before_effect = self.strike

    def strike(self, operation: str, path: str) -> None:
        if self.has_struck or len(self._disk.effects) < self._number:
            return
        self.has_struck = True
        self.operation = operation
        if operation not in ("remove", "sync_directory", "truncate"):
            raise NoSpace(f"cannot {operation} {path}: full")


def persist(store: Store, step: Sequence[Batch]) -> None:
    """Append until it is taken, going on as a node does."""
    for _ in range(3):
        try:
            store.append(step)
        except NoSpace:
            assert store.shortage is not None
            store.look_for_space()
            tend(store)
        else:
            return
    raise AssertionError("it does not go on")


def take(store: Store, step: Take) -> None:
    for _ in range(3):
        try:
            write(store, step)
        except NoSpace as error:
            store.met_no_space(error)
            store.look_for_space()
            tend(store)
        else:
            return
    raise AssertionError("it does not go on")


def live(disk: MemoryDisk, steps: tuple[Step, ...], number: int, account: Account) -> bool:
    """Live with no space at effect `number`; whether there are so many."""
    store = open_store(disk, 4096)
    fault = Fault(disk, number + len(disk.effects))
    try:
        for step in steps:
            if isinstance(step, Take):
                take(store, step)
            elif step is not None:
                account.attempted = account.promised.after(step)
                persist(store, step)
                account.promised = account.attempted
                tend(store)
    except StorageFailure:
        # Over zeros that were there: the node ends, and is started again.
        assert fault.operation in ("write", "sync", "rename")
    store.close()
    return fault.has_struck


@pytest.mark.parametrize("steps", [OWN, RECEIVED], ids=["own", "received"])
def test_no_space_at_any_effect_never_leaves_a_half_record(steps: tuple[Step, ...]) -> None:
    number = 0
    has_struck = True
    while has_struck:
        disk, account = MemoryDisk(), Account()
        has_struck = live(disk, steps, number, account)
        after_power = disk.crash(Random(number), 0.5)
        for survivor in (disk.killed(), after_power):
            found = past_of(open_store(survivor, 4096))
            assert found in (account.promised, account.attempted), f"effect {number}"
        number += 1
    assert number > 100
