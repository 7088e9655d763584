"""What a look at a directory reports: every file, every damage, and how a node would start."""

import zlib
from itertools import pairwise
from typing import NoReturn

import pytest

from raftpi.errors import DamagedData, DirectoryRefused, StorageFailure
from raftpi.fsck.advice import Remedy
from raftpi.fsck.inspection import Inspection, inspect
from raftpi.fsck.log_inspection import Standing
from raftpi.storage.finding import DamageKind
from tests.storage.memory_disk import MemoryDisk
from tests.storage.past import newest, with_bytes
from tests.storage.rotten import (
    PATH,
    SECTOR,
    board,
    end_of,
    flipped,
    open_board,
    place_of,
    started,
    zeroed,
)
from tests.storage.script import REPLICA_ID, batch, command
from tests.storage.test_snapshot_recovery import NEWER, OLDER, rotten, two_kept

FIRST = f"{PATH}/log/0000000000000001.wal"


def places(found: Inspection) -> list[tuple[str, DamageKind, Remedy]]:
    return [(place.path, place.damage.kind, place.remedy) for place in found.damages]


def test_a_whole_directory_is_clean_and_told_segment_by_segment() -> None:
    disk, _ = board()
    found = inspect(disk, PATH)
    assert (found.exit_code, found.verdict.starts, found.damages) == (0, True, ())
    assert found.owner is not None
    assert (found.owner.replica_id, found.owner.node_id, found.owner.name) == (REPLICA_ID, 1, "pi1")
    assert {segment.standing for segment in found.segments} == {Standing.COUNTS}
    ranges = [(one.first_index, one.last_index) for one in found.segments if one.last_index]
    assert (ranges[0][0], ranges[-1][1]) == (1, 7)
    assert all(before[1] + 1 == after[0] for before, after in pairwise(ranges))
    last = found.segments[-1]
    assert last.hard_state is not None
    assert (last.hard_state.term, last.hard_state.voted_for) == (3, REPLICA_ID)
    assert last.end_offset == end_of(disk)[1] * SECTOR


def test_looking_changes_nothing_and_needs_no_lock() -> None:
    disk, _ = board()
    path, at = place_of(disk, b"zzzz")
    broken = flipped(disk, path, at)
    store = open_board(disk)
    inspect(disk, PATH)
    inspect(broken, PATH)
    assert broken.effects == []
    store.close()


def test_a_torn_tail_is_clean_with_a_word_on_what_a_start_does() -> None:
    disk, _ = board()
    store = open_board(disk)
    store.append((batch(command(8, 3, b"t" * 900)),))
    store.close()
    path, end = end_of(disk)
    found = inspect(zeroed(disk, path, end - 1), PATH)
    assert (found.exit_code, found.verdict.starts) == (0, True)
    assert "after cutting off a torn batch" in found.verdict.text
    assert f"{path} at offset {(end - 2) * SECTOR}" in found.verdict.text


def test_a_tail_that_is_torn_or_rotten_is_told_with_its_price() -> None:
    disk, _ = board()
    store = open_board(disk)
    store.append((batch(command(8, 3, b"t" * 1400)),))
    store.close()
    path, end = end_of(disk)
    found = inspect(flipped(zeroed(disk, path, end - 1), path, (end - 2) * SECTOR), PATH)
    assert (found.exit_code, found.verdict.starts) == (0, True)
    assert "it does not vote until" in found.verdict.text


def test_all_damage_is_shown_and_the_verdict_is_on_the_first() -> None:
    disk, _ = board()
    broken = disk
    for piece in (b"wwww", b"xxxx", b"yyyy", b"zzzz"):
        path, at = place_of(disk, piece)
        broken = flipped(broken, path, at + 60)
    found = inspect(broken, PATH)
    assert found.exit_code == DamagedData.exit_code
    texts = [place.damage.text for place in found.damages]
    assert [any(f"entry {index} " in text for text in texts) for index in (3, 5, 6, 7)] == [
        True,
        True,
        True,
        True,
    ]
    assert len(texts) == 4
    assert {place.remedy for place in found.damages} == {Remedy.PEER}
    first = found.damages[0]
    assert found.verdict.path == first.path
    assert f"at offset {first.damage.offset}" in found.verdict.text
    assert str(started(broken)) == found.verdict.text
    assert first.remedy.command(PATH) == f"raftpi fsck --repair --from PEER {PATH}"


