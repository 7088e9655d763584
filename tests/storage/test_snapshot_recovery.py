"""Which snapshot a start goes on from: rot, loss, gaps and contradictions, each told or refused."""

from dataclasses import replace

import pytest

from raftpi.errors import DamagedData, RaftpiError
from tests.storage.judges import has_everything
from tests.storage.memory_disk import MemoryDisk
from tests.storage.past import files, with_bytes
from tests.storage.script import batch, changed, command, founding, tend
from tests.storage.snapshot_script import (
    LIVES,
    Account,
    Past,
    Step,
    Take,
    filled,
    live,
    meta,
    noting,
    open_store,
    past_of,
    write,
)

ROOM = "/data/node/snapshots"
OLDER = f"{ROOM}/0000000000000004.snap"
NEWER = f"{ROOM}/0000000000000008.snap"


def two_kept() -> tuple[MemoryDisk, Past]:
    """Snapshots up to 4 and 8 of a log that ends at 10; cut to the older one."""
    disk = MemoryDisk()
    account = Account()
    steps: tuple[Step, ...] = (
        (batch(founding(), term=1),),
        *filled(2, 4, 1),
        Take(meta(4, 1)),
        (noting(meta(4, 1)),),
        *filled(5, 8, 1),
        Take(meta(8, 1)),
        (noting(meta(8, 1)),),
        *filled(9, 10, 1),
    )
    live(disk, account, steps)
    return disk, account.promised


def rotten(disk: MemoryDisk, path: str, offset: int = -30) -> MemoryDisk:
    data = bytearray(disk.read(path))
    data[offset] ^= 1
    return with_bytes(disk, path, bytes(data))


def test_the_newest_snapshot_and_the_entries_behind_it_are_given_back() -> None:
    disk, past = two_kept()
    store = open_store(disk)
    assert past_of(store) == past
    assert past.snapshot == (8, 1)
    assert store.recovered.first_index == 9
    assert [entry.index for entry in store.recovered.entries] == [9, 10]
    assert store.recovered.findings == ()
    assert store.snapshots() == [meta(8, 1), meta(4, 1)]


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_rotten_newest_one_falls_back_to_the_older_and_is_told(is_gone: bool) -> None:
    disk, _ = two_kept()
    if is_gone:
        disk.remove(NEWER)
    broken = disk if is_gone else rotten(disk, NEWER)
    for _ in range(3):
        store = open_store(broken)
        (finding,) = store.recovered.findings
        assert (finding.kind, finding.path) == ("rotten-snapshot", NEWER)
        assert finding.text.endswith("goes on from the snapshot up to 4")
        assert store.recovered.snapshot == meta(4, 1)
        assert [entry.index for entry in store.recovered.entries] == [5, 6, 7, 8, 9, 10]
        assert store.snapshots() == [meta(4, 1)]
        store.close()
    # A next one, even up to an index that the log knows already, mends it.
    store = open_store(broken)
    for index in (6, 8):
        write(store, Take(meta(index, 1)))
        store.append((noting(meta(index, 1)),))
        tend(store)
    assert store.snapshots() == [meta(8, 1), meta(6, 1)]
    store.close()
    store = open_store(broken)
    assert store.recovered.findings == ()
    assert (store.recovered.snapshot, store.recovered.first_index) == (meta(8, 1), 9)
    assert len(broken.list(ROOM)) == 2


def test_a_rotten_only_one_is_passed_over_while_the_log_has_its_beginning() -> None:
    disk = MemoryDisk()
    live(disk, Account(), (((batch(founding())),), Take(meta(1, 1)), (noting(meta(1, 1)),)))
    store = open_store(rotten(disk, f"{ROOM}/0000000000000001.snap"))
    assert [finding.kind for finding in store.recovered.findings] == ["rotten-snapshot"]
    assert (store.recovered.snapshot, store.recovered.entries) == (None, (founding(),))


def test_both_rotten_are_refused_by_the_newest_one() -> None:
    disk, _ = two_kept()
    broken = rotten(rotten(disk, OLDER), NEWER)
    with pytest.raises(DamagedData, match=f"{NEWER} at offset .*raftpi fsck /data/node"):
        open_store(broken)


def test_a_rotten_one_that_the_log_went_on_behind_is_refused() -> None:
    """A received snapshot voided the log: the older one and the log do not meet any more."""
    disk = MemoryDisk()
    steps: tuple[Step, ...] = (
        (batch(founding(), term=1),),
        *filled(2, 4, 1),
        Take(meta(3, 1)),
        (noting(meta(3, 1)),),
        Take(meta(8, 1), received=True),
        (noting(meta(8, 1)),),
        *filled(9, 10, 1),
    )
    live(disk, Account(), steps)
    assert open_store(disk.copy()).recovered.snapshot == meta(8, 1)
    with pytest.raises(DamagedData, match=f"{NEWER} at offset"):
        open_store(rotten(disk, NEWER))
    disk.remove(NEWER)
    with pytest.raises(DamagedData, match=f"{NEWER} at offset 0: the snapshot is missing"):
        open_store(disk)


