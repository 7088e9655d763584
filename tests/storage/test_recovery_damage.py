"""Rot, lost ends and foreign files: refused with a place and a way out, or told as harmless."""

from dataclasses import replace

import pytest

from raftpi.core.ready import HardState
from raftpi.errors import DamagedData, RaftpiError
from raftpi.storage.log_end import LogEnd
from raftpi.storage.store import Recovered
from tests.storage.judges import REFUSALS, is_refused_with_a_place
from tests.storage.memory_disk import MemoryDisk
from tests.storage.past import SECTOR, SEGMENT_BYTES, files, lived, newest, small, with_bytes
from tests.storage.script import (
    batch,
    command,
    founding,
    open_store,
    state_of,
)


def opened(disk: MemoryDisk) -> Recovered | RaftpiError:
    try:
        store = open_store(disk, segment_bytes=SEGMENT_BYTES)
    except REFUSALS as error:
        return error
    store.close()
    return store.recovered


@pytest.mark.parametrize(
    "mask",
    [
        0x01,
        pytest.param(0x80, marks=pytest.mark.soak),
        pytest.param(0xFF, marks=pytest.mark.soak),
    ],
)
def test_every_byte_flipped_is_refused_or_harmless(mask: int) -> None:
    disk, state = small()
    refused = harmless = 0
    for path, length in files(disk):
        data = disk.read(path)
        for offset in range(length):
            broken = bytearray(data)
            broken[offset] ^= mask
            outcome = opened(with_bytes(disk, path, bytes(broken)))
            if isinstance(outcome, Recovered):
                assert state_of(outcome) == state, (path, offset)
                assert outcome.findings == ()
                harmless += 1
            else:
                assert is_refused_with_a_place(outcome, path), (path, offset, outcome)
                assert isinstance(outcome, DamagedData)
                refused += 1
    # Only what lies behind the valid end of the older segment is void, so harmless.
    assert refused > SEGMENT_BYTES
    assert harmless < SEGMENT_BYTES


def test_every_sector_zeroed_is_refused_or_as_the_last_batch_torn() -> None:
    disk, state = lived()
    last = newest(disk)
    for path, length in files(disk):
        if not path.endswith(".wal"):
            continue
        data = disk.read(path)
        for sector in range(length // SECTOR):
            broken = bytearray(data)
            broken[sector * SECTOR : (sector + 1) * SECTOR] = bytes(SECTOR)
            outcome = opened(with_bytes(disk, path, bytes(broken)))
            if isinstance(outcome, Recovered):
                assert state_of(outcome) == state or path == last, (path, sector)
            else:
                assert is_refused_with_a_place(outcome, path)


def test_every_length_cut_to_is_refused_or_harmless() -> None:
    disk, state = small()
    for path, length in files(disk):
        data = disk.read(path)
        for cut in range(length):
            outcome = opened(with_bytes(disk, path, data[:cut]))
            if isinstance(outcome, Recovered):
                assert state_of(outcome) == state, (path, cut)
            else:
                assert is_refused_with_a_place(outcome, path), (path, cut, outcome)
    # The newest segment is never shorter than its batches say.
    assert isinstance(
        opened(with_bytes(disk, newest(disk), disk.read(newest(disk))[:-1])), DamagedData
    )


def test_every_sector_in_the_place_of_every_other_is_refused_or_harmless() -> None:
    disk, state = small()
    path = newest(disk)
    data = disk.read(path)
    sectors = [data[start : start + SECTOR] for start in range(0, len(data), SECTOR)]
    for target, kept in enumerate(sectors):
        for source in sectors:
            if source == kept or not any(source):
                continue
            broken = [*sectors[:target], source, *sectors[target + 1 :]]
            outcome = opened(with_bytes(disk, path, b"".join(broken)))
            if isinstance(outcome, Recovered):
                # Beyond the end it may look like the middle of a batch that was torn.
                assert not any(kept)
                assert state_of(outcome) == state
                assert [finding.kind for finding in outcome.findings] == ["torn-tail"]
            else:
                assert is_refused_with_a_place(outcome, path)


def torn(disk: MemoryDisk, missing: list[int]) -> MemoryDisk:
    """The last batch without these of its sectors."""
    path = newest(disk)
    data = bytearray(disk.read(path))
    written = [at for at in range(len(data) // SECTOR) if any(data[at * SECTOR :][:SECTOR])]
    for sector in missing:
        at = written[sector] * SECTOR
        data[at : at + SECTOR] = bytes(SECTOR)
    return with_bytes(disk, path, bytes(data))


@pytest.mark.parametrize("missing", [[-1], [-2], [-3], [-3, -1], [-1, -2], [-2, -3]])
def test_a_torn_tail_is_cut_told_and_kept_beside(missing: list[int]) -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding(), command(2, 1), term=4, vote=9),))
    store.append((batch(command(3, 4, b"z" * 1200)),))
    store.close()
    broken = torn(disk, missing)
    path = newest(broken)
    before = broken.read(path)
    found = open_store(broken).recovered
    assert found.entries == (founding(), command(2, 1))
    assert found.hard_state.term == 4
    (finding,) = found.findings
    assert (finding.kind, finding.path, finding.offset) == ("torn-tail", path, SECTOR)
    copy = "/data/node/log/torn-0000000000000001-000000000512.bin"
    assert copy in finding.text
    assert broken.read(copy).rstrip(b"\0") == before[SECTOR:].rstrip(b"\0")
    # The copy outlives a power cut right behind the start.
    assert broken.copy().read(copy) == broken.read(copy)
    # The old file is as it was; it is void from there on, and the next start finds nothing.
    assert broken.read(path) == before
    assert open_store(broken.killed()).recovered.findings == ()


