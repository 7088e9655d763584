"""Power cuts, kills and errors at every effect of lives with snapshots, and while recovering."""

from functools import cache
from random import Random

import pytest

from raftpi.core.ready import Batch
from raftpi.errors import StorageFailure
from tests.storage.memory_disk import MemoryDisk, PowerCut
from tests.storage.script import batch, command, founding
from tests.storage.snapshot_script import (
    LIVES,
    Account,
    Past,
    Take,
    live,
    meta,
    noting,
    open_store,
    past_of,
    write,
)

KEEPS = (0.0, 0.3, 0.5, 0.8, 1.0)
few_or_many = pytest.mark.parametrize(
    "keeps",
    [
        pytest.param((0.0, 0.6), id="few"),
        pytest.param(KEEPS * 2, id="many", marks=pytest.mark.soak),
    ],
)
lives = pytest.mark.parametrize("life", sorted(LIVES))


@cache
def effects_of(life: str) -> int:
    disk = MemoryDisk()
    live(disk, Account(), LIVES[life])
    return len(disk.effects)


def cut_after(life: str, count: int) -> tuple[MemoryDisk, Account]:
    disk = MemoryDisk()
    account = Account()
    disk.cut_after(count)
    with pytest.raises(PowerCut):
        live(disk, account, LIVES[life])
    return disk, account


def more_for(past: Past) -> tuple[Batch, ...]:
    """Something that may be appended next."""
    if not past.last_index:
        return (batch(founding()),)
    return (batch(command(past.last_index + 1, past.hard_state.term)),)


def goes_on(disk: MemoryDisk, past: Past) -> None:
    """The directory opens with this very past, twice; it takes entries and a snapshot."""
    open_store(disk).close()
    store = open_store(disk)
    assert past_of(store) == past
    more = more_for(past)
    store.append(more)
    past = past.after(more)
    last = past.entries[-1]
    newer = meta(last.index, last.term)
    write(store, Take(newer))
    store.append((noting(newer),))
    after = disk.crash(Random(0), 0.0)
    assert past_of(open_store(after)) == past.after((noting(newer),))


@few_or_many
@lives
def test_a_power_cut_at_any_effect_finds_the_state_before_or_after(
    life: str, keeps: tuple[float, ...]
) -> None:
    for count in range(effects_of(life)):
        disk, account = cut_after(life, count)
        for seed, keep in enumerate(keeps):
            after = disk.crash(Random(count * 100 + seed), keep)
            past = past_of(open_store(after))
            assert past in (account.promised, account.attempted), (count, seed)
            # What open has returned is durable: nothing that was only in the cache counts.
            goes_on(after.crash(Random(seed), 0.0), past)


@few_or_many
@lives
def test_a_kill_and_then_a_power_cut_lose_nothing_that_the_second_start_told(
    life: str, keeps: tuple[float, ...]
) -> None:
    for count in range(effects_of(life)):
        disk, account = cut_after(life, count)
        past = past_of(open_store(disk.killed()))
        assert past in (account.promised, account.attempted), count
        for seed, keep in enumerate(keeps):
            goes_on(disk.crash(Random(count * 100 + seed), keep), past)


@lives
def test_an_error_at_any_effect_loses_nothing_promised(life: str) -> None:
    for count in range(effects_of(life)):
        disk = MemoryDisk()
        account = Account()
        disk.fail_after(count, StorageFailure("EIO"))
        with pytest.raises(StorageFailure, match="EIO"):
            live(disk, account, LIVES[life])
        past = past_of(open_store(disk.killed()))
        assert past in (account.promised, account.attempted), count
        goes_on(disk.crash(Random(count), 0.0), past)


@pytest.mark.slow
@pytest.mark.parametrize(
    "step", [pytest.param(11, id="some"), pytest.param(1, id="all", marks=pytest.mark.soak)]
)
@pytest.mark.parametrize("killed", [False, True])
@lives
def test_a_power_cut_at_any_effect_of_a_recovery_from_crashes(
    life: str, killed: bool, step: int
) -> None:
    for count in range(0, effects_of(life), step):
        disk, account = cut_after(life, count)
        random = Random(count)
        inner = 0
        finished = False
        while not finished:
            first = disk.crash(Random(count), 0.5)
            first.cut_after(inner)
            try:
                open_store(first)
                finished = True
            except PowerCut:
                inner += 1
            second = first.killed() if killed else first.crash(random, random.choice(KEEPS))
            past = past_of(open_store(second))
            assert past in (account.promised, account.attempted), (count, inner)
            goes_on(second.crash(random, random.choice(KEEPS)), past)


@lives
def test_what_is_left_of_a_life_is_bounded(life: str) -> None:
    disk = MemoryDisk()
    account = Account()
    live(disk, account, LIVES[life])
    store = open_store(disk)
    assert past_of(store) == account.promised
    kept = [f"{known.index:016d}.snap" for known in store.snapshots()]
    assert disk.list("/data/node/snapshots") == sorted(kept)
    assert len(kept) == 2
