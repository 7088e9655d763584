"""Repairs: what is put back is what was written, and all else stays as it was."""

from random import Random

import pytest

from raftpi.errors import DirectoryRefused, RaftpiError
from raftpi.fsck.inspection import inspect
from raftpi.fsck.repair import repair
from tests.storage.memory_disk import MemoryDisk, PowerCut
from tests.storage.past import newest, with_bytes
from tests.storage.rotten import (
    PATH,
    SECTOR,
    board,
    contents,
    end_of,
    flipped,
    open_board,
    place_of,
    started,
    starts_with,
)
from tests.storage.script import state_of
from tests.storage.test_snapshot_recovery import NEWER, OLDER, rotten, two_kept

IDENTITY = f"{PATH}/identity"


def without_copies(disk: MemoryDisk) -> dict[str, bytes]:
    return {path: data for path, data in contents(disk).items() if "before-repair" not in path}


def is_mended(broken: MemoryDisk, whole: MemoryDisk) -> bool:
    """Whether a repair gives back the very bytes, and keeps those that it changed."""
    before = contents(broken)
    changed = {path for path, data in contents(whole).items() if before.get(path) != data}
    report = repair(broken, PATH, {})
    kept = {one.kept for one in report.done}
    return (
        report.after.exit_code == 0
        and without_copies(broken) == contents(whole)
        and {one.path for one in report.done} == changed
        and all(copy in contents(broken) for copy in kept)
    )