def test_copies_of_torn_tails_are_few() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding()),))
    for index in range(2, 14):
        store.append((batch(command(index, 1)),))
        store.append((batch(command(index + 1, 1, b"z" * 1200)),))
        store.close()
        disk = torn(disk, [-1])
        store = open_store(disk)
        assert [finding.kind for finding in store.recovered.findings] == ["torn-tail"]
    copies = [name for name in disk.list("/data/node/log") if name.startswith("torn-")]
    assert len(copies) == 8


def three_batches() -> MemoryDisk:
    """One segment: the founding in sector 0, a batch in 1 to 3, another in 4 to 6."""
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding()),))
    store.append((batch(command(2, 1, b"a" * 1200)),))
    store.append((batch(command(3, 1, b"b" * 1200)),))
    store.close()
    return disk


@pytest.mark.parametrize(
    ("offset", "data", "says"),
    [
        (2 * SECTOR, bytes(SECTOR), "at offset 512: .* lacks 1 of its sectors"),
        (1 * SECTOR, bytes(SECTOR), "at offset 2048: a batch begins where none should"),
        (2 * SECTOR + 9, b"!", "at offset 596: .*payload of entry 2 .term 1. fails its checksum"),
        (5 * SECTOR + 9, b"!", "at offset 2132: .*payload of entry 3 .term 1. fails its checksum"),
        (4 * SECTOR + 9, b"!", "at offset 2052: a record's header fails"),
        (4 * SECTOR, b"!", "at offset 2048: a sector bears neither .* in the last batch"),
        (5 * SECTOR, b"!", "at offset 2560: a sector bears neither"),
        (1 * SECTOR, b"!", "at offset 512: a sector bears neither .* with a later batch behind it"),
        (6 * SECTOR + 500, b"!", "at offset 3572: a stray byte behind a batch's last record"),
        (7 * SECTOR + 77, b"!", "at offset 3584: a sector bears neither"),
        (9 * SECTOR + 77, b"!", "at offset 4608: stray bytes beyond the end"),
        (100 * SECTOR + 1, b"!", "at offset 51200: stray bytes beyond the end"),
        (0, bytes(SECTOR), "at offset 4: the file's stamp is unreadable"),
        (4, b"!", "at offset 4: the file's stamp is unreadable"),
    ],
)
def test_rot_is_refused_with_its_place(offset: int, data: bytes, says: str) -> None:
    disk = three_batches()
    path = newest(disk)
    broken = bytearray(disk.read(path))
    broken[offset : offset + len(data)] = data
    with pytest.raises(DamagedData, match=f"{path} {says}.*run `raftpi fsck /data/node`"):
        open_store(with_bytes(disk, path, bytes(broken)))


