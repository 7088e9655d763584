"""The virtual disk against its fault model: what is synced stays, what is not may be lost."""

from collections import Counter

import pytest

from raftpi.errors import DirectoryRefused, NoSpace, StorageFailure
from raftpi.sim.chance import Chance
from raftpi.sim.disk import PowerCut, VirtualDisk
from raftpi.sim.tearing import PAGE_BYTES, SECTOR_BYTES, Tearing
from raftpi.storage.disk import Disk

OLD, NEW = b"o" * SECTOR_BYTES, b"n" * SECTOR_BYTES
HARMLESS = (Tearing.SECTORS, Tearing.PAGES)


def disk_with(data: bytes) -> VirtualDisk:
    """One durable file /f."""
    disk = VirtualDisk()
    file = disk.create("/f")
    file.write_at(0, data)
    file.sync()
    disk.sync_directory("/")
    return disk


def test_it_is_a_disk_of_the_storage() -> None:
    disk: Disk = VirtualDisk()
    assert disk.exists("/")
    assert disk.list("/") == []


@pytest.mark.parametrize("tearing", HARMLESS)
def test_what_was_synced_survives_every_crash(tearing: Tearing) -> None:
    for seed in range(50):
        disk = disk_with(OLD * 20)
        file = disk.open("/f")
        file.write_at(20 * SECTOR_BYTES, NEW * 9)
        disk.crash(Chance(f"crash {seed}"), tearing)
        assert disk.read("/f")[: 20 * SECTOR_BYTES] == OLD * 20
        assert not disk.harmed


def test_a_crash_keeps_any_subset_of_the_sectors_that_were_not_synced() -> None:
    seen: Counter[str] = Counter()
    for seed in range(400):
        disk = disk_with(OLD * 3)
        disk.open("/f").write_at(0, NEW * 3)
        disk.crash(Chance(f"crash {seed}"), Tearing.SECTORS)
        data = disk.read("/f")
        sectors = [data[at : at + SECTOR_BYTES] for at in range(0, len(data), SECTOR_BYTES)]
        assert all(sector in (OLD, NEW) for sector in sectors)
        seen["".join(chr(sector[0]) for sector in sectors)] += 1
    assert len(seen) == 8, f"of eight outcomes only {sorted(seen)} were met"


def test_writes_are_lost_whatever_their_order() -> None:
    kept: set[tuple[bool, bool]] = set()
    for seed in range(200):
        disk = disk_with(OLD * 2)
        file = disk.open("/f")
        file.write_at(0, NEW)
        file.write_at(SECTOR_BYTES, NEW)
        disk.crash(Chance(f"crash {seed}"), Tearing.SECTORS)
        data = disk.read("/f")
        kept.add((data[:SECTOR_BYTES] == NEW, data[SECTOR_BYTES:] == NEW))
    assert kept == {(False, False), (False, True), (True, False), (True, True)}


def test_pages_come_back_old_new_or_mixed() -> None:
    seen: set[str] = set()
    for seed in range(300):
        disk = disk_with(OLD * 8)
        disk.open("/f").write_at(0, NEW * 8)
        disk.crash(Chance(f"crash {seed}"), Tearing.PAGES)
        data = disk.read("/f")
        count = sum(
            data[at : at + SECTOR_BYTES] == NEW for at in range(0, PAGE_BYTES, SECTOR_BYTES)
        )
        seen.add("old" if count == 0 else "new" if count == 8 else "mixed")
    assert seen == {"old", "new", "mixed"}


def test_a_harmful_card_may_destroy_what_was_durable_and_says_so() -> None:
    harmed = 0
    for seed in range(300):
        disk = disk_with(OLD * 4)
        disk.open("/f").write_at(4 * SECTOR_BYTES, NEW)
        disk.crash(Chance(f"crash {seed}"), Tearing.HARMFUL_PAGES)
        lost = disk.read("/f")[: 4 * SECTOR_BYTES] != OLD * 4
        assert lost == disk.harmed
        harmed += lost
    assert harmed > 0