@pytest.mark.parametrize("mask", [0x01, 0xFF])
def test_a_rotten_mark_is_put_back(mask: int) -> None:
    disk, state = board()
    path, at = place_of(disk, b"xxxx")
    for sector in (0, at // SECTOR, at // SECTOR + 1):
        broken = flipped(disk, path, sector * SECTOR + 1, mask=mask)
        assert isinstance(started(broken), RaftpiError)
        assert is_mended(broken, disk)
        assert starts_with(broken, state)


def test_marks_of_several_batches_are_put_back_in_one_go() -> None:
    disk, _ = board()
    path = newest(disk)
    _, end = end_of(disk)
    assert is_mended(flipped(disk, path, *(sector * SECTOR for sector in range(end))), disk)


def test_a_rotten_stamp_of_a_segment_is_put_back() -> None:
    disk, _ = board()
    for offset in range(4, 20):
        assert is_mended(flipped(disk, newest(disk), offset), disk)


def test_a_stray_byte_behind_a_batchs_last_record_is_taken_away() -> None:
    disk, _ = board()
    path, end = end_of(disk)
    assert is_mended(flipped(disk, path, end * SECTOR - 1), disk)


@pytest.mark.parametrize("place", [0, 4, 100, 511])
def test_a_stray_byte_beyond_the_end_is_taken_away(place: int) -> None:
    disk, _ = board()
    path, end = end_of(disk)
    for sector in (end, end + 1):
        if sector * SECTOR < len(disk.read(path)):
            assert is_mended(flipped(disk, path, sector * SECTOR + place, mask=0x10), disk)


def test_two_stray_bytes_beyond_the_end_may_be_a_lost_batch_and_stay() -> None:
    disk, _ = board()
    path, end = end_of(disk)
    stays(flipped(disk, path, end * SECTOR + 7, end * SECTOR + 40))


def test_a_byte_that_is_near_to_a_mark_stays() -> None:
    disk, _ = board()
    path, end = end_of(disk)
    data = bytearray(disk.read(path))
    # Of the mark three bytes are as a batch would have them: more is lost than one byte.
    data[end * SECTOR : end * SECTOR + 3] = data[:3]
    stays(with_bytes(disk, path, bytes(data)))


def test_a_stray_byte_beside_a_batch_that_cannot_be_put_back_stays() -> None:
    disk, _ = board()
    path, end = end_of(disk)
    stays(flipped(disk, path, 30, 31, end * SECTOR + 7))


def stays(broken: MemoryDisk) -> None:
    """A repair changes nothing, and the node refuses as before."""
    before = contents(broken)
    refusal = str(started(broken))
    report = repair(broken, PATH, {})
    assert report.done == ()
    assert report.after.exit_code == 12
    assert {k: v for k, v in contents(broken).items() if k in before} == before
    assert str(started(broken)) == refusal


def test_a_rotten_header_stays() -> None:
    disk, _ = board()
    path, at = place_of(disk, b"zzzz")
    # Term and vote stand in headers: nothing is guessed.
    stays(flipped(disk, path, at - 30, at - 20, at - 10))


def test_a_rotten_payload_without_a_copy_stays() -> None:
    disk, _ = board()
    path, at = place_of(disk, b"zzzz")
    stays(flipped(disk, path, at))


def test_a_rotten_payload_that_the_directory_holds_twice_is_put_back() -> None:
    """A start logs the last batch again in a new segment, and the old one may still be there."""
    disk, _ = board()
    path, at = place_of(disk, b"zzzz")
    twice = with_bytes(disk, f"{PATH}/log/0000000000000077.tmp", b"")
    copy = disk.read(path)
    broken = flipped(disk, path, at, at + 30)
    # Another replica's generation would not do: a copy of the file by an older name is void here.
    name = f"{PATH}/log/{0:016d}.wal"
    twice = with_bytes(broken, name, copy)
    report = repair(twice, PATH, {})
    assert [one.path for one in report.done] == [path]
    assert twice.read(path) == disk.read(path)


@pytest.mark.parametrize("offset", [0, 9, 17, 21, 30, 40, 50, 58, -1])
def test_a_rotten_identity_is_put_back_as_the_segments_tell_it(offset: int) -> None:
    disk, state = board()
    broken = flipped(disk, IDENTITY, offset)
    assert isinstance(started(broken), RaftpiError)
    assert is_mended(broken, disk)
    assert starts_with(broken, state)


def test_a_rotten_identity_beside_a_missing_newest_segment_stays() -> None:
    """What it said is that more was there: an identity that fits the rest would hide it."""
    disk, _ = board()
    for offset in (9, 30, 50, -1):
        broken = flipped(disk, IDENTITY, offset)
        broken.remove(newest(broken))
        stays(broken)


def test_an_identity_that_is_somebody_elses_stays() -> None:
    disk, _ = board()
    other, _ = board(77)
    stays(with_bytes(disk, IDENTITY, other.read(IDENTITY)))
    stays(with_bytes(disk, IDENTITY, other.read(IDENTITY)[:-1]))


def test_a_missing_identity_stays_missing() -> None:
    disk, _ = board()
    disk.remove(IDENTITY)
    stays(disk)


@pytest.mark.parametrize("path", [NEWER, OLDER])
def test_a_rotten_snapshot_that_is_not_needed_is_taken_out_of_the_way(path: str) -> None:
    disk, _ = two_kept()
    broken = rotten(disk, path)
    report = repair(broken, PATH, {})
    assert [one.path for one in report.done] == [path]
    assert report.after.exit_code == 0
    assert broken.read(report.done[0].kept) == rotten(disk, path).read(path)
    assert not broken.exists(path)


def test_a_rotten_snapshot_that_is_needed_stays() -> None:
    disk, _ = two_kept()
    broken = rotten(rotten(disk, OLDER), NEWER)
    first = f"{PATH}/log/0000000000000001.wal"
    if broken.exists(first):
        broken.remove(first)
    before = contents(broken)
    report = repair(broken, PATH, {})
    assert report.done == ()
    assert contents(broken).items() >= before.items()


def test_unfinished_files_are_removed() -> None:
    disk, _ = board()
    names = ("log/0000000000000009.new", "snapshots/0000000000000004-own.new", "identity.new")
    broken = disk
    for name in names:
        broken = with_bytes(broken, f"{PATH}/{name}", b"half")
    assert inspect(broken, PATH).exit_code == 0
    report = repair(broken, PATH, {})
    assert {one.path for one in report.done} == {f"{PATH}/{name}" for name in names}
    assert without_copies(broken) == contents(disk)


def test_what_is_set_aside_half_way_is_left_to_rejoin() -> None:
    disk, _ = board()
    disk.make_directory(f"{PATH}/set-aside-1.unfinished")
    path, at = place_of(disk, b"xxxx")
    broken = flipped(disk, path, at - at % SECTOR)
    if not broken.exists(f"{PATH}/set-aside-1.unfinished"):
        broken.make_directory(f"{PATH}/set-aside-1.unfinished")
    report = repair(broken, PATH, {})
    assert (report.done, report.after.exit_code) == ((), 12)
    assert "raftpi rejoin" in report.after.verdict.text


def test_a_directory_in_use_is_refused() -> None:
    disk, _ = board()
    store = open_board(disk)
    with pytest.raises(DirectoryRefused):
        repair(disk, PATH, {})
    store.close()


def test_what_is_no_data_directory_is_refused_and_not_touched() -> None:
    disk = MemoryDisk()
    disk.make_directory("/home")
    with pytest.raises(DirectoryRefused, match="/home"):
        repair(disk, "/home", {})
    assert disk.list("/home") == []


def test_a_second_repair_finds_nothing_to_do() -> None:
    disk, _ = board()
    path, at = place_of(disk, b"xxxx")
    broken = flipped(disk, path, at - at % SECTOR)
    assert repair(broken, PATH, {}).done
    before = contents(broken)
    assert repair(broken, PATH, {}).done == ()
    assert contents(broken) == before


def test_a_start_after_a_repair_finds_nothing_to_tell() -> None:
    disk, state = board()
    path, at = place_of(disk, b"xxxx")
    broken = flipped(flipped(disk, path, at - at % SECTOR), IDENTITY, 30)
    assert repair(broken, PATH, {}).after.exit_code == 0
    store = open_board(broken)
    assert (state_of(store.recovered), store.recovered.findings) == (state, ())
    store.close()
    assert inspect(broken, PATH).exit_code == 0


def test_a_crash_at_any_moment_of_a_repair_leaves_a_directory_that_a_repair_mends() -> None:
    disk, state = board()
    path, at = place_of(disk, b"xxxx")
    _, end = end_of(disk)
    broken = flipped(disk, path, at - at % SECTOR)
    broken = flipped(broken, newest(disk), end * SECTOR - 1)
    broken = flipped(broken, IDENTITY, 30)
    trial = broken.copy()
    repair(trial, PATH, {})
    effects = len(trial.effects)
    assert effects > 10
    for count in range(effects):
        for seed, keep in enumerate((0.0, 0.5, 1.0)):
            torn = broken.copy()
            torn.cut_after(count)
            with pytest.raises(PowerCut):
                repair(torn, PATH, {})
            after = torn.crash(Random(seed), keep)
            outcome = started(after)
            if not isinstance(outcome, RaftpiError):
                assert state_of(outcome) == state
            report = repair(after, PATH, {})
            assert report.after.exit_code == 0, (count, keep)
            assert without_copies(after) == contents(disk)


def test_one_wrong_byte_in_a_header_is_put_back_where_a_payload_proves_it() -> None:
    disk, state = board()
    path, at = place_of(disk, b"zzzz")
    # Of the entry; of the segment's head; of its batch start, header and payload.
    for offset in (at - 20, 4 + 16 + 48 + 9, 4 + 16 + 8, 4 + 16 + 32 + 4):
        broken = flipped(disk, path, offset, mask=0x44)
        assert isinstance(started(broken), RaftpiError)
        assert is_mended(broken, disk)
        assert starts_with(broken, state)


def test_a_rotten_term_and_vote_stay() -> None:
    disk, _ = board()
    path, end = end_of(disk)
    # The last batch holds nothing else: its start takes 48 bytes behind the mark.
    for offset in range(4 + 48, 4 + 48 + 32):
        stays(flipped(disk, path, (end - 1) * SECTOR + offset))