def test_an_older_batch_in_the_place_of_the_last_is_never_taken_for_a_torn_one() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding()),))
    store.append((batch(command(2, 1, b"a" * 1200)),))
    store.append((batch(term=5, vote=9),))
    store.close()
    path = newest(disk)
    data = bytearray(disk.read(path))
    data[4 * SECTOR : 5 * SECTOR] = data[SECTOR : 2 * SECTOR]
    with pytest.raises(DamagedData, match=r"offset 2048: .* sequence number 2 follows 2"):
        open_store(with_bytes(disk, path, bytes(data)))


def test_a_head_that_does_not_follow_from_the_log_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    junction = LogEnd.junction
    for change in (
        {"last_index": 1},
        {"hard_state": HardState(term=1, voted_for=9)},
        {"configuration": None},
    ):
        disk = MemoryDisk()
        store = open_store(disk, segment_bytes=SECTOR)
        store.append((batch(founding(), command(2, 1), term=1, vote=8),))
        with monkeypatch.context() as patch:
            patch.setattr(
                LogEnd,
                "junction",
                lambda end, *place, c=change: replace(junction(end, *place), **c),
            )
            store.append((batch(command(3, 1)),))
        store.close()
        with pytest.raises(DamagedData, match=r"2\.wal at offset 0: the segment (begins|does not)"):
            open_store(disk)


def test_rot_in_the_older_of_two_segments_is_refused_up_to_its_valid_end_only() -> None:
    disk = three_batches()
    open_store(disk).close()
    first, _ = (path for path, _ in files(disk) if path.endswith(".wal"))
    data = bytearray(disk.read(first))
    # The last batch was logged again in the second segment: here it is void.
    data[5 * SECTOR] ^= 1
    found = open_store(with_bytes(disk, first, bytes(data))).recovered
    assert len(found.entries) == 3
    data[2 * SECTOR] ^= 1
    with pytest.raises(DamagedData, match=r"0000000000000001\.wal at offset 1024"):
        open_store(with_bytes(disk, first, bytes(data)))
    with pytest.raises(DamagedData, match="lost its end"):
        open_store(with_bytes(disk, first, disk.read(first)[: 3 * SECTOR]))


@pytest.mark.parametrize("missing", [[1], [2], [1, 2]])
def test_a_segments_first_batch_is_never_taken_for_torn(missing: list[int]) -> None:
    """The segment got its name behind the sync of that batch, so it was whole."""
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding(), command(2, 1, b"a" * 1200), term=5, vote=9),))
    store.close()
    for _ in range(2):
        path = newest(disk)
        data = bytearray(disk.read(path))
        for sector in missing:
            data[sector * SECTOR : (sector + 1) * SECTOR] = bytes(SECTOR)
        place = f"{path} at offset {missing[0] * SECTOR}: .* lacks {len(missing)} of its sectors"
        with pytest.raises(DamagedData, match=place):
            open_store(with_bytes(disk, path, bytes(data)))
        # The last batch of a segment, logged again in the next.
        open_store(disk).close()


@pytest.mark.parametrize("upkeep_every", [3, 100])
@pytest.mark.parametrize("votes_between", [0, 1, 12])
def test_a_file_that_lost_its_end_is_refused_whatever_the_batches_filled(
    votes_between: int, upkeep_every: int
) -> None:
    """Also where one ended with the very room that the file had: the next must not be lost."""
    disk = MemoryDisk()
    store = open_store(disk, segment_bytes=8 * SECTOR)
    store.append((batch(founding(), term=1),))
    for turn in range(1, 40):
        index, has_entry = divmod(turn, votes_between + 1)
        if has_entry == 0:
            store.append((batch(command(1 + index, 1, b"w" * (200 * index % 1500))),))
        else:
            store.append((batch(term=1 + turn),))
        path = newest(disk)
        data = disk.read(path)
        for length in range(0, len(data), SECTOR):
            with pytest.raises(DamagedData, match=path):
                open_store(with_bytes(disk, path, data[:length]))
        if turn % upkeep_every == 0:
            while store.upkeep_is_due:
                store.upkeep()
    store.close()