def test_a_name_may_be_lost_until_its_directory_was_synced() -> None:
    found: set[bool] = set()
    for seed in range(50):
        disk = VirtualDisk()
        file = disk.create("/f")
        file.write_at(0, OLD)
        file.sync()
        disk.crash(Chance(f"crash {seed}"), Tearing.SECTORS)
        found.add(disk.exists("/f"))
    assert found == {True, False}
    disk = disk_with(OLD)
    disk.crash(Chance("crash"), Tearing.SECTORS)
    assert disk.read("/f") == OLD


def test_a_rename_and_a_removal_may_come_undone_until_the_directory_was_synced() -> None:
    found: set[tuple[str, ...]] = set()
    for seed in range(80):
        disk = disk_with(OLD)
        disk.rename("/f", "/g")
        disk.crash(Chance(f"crash {seed}"), Tearing.SECTORS)
        found.add(tuple(disk.list("/")))
    assert found == {("f",), ("g",)}
    disk = disk_with(OLD)
    disk.remove("/f")
    disk.sync_directory("/")
    disk.crash(Chance("crash"), Tearing.SECTORS)
    assert disk.list("/") == []


def test_files_are_lost_with_the_directory_in_which_they_stand() -> None:
    for seed in range(50):
        disk = VirtualDisk()
        disk.make_directory("/d")
        disk.create("/d/f").sync()
        disk.sync_directory("/d")
        disk.crash(Chance(f"crash {seed}"), Tearing.SECTORS)
        assert disk.exists("/d") == disk.exists("/d/f")


def test_a_kill_loses_nothing_and_releases_the_lock() -> None:
    disk = disk_with(OLD)
    disk.lock("/lock")
    with pytest.raises(DirectoryRefused):
        disk.lock("/lock")
    disk.open("/f").write_at(0, NEW)
    disk.kill()
    assert disk.read("/f") == NEW
    disk.lock("/lock").release()
    disk.lock("/lock")


def test_the_power_can_be_cut_before_any_effect() -> None:
    for count in range(4):
        disk = VirtualDisk()
        disk.cut_after(count)
        with pytest.raises(PowerCut):
            file = disk.create("/f")
            file.write_at(0, OLD)
            file.sync()
            disk.sync_directory("/")
            disk.rename("/f", "/g")
        assert disk.effect_count == count


def test_a_failed_sync_drops_what_it_was_to_make_durable_for_ever() -> None:
    lost = 0
    for seed in range(60):
        disk = disk_with(OLD * 4)
        file = disk.open("/f")
        file.write_at(0, NEW * 4)
        disk.fail_syncs(1, Chance(f"drop {seed}"))
        with pytest.raises(StorageFailure, match="sync /f"):
            file.sync()
        file.sync()
        disk.crash(Chance(f"crash {seed}"), Tearing.SECTORS)
        lost += disk.read("/f") != NEW * 4
    assert lost > 30


def test_where_space_ends_a_write_is_short_and_fails() -> None:
    disk = VirtualDisk()
    disk.capacity_bytes = 1000
    file = disk.create("/f")
    file.write_at(0, bytes(800))
    with pytest.raises(NoSpace):
        file.write_at(800, b"x" * 400)
    assert disk.size("/f") == 1000
    file.write_at(0, b"y" * 1000)
    disk.remove("/f")
    disk.create("/g").write_at(0, bytes(1000))


def test_rot_changes_what_is_read_and_what_is_durable() -> None:
    disk = disk_with(OLD)
    disk.rot("/f", 10, 0x01)
    disk.crash(Chance("crash"), Tearing.SECTORS)
    assert disk.read("/f", 9, 3) == b"ono"


def test_what_cannot_be_is_refused() -> None:
    disk = disk_with(OLD)
    for attempt in (
        lambda: disk.create("/f"),
        lambda: disk.open("/none"),
        lambda: disk.list("/none"),
        lambda: disk.make_directory("/f"),
        lambda: disk.read("/none"),
    ):
        with pytest.raises(StorageFailure):
            attempt()
