"""A last batch partly unwritten, partly spoilt: cut off, and the node that goes on has no vote.

Every combination of what can become of each sector of a batch is tried: a sector is as it was
written, unwritten, or spoilt.
"""

from dataclasses import replace
from itertools import product

import pytest

from raftpi.core.ready import HardState
from raftpi.errors import DamagedData
from raftpi.storage.store import Recovered
from tests.storage.memory_disk import MemoryDisk
from tests.storage.past import SECTOR, with_bytes
from tests.storage.script import batch, command, founding, open_store

PATH = "/data/node/log/0000000000000001.wal"
WHOLE, UNWRITTEN, SPOILT = "whole", "unwritten", "spoilt"
FATES = (WHOLE, UNWRITTEN, SPOILT)
EXTENT = 3


def written() -> tuple[MemoryDisk, int]:
    """A log whose last batch has `EXTENT` sectors, and the first of them."""
    disk = MemoryDisk()
    store = open_store(disk)
    store.append((batch(founding(), term=4, vote=9),))
    first = len(disk.read(PATH).rstrip(b"\0")) // SECTOR + 1
    store.append((batch(command(2, 4, b"x" * 1200)),))
    store.close()
    assert len(disk.read(PATH).rstrip(b"\0")) // SECTOR + 1 == first + EXTENT
    return disk, first


def with_fates(fates: tuple[str, ...]) -> MemoryDisk:
    disk, first = written()
    data = bytearray(disk.read(PATH))
    for sector, fate in enumerate(fates, first):
        at = sector * SECTOR
        if fate == UNWRITTEN:
            data[at : at + SECTOR] = bytes(SECTOR)
        elif fate == SPOILT:
            data[at] ^= 0x55
    return with_bytes(disk, PATH, bytes(data))


def start(disk: MemoryDisk) -> Recovered:
    store = open_store(disk)
    store.close()
    return store.recovered


@pytest.mark.parametrize("fates", list(product(FATES, repeat=EXTENT)))
def test_each_end_of_a_last_batch_is_met_by_its_own_row_of_the_table(
    fates: tuple[str, ...],
) -> None:
    disk = with_fates(fates)
    try:
        recovered = start(disk)
    except DamagedData as error:
        # Rot: nothing is lacking that was not written, or nothing of ours is there.
        assert SPOILT in fates
        assert UNWRITTEN not in fates or fates[0] == SPOILT or WHOLE not in fates
        assert PATH in str(error)
        return
    if all(fate == WHOLE for fate in fates):
        assert len(recovered.entries) == 2
        assert recovered.findings == ()
        return
    assert len(recovered.entries) == 1
    kinds = [finding.kind for finding in recovered.findings]
    if SPOILT in fates:
        assert kinds == ["doubtful-tail"]
        assert recovered.hard_state == HardState(term=4, voted_for=9, in_doubt=True)
    else:
        assert kinds == (["torn-tail"] if WHOLE in fates else [])
        assert recovered.hard_state == HardState(term=4, voted_for=9)


DOUBTFUL = (WHOLE, UNWRITTEN, SPOILT)


def test_the_doubt_outlives_restarts_and_new_segments() -> None:
    disk = with_fates(DOUBTFUL)
    start(disk)
    store = open_store(disk, segment_bytes=2048)
    for index in range(2, 9):
        store.append((batch(command(index, 4, b"y" * 900)),))
    store.append((replace(batch(), hard_state=HardState(term=5, voted_for=0, in_doubt=True)),))
    store.close()
    recovered = start(disk)
    assert recovered.hard_state == HardState(term=5, voted_for=0, in_doubt=True)
    assert recovered.findings == ()


def test_a_doubt_that_ended_does_not_come_back() -> None:
    disk = with_fates(DOUBTFUL)
    store = open_store(disk)
    store.append((replace(batch(), hard_state=HardState(term=4, voted_for=9)),))
    store.close()
    assert start(disk).hard_state == HardState(term=4, voted_for=9, in_doubt=False)


def test_the_journal_is_told_of_the_place_and_of_the_vote() -> None:
    disk = with_fates(DOUBTFUL)
    _, first = written()
    [finding] = start(disk).findings
    assert (finding.path, finding.offset) == (PATH, first * SECTOR)
    assert f"spoilt at {(first + 2) * SECTOR}" in finding.text
    assert "does not vote until" in finding.text
    [copy] = [path for path in disk.names if "torn-" in path]
    assert copy in finding.text
    assert len(disk.read(copy)) == EXTENT * SECTOR
