"""Power cuts and kills at every effect of a scripted life, and again while recovering."""

from contextlib import suppress
from functools import cache
from random import Random

import pytest

from raftpi.core.ready import Batch
from raftpi.errors import StorageFailure
from tests.storage.memory_disk import MemoryDisk, PowerCut
from tests.storage.script import (
    Account,
    State,
    batch,
    command,
    founding,
    live,
    open_store,
    state_of,
)

SEGMENT_BYTES = 4096
KEEPS = (0.0, 0.3, 0.5, 0.8, 1.0)


@cache
def effects_of_a_life() -> int:
    disk = MemoryDisk()
    live(disk, Account(), segment_bytes=SEGMENT_BYTES)
    return len(disk.effects)


def life_cut_after(count: int) -> tuple[MemoryDisk, Account]:
    disk = MemoryDisk()
    account = Account()
    disk.cut_after(count)
    with pytest.raises(PowerCut):
        live(disk, account, segment_bytes=SEGMENT_BYTES)
    return disk, account


def more_for(state: State) -> tuple[Batch, ...]:
    """Something that may be appended next."""
    if not state.entries:
        return (batch(founding()),)
    return (batch(command(len(state.entries) + 1, state.hard_state.term)),)


def goes_on(disk: MemoryDisk, state: State) -> None:
    """The directory opens with this very state, again and again, and takes more."""
    for _ in range(2):
        store = open_store(disk, segment_bytes=SEGMENT_BYTES)
        assert state_of(store.recovered) == state
        store.close()
    store = open_store(disk, segment_bytes=SEGMENT_BYTES)
    more = more_for(state)
    store.append(more)
    after = disk.crash(Random(0), 0.0)
    found = open_store(after, segment_bytes=SEGMENT_BYTES)
    assert state_of(found.recovered) == state.after(more)


def test_a_power_cut_at_any_effect_loses_nothing_promised_and_invents_nothing() -> None:
    for count in range(effects_of_a_life()):
        disk, account = life_cut_after(count)
        for seed, keep in enumerate(KEEPS * 2):
            after = disk.crash(Random(count * 100 + seed), keep)
            store = open_store(after, segment_bytes=SEGMENT_BYTES)
            state = state_of(store.recovered)
            assert state in (account.promised, account.attempted), (count, seed)
            # What open has returned is durable: nothing that was only in the cache counts.
            goes_on(after.crash(Random(seed), 0.0), state)


def test_a_kill_and_then_a_power_cut_lose_nothing_that_the_second_start_told() -> None:
    """After a kill the page cache lives on: what a start reads there is not yet on the card."""
    for count in range(effects_of_a_life()):
        disk, account = life_cut_after(count)
        store = open_store(disk.killed(), segment_bytes=SEGMENT_BYTES)
        state = state_of(store.recovered)
        assert state in (account.promised, account.attempted), count
        for seed, keep in enumerate(KEEPS):
            goes_on(disk.crash(Random(count * 100 + seed), keep), state)
        # What the second start takes in is durable, whatever the first one left unsynced.
        more = more_for(state)
        store.append(more)
        goes_on(disk.crash(Random(count), 0.0), state.after(more))


def test_an_error_at_any_effect_stops_the_store_and_loses_nothing_promised() -> None:
    for count in range(effects_of_a_life()):
        disk = MemoryDisk()
        account = Account()
        disk.fail_after(count, StorageFailure("EIO"))
        with pytest.raises(StorageFailure, match="EIO"):
            live(disk, account, segment_bytes=SEGMENT_BYTES)
        store = open_store(disk.killed(), segment_bytes=SEGMENT_BYTES)
        state = state_of(store.recovered)
        assert state in (account.promised, account.attempted), count
        goes_on(disk.crash(Random(count), 0.0), state)


@pytest.mark.slow
@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("killed", [False, True])
def test_a_power_cut_at_any_effect_of_a_recovery_from_any_crash(killed: bool, step: int) -> None:
    for count in range(0, effects_of_a_life(), step):
        disk, account = life_cut_after(count)
        random = Random(count)
        inner = 0
        finished = False
        while not finished:
            first = disk.crash(Random(count), 0.5)
            first.cut_after(inner)
            try:
                open_store(first, segment_bytes=SEGMENT_BYTES)
                finished = True
            except PowerCut:
                inner += 1
            second = first.killed() if killed else first.crash(random, random.choice(KEEPS))
            store = open_store(second, segment_bytes=SEGMENT_BYTES)
            state = state_of(store.recovered)
            assert state in (account.promised, account.attempted), (count, inner)
            goes_on(second.crash(random, random.choice(KEEPS)), state)


def test_many_crashes_in_a_row_while_starting() -> None:
    for seed in range(300):
        random = Random(seed)
        disk, account = life_cut_after(random.randrange(effects_of_a_life()))
        for _ in range(6):
            kill = random.random() < 0.5
            disk = disk.killed() if kill else disk.crash(random, random.choice(KEEPS))
            disk.cut_after(random.randrange(12))
            with suppress(PowerCut):
                open_store(disk, segment_bytes=SEGMENT_BYTES)
        disk = disk.crash(random, random.choice(KEEPS))
        store = open_store(disk, segment_bytes=SEGMENT_BYTES)
        state = state_of(store.recovered)
        assert state in (account.promised, account.attempted), seed
        goes_on(disk.crash(random, 0.0), state)
