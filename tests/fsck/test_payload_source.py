"""Rotten payloads refilled from a peer's files: by index, term and checksum, or not at all."""

from collections.abc import Collection
from dataclasses import dataclass, field

import pytest

from raftpi.core.entry import Entry
from raftpi.errors import DirectoryRefused, RaftpiError
from raftpi.fsck.inspection import inspect
from raftpi.fsck.payload_source import DirectoryPayloads, PayloadSource, gather
from raftpi.fsck.repair import RepairReport, repair
from raftpi.payload import pack_payload
from raftpi.storage.record import RecordHeader
from raftpi.storage.store import Store
from tests.storage.memory_disk import MemoryDisk
from tests.storage.past import newest
from tests.storage.rotten import (
    OTHER_REPLICA_ID,
    PATH,
    SECTOR,
    SEGMENT_BYTES,
    board,
    contents,
    flipped,
    open_board,
    place_of,
    started,
    starts_with,
    zeroed,
)
from tests.storage.script import batch, command, founding

PIECES = (b"wwww", b"xxxx", b"yyyy", b"zzzz")


def refill(broken: MemoryDisk, *peers: PayloadSource) -> RepairReport:
    found = inspect(broken, PATH)
    cluster_id = found.owner.cluster_id if found.owner is not None else 0
    return repair(broken, PATH, gather(peers, found.lost, cluster_id))


def peer_of(disk: MemoryDisk) -> DirectoryPayloads:
    return DirectoryPayloads(disk, PATH)


def log_of(disk: MemoryDisk) -> dict[str, bytes]:
    return {path: data for path, data in contents(disk).items() if path.endswith(".wal")}


def test_several_rotten_entries_are_refilled_from_a_peer_in_one_go() -> None:
    disk, state = board()
    other, _ = board(OTHER_REPLICA_ID)
    broken = disk
    for piece in PIECES:
        path, at = place_of(disk, piece)
        broken = flipped(broken, path, at, at + 100, mask=0xFF)
    assert isinstance(started(broken), RaftpiError)
    assert refill(broken, peer_of(other)).after.exit_code == 0
    assert log_of(broken) == log_of(disk)
    assert starts_with(broken, state)