def test_behind_an_unreadable_batch_the_next_ones_are_looked_at() -> None:
    disk, _ = board()
    path, at = place_of(disk, b"wwww")
    configured = 4 * SECTOR + 100
    # The start of the batch before is rotten, and so is a payload in that behind it.
    broken = flipped(disk, path, SECTOR + 8, SECTOR + 9, configured)
    found = inspect(broken, PATH)
    assert at // SECTOR == 1
    assert [(place.damage.offset // SECTOR, place.remedy) for place in found.damages] == [
        (1, Remedy.REJOIN),
        (4, Remedy.ALONE),
    ]
    assert found.segments[0].last_index == 4


def test_a_batch_that_is_gone_from_the_middle_is_damage_that_no_peer_mends() -> None:
    disk, _ = board()
    path, at = place_of(disk, b"zzzz")
    broken = zeroed(disk, path, at // SECTOR)
    found = inspect(broken, PATH)
    assert found.exit_code == 12
    assert Remedy.REJOIN in {place.remedy for place in found.damages}
    assert found.damages[0].remedy.command(PATH) == "raftpi rejoin"


def test_rot_in_the_newest_snapshot_is_damage_though_the_node_starts() -> None:
    disk, _ = two_kept()
    found = inspect(rotten(disk, NEWER), PATH)
    assert found.verdict.starts
    assert found.exit_code == 12
    assert places(found) == [(NEWER, DamageKind.PAYLOAD, Remedy.ALONE)]
    assert [snapshot.is_newest for snapshot in found.snapshots] == [True, False]


def test_rot_in_the_older_snapshot_is_seen_though_no_start_reads_it() -> None:
    disk, _ = two_kept()
    found = inspect(rotten(disk, OLDER), PATH)
    assert found.verdict.starts
    assert places(found) == [(OLDER, DamageKind.PAYLOAD, Remedy.ALONE)]


def test_rot_in_both_snapshots_is_told_of_both() -> None:
    disk, _ = two_kept()
    broken = rotten(rotten(disk, OLDER), NEWER)
    if broken.exists(FIRST):
        broken.remove(FIRST)  # the cut comes to it sooner or later
    found = inspect(broken, PATH)
    assert not found.verdict.starts
    assert {place.path for place in found.damages} == {NEWER, OLDER}
    assert all(place.remedy is not Remedy.ALONE for place in found.damages)


def test_a_missing_snapshot_that_the_log_makes_good_is_a_note() -> None:
    disk, _ = two_kept()
    disk.remove(NEWER)
    found = inspect(disk, PATH)
    assert found.exit_code == 0
    assert [(note.kind, note.path) for note in found.notes] == [("rotten-snapshot", NEWER)]


def test_files_without_state_are_listed_and_what_was_set_aside_is_not_looked_into() -> None:
    disk, _ = board()
    extra = {
        f"{PATH}/log/0000000000000009.new": "unfinished",
        f"{PATH}/log/torn-1-2.bin": "power cut",
        f"{PATH}/snapshots/0000000000000004-own.new": "unfinished",
        f"{PATH}/snapshots/holiday.jpg": "not a file of raftpi",
        f"{PATH}/notes.txt": "not a file of raftpi",
    }
    for path in extra:
        disk = with_bytes(disk, path, b"anything")
    disk.make_directory(f"{PATH}/set-aside-1")
    extra[f"{PATH}/set-aside-1"] = "set aside"
    found = inspect(disk, PATH)
    assert found.exit_code == 0
    told = dict(found.files)
    assert {path for path, what in told.items() if extra[path] in what} == set(extra)


def test_a_card_that_can_only_be_read_is_looked_at_all_the_same() -> None:
    class ReadOnly(MemoryDisk):
        def open(self, path: str) -> NoReturn:
            raise StorageFailure(f"cannot open {path}: Read-only file system")

    disk, _ = two_kept()
    read_only = ReadOnly()
    read_only.names, read_only.durable_names = disk.names, disk.durable_names
    found = inspect(read_only, PATH)
    assert (found.exit_code, found.verdict.starts, found.failures) == (0, True, ())
    assert [snapshot.size_bytes > 0 for snapshot in found.snapshots] == [True, True]


def test_a_card_that_does_not_give_a_segment_is_an_io_error_and_the_others_are_told() -> None:
    class Failing(MemoryDisk):
        def read(self, path: str, offset_bytes: int = 0, length_bytes: int | None = None) -> bytes:
            if path == FIRST:
                raise StorageFailure(f"cannot read {path}: Input/output error")
            return super().read(path, offset_bytes, length_bytes)

    disk, _ = board()
    failing = Failing()
    failing.names, failing.durable_names = disk.names, disk.durable_names
    found = inspect(failing, PATH)
    assert found.exit_code == StorageFailure.exit_code
    assert [FIRST in failure for failure in found.failures] == [True]
    assert found.segments[-1].last_index == 7


def test_a_segment_of_another_replica_is_named_and_not_taken_for_rot() -> None:
    disk, _ = board()
    other, _ = board(77)
    found = inspect(with_bytes(disk, newest(disk), other.read(newest(disk))), PATH)
    assert found.exit_code == 12
    assert (found.damages[0].path, found.damages[0].damage.kind) == (
        newest(disk),
        DamageKind.FOREIGN,
    )
    assert found.damages[0].remedy is Remedy.REJOIN


def test_a_missing_newest_segment_is_damage() -> None:
    disk, _ = board()
    gone = newest(disk)
    disk.remove(gone)
    found = inspect(disk, PATH)
    assert found.exit_code == 12
    assert places(found)[0] == (gone, DamageKind.MISSING, Remedy.REJOIN)


def test_what_is_no_data_directory_is_refused() -> None:
    disk, _ = board()
    disk.make_directory("/home")
    for path in ("/home", "/nowhere"):
        with pytest.raises(DirectoryRefused, match=path):
            inspect(disk, path)


def test_a_directory_that_was_locked_and_no_more_is_a_fresh_one() -> None:
    disk = MemoryDisk()
    disk.make_directory("/data")
    disk.make_directory(PATH)
    disk.create(f"{PATH}/lock").close()
    found = inspect(disk, PATH)
    assert (found.exit_code, found.owner, found.segments) == (0, None, ())


def test_a_newer_version_ends_with_its_own_code() -> None:
    disk, _ = board()
    path = newest(disk)
    data = bytearray(disk.read(path))
    data[4 + 8] = 9
    data[4 + 12 : 4 + 16] = zlib.crc32(bytes(data[4:16])).to_bytes(4, "little")
    found = inspect(with_bytes(disk, path, bytes(data)), PATH)
    assert found.exit_code == 15