def test_a_gap_between_snapshot_and_log_is_refused() -> None:
    disk, past = two_kept()
    segments = [path for path, _ in files(disk) if path.endswith(".wal")]
    assert len(segments) >= 3
    for last_gone in range(len(segments) - 1):
        broken = disk.copy()
        for path in segments[: last_gone + 1]:
            broken.remove(path)
        try:
            found = open_store(broken)
        except DamagedData as refused:
            assert f"{segments[last_gone]} at offset 0: the segment is missing" in str(refused)
            assert last_gone > 0
        else:
            # What is gone is in the newest snapshot.
            assert past_of(found) == past
            assert last_gone < len(segments) - 2
    broken = disk.copy()
    broken.remove(segments[0])
    broken.sync_directory("/data/node/log")
    with pytest.raises(DamagedData, match=f"{NEWER} at offset"):
        open_store(rotten(broken, NEWER))


def test_a_snapshot_that_contradicts_the_log_is_refused() -> None:
    disk, _ = two_kept()
    other = MemoryDisk()
    wrong = replace(meta(8, 1), term=2)
    live(other, Account(), ((batch(founding()),), Take(wrong, received=True)))
    broken = with_bytes(disk, NEWER, other.read(NEWER))
    with pytest.raises(
        DamagedData, match=f"{NEWER} at offset 0: .*entry 8 is of term 2, .* of term 1.*fsck"
    ):
        open_store(broken)


def test_files_that_nothing_relied_on_are_removed_and_told() -> None:
    disk, past = two_kept()
    store = open_store(disk)
    store.begin_snapshot(meta(9, 1), received=False).write(b"half")
    store.begin_snapshot(meta(30, 2), received=True).write(b"half")
    write(store, Take(meta(20, 2), received=True))
    broken = disk.killed()
    disk.create(f"{ROOM}/notes.txt")
    store = open_store(broken)
    assert past_of(store) == past
    assert [(finding.kind, finding.path) for finding in store.recovered.findings] == [
        ("torn-creation", f"{ROOM}/0000000000000009-own.new"),
        ("torn-creation", f"{ROOM}/0000000000000030-received.new"),
        ("unlogged-snapshot", f"{ROOM}/0000000000000020.snap"),
        ("unknown-file", f"{ROOM}/notes.txt"),
    ]
    assert disk.list(ROOM) == [OLDER[-21:], NEWER[-21:], "notes.txt"]


def test_a_configuration_behind_a_snapshot_outlives_the_cut_and_its_own_replacement() -> None:
    disk = MemoryDisk()
    account = Account()
    steps: tuple[Step, ...] = (
        (batch(founding(), term=1),),
        (batch(changed(2, 1, b"\x01")),),
        *filled(3, 6, 1),
        (batch(changed(7, 1, b"\x02")),),
        Take(meta(5, 1, configured=2, settings=b"\x01")),
        (noting(meta(5, 1, configured=2, settings=b"\x01")),),
        *filled(8, 10, 1),
        Take(meta(6, 1, configured=2, settings=b"\x01")),
        (noting(meta(6, 1, configured=2, settings=b"\x01")),),
        None,
        (batch(command(7, 2), term=2),),
        *filled(8, 14, 2),
        None,
    )
    live(disk, account, steps)
    store = open_store(disk)
    assert past_of(store) == account.promised
    # The one that was replaced is in no head any more; the one before it is.
    known = store._end.configurations[-1]
    assert known.index == 2
    assert b"\x01" in known.payload


@pytest.mark.slow
@pytest.mark.parametrize(
    "life",
    [
        pytest.param(life, marks=pytest.mark.soak) if life == "replaced" else life
        for life in sorted(LIVES)
    ],
)
def test_every_flipped_byte_of_a_directory_is_refused_or_harmless(life: str) -> None:
    disk = MemoryDisk()
    account = Account()
    live(disk, account, LIVES[life])
    refused = harmless = 0
    for path, length in files(disk):
        data = disk.read(path)
        for offset in range(0, length, 1 if length < 2_000 else 5):
            broken = bytearray(data)
            broken[offset] ^= 1
            damaged = with_bytes(disk, path, bytes(broken))
            try:
                recovered = open_store(damaged).recovered
            except RaftpiError as error:
                assert isinstance(error, DamagedData)
                assert "offset" in str(error)
                refused += 1
                continue
            harmless += 1
            assert has_everything(recovered, account.promised), (path, offset)
    assert refused
    assert harmless