def test_a_payload_over_several_sectors_with_rotten_marks_in_it_is_refilled() -> None:
    disk, state = board()
    other, _ = board(OTHER_REPLICA_ID)
    path, at = place_of(disk, b"xxxx")
    second = (at // SECTOR + 1) * SECTOR
    broken = flipped(disk, path, at + 10, second + 1, second + SECTOR + 2, second + SECTOR + 90)
    assert refill(broken, peer_of(other)).after.exit_code == 0
    assert log_of(broken) == log_of(disk)
    assert starts_with(broken, state)


def test_a_lost_sector_in_the_midst_of_a_payload_is_refilled() -> None:
    disk, state = board()
    other, _ = board(OTHER_REPLICA_ID)
    path, at = place_of(disk, b"wwww")
    broken = zeroed(disk, path, at // SECTOR + 1)
    assert isinstance(started(broken), RaftpiError)
    assert refill(broken, peer_of(other)).after.exit_code == 0
    assert starts_with(broken, state)


def test_a_rotten_configuration_is_refilled_where_it_was_logged_and_where_it_is_repeated() -> None:
    disk, state = board()
    other, _ = board(OTHER_REPLICA_ID)
    configured = next(entry for entry in state.entries if entry.index == 4)
    payload = pack_payload(configured)
    broken = disk
    for path, data in log_of(disk).items():
        at = data.find(payload)
        if at >= 0:
            broken = flipped(broken, path, at + 3)
    assert len({*log_of(broken).items()} - {*log_of(disk).items()}) > 1
    assert refill(broken, peer_of(other)).after.exit_code == 0
    assert starts_with(broken, state)


def test_two_boards_with_rot_in_different_places_heal_each_other() -> None:
    disk, state = board()
    other, other_state = board(OTHER_REPLICA_ID)
    broken = flipped(disk, *place_of(disk, b"xxxx"))
    other_broken = flipped(other, *place_of(other, b"zzzz"))
    assert isinstance(started(other_broken), RaftpiError)
    assert refill(broken, peer_of(other_broken)).after.exit_code == 0
    assert refill(other_broken, peer_of(broken)).after.exit_code == 0
    assert starts_with(broken, state)
    assert log_of(other_broken) == log_of(other)
    assert state.entries == other_state.entries


def test_what_one_peer_lacks_another_may_have() -> None:
    disk, state = board()
    peers = [board(OTHER_REPLICA_ID + n)[0] for n in range(2)]
    broken = disk
    for piece in (b"xxxx", b"yyyy"):
        broken = flipped(broken, *place_of(disk, piece))
    rotten = [flipped(peers[n], *place_of(peers[n], piece)) for n, piece in enumerate(PIECES[1:3])]
    alone = broken.copy()
    assert refill(alone, peer_of(rotten[0])).done == ()
    assert refill(broken, *map(peer_of, rotten)).after.exit_code == 0
    assert starts_with(broken, state)


@dataclass
class Liar:
    """A peer that has what was asked for, but not the right one."""

    payload: bytes
    name: str = "tcp://liar"
    asked: list[RecordHeader] = field(default_factory=list)

    def find(self, wanted: Collection[RecordHeader], cluster_id: int) -> dict[RecordHeader, bytes]:
        self.asked += wanted
        return {header: self.payload[: header.length] for header in wanted}


@pytest.mark.parametrize("payload", [b"", bytes(5000), b"x" * 5000])
def test_a_payload_that_does_not_fit_the_checksum_is_not_taken(payload: bytes) -> None:
    disk, _ = board()
    broken = flipped(disk, *place_of(disk, b"xxxx"))
    before = contents(broken)
    liar = Liar(payload)
    report = refill(broken, liar)
    assert (report.done, report.after.exit_code) == ((), 12)
    assert [header.log_index for header in liar.asked] == [5]
    assert {**contents(broken), f"{PATH}/lock": b""} == {**before, f"{PATH}/lock": b""}
    assert repair(broken, PATH, {liar.asked[0]: payload}).done == ()


def other_board(*steps: tuple[int, int, bytes]) -> MemoryDisk:
    """A peer with these entries: index, term, bytes."""
    disk = MemoryDisk()
    store = open_board(disk, OTHER_REPLICA_ID)
    store.append((batch(founding(), term=1),))
    for index, term, data in steps:
        store.append((batch(command(index, term, data), term=term),))
    store.close()
    return disk


def test_an_entry_of_another_term_is_not_taken() -> None:
    disk, _ = board()
    broken = flipped(disk, *place_of(disk, b"wwww"))
    # As long, and of the same index, but another leader's.
    peer = other_board((2, 1, b"set"), (3, 4, b"w" * 900))
    assert refill(broken, peer_of(peer)).done == ()
    # Not even where the bytes happen to be the same.
    peer = other_board((2, 1, b"set"))
    store = open_board(peer, OTHER_REPLICA_ID)
    same = Entry(index=3, term=4, command=command(3, 1, b"w" * 900).command)
    store.append((batch(same, term=4),))
    store.close()
    assert refill(broken, peer_of(peer)).done == ()


def test_an_entry_that_was_replaced_at_the_peer_still_serves() -> None:
    """Index and term make an entry, whether it stayed in that log or not."""
    disk, _ = board()
    broken = flipped(disk, *place_of(disk, b"wwww"))
    peer = other_board((2, 1, b"set"), (3, 1, b"w" * 900), (3, 5, b"later"))
    report = refill(broken, peer_of(peer))
    assert len(report.done) == 1
    assert report.after.exit_code == 0


def test_a_peer_that_lacks_the_entry_changes_nothing() -> None:
    disk, _ = board()
    broken = flipped(disk, *place_of(disk, b"zzzz"))
    report = refill(broken, peer_of(other_board((2, 1, b"set"))))
    assert report.done == ()
    assert [header.name for header in report.after.lost] == ["entry 7 (term 2)"]


def test_a_directory_of_another_cluster_is_refused() -> None:
    disk, _ = board()
    broken = flipped(disk, *place_of(disk, b"zzzz"))
    found = inspect(broken, PATH)
    with pytest.raises(DirectoryRefused, match="cluster"):
        gather([peer_of(disk)], found.lost, 12345)
    empty = MemoryDisk()
    with pytest.raises(DirectoryRefused, match="no log"):
        gather([peer_of(empty)], found.lost, 0)


def test_a_peer_of_which_marks_and_heads_are_rotten_still_serves() -> None:
    disk, state = board()
    other, _ = board(OTHER_REPLICA_ID)
    broken = flipped(disk, *place_of(disk, b"zzzz"))
    peer = flipped(other, newest(other), 1, 5)
    assert refill(broken, peer_of(peer)).after.exit_code == 0
    assert starts_with(broken, state)


def test_a_refill_leaves_headers_that_are_rotten_too_to_the_cluster() -> None:
    disk, _ = board()
    other, _ = board(OTHER_REPLICA_ID)
    path, at = place_of(disk, b"yyyy")
    broken = flipped(disk, path, at, at - 30, at - 20, at - 10)
    report = refill(broken, peer_of(other))
    assert (report.done, report.after.exit_code) == ((), 12)


def test_large_segments_are_refilled_as_small_ones() -> None:
    disk = MemoryDisk()
    store = Store.open(
        disk=disk,
        directory=PATH,
        node_id=1,
        name="pi1",
        mint_replica_id=lambda: 5,
        segment_bytes=100 * SEGMENT_BYTES,
    )
    store.append((batch(founding(), term=1),))
    store.append((batch(*(command(n, 1, b"v" * 2000 + b"%d" % n) for n in range(2, 40))),))
    store.close()
    other = disk.copy()
    path = newest(disk)
    data = disk.read(path)
    offsets = [data.find(b"v%d %d/1" % (n, n)) for n in range(2, 40)]
    assert min(offsets) > 0
    broken = flipped(disk, path, *offsets)
    assert len(inspect(broken, PATH).lost) == 38
    assert refill(broken, peer_of(other)).after.exit_code == 0
    assert broken.read(path) == data
