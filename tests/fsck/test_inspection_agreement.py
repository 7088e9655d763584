"""For every byte of a small directory: what a look says, what a start does, what a repair makes.

The look and the start agree; no repair turns a directory that is refused into one that starts
with less than was promised.
"""

import pytest

from raftpi.errors import RaftpiError
from raftpi.fsck.inspection import inspect
from raftpi.fsck.payload_source import DirectoryPayloads, gather
from raftpi.fsck.repair import repair
from raftpi.storage.store import Store
from tests.storage.memory_disk import MemoryDisk
from tests.storage.past import files, with_bytes
from tests.storage.rotten import OTHER_REPLICA_ID, PATH, flipped
from tests.storage.script import REPLICA_ID, State, batch, command, founding, state_of
from tests.storage.snapshot_script import open_store, past_of
from tests.storage.test_snapshot_recovery import two_kept

SEGMENT_BYTES = 1024
# Zeros are alike: one in so many is flipped where it has to be quick.
ZEROS_STEP = 16


def open_tiny(disk: MemoryDisk, replica_id: int = REPLICA_ID) -> Store:
    return Store.open(
        disk=disk,
        directory=PATH,
        node_id=1,
        name="pi1",
        mint_replica_id=lambda: replica_id,
        segment_bytes=SEGMENT_BYTES,
    )


def tiny(replica_id: int = REPLICA_ID) -> tuple[MemoryDisk, State]:
    """Few bytes: a founding, two commands, a vote, in two or three segments."""
    disk = MemoryDisk()
    store = open_tiny(disk, replica_id)
    state = State()
    for step in (
        (batch(founding()),),
        (batch(command(2, 1, b"first")), batch(term=2, vote=7)),
        (batch(command(3, 2, b"second" * 20)),),
        (batch(term=3, vote=REPLICA_ID),),
    ):
        store.append(step)
        state = state.after(step)
    store.close()
    return disk, state


def start(disk: MemoryDisk) -> State | RaftpiError:
    try:
        store = open_tiny(disk)
    except RaftpiError as error:
        return error
    store.close()
    return state_of(store.recovered)


def check(broken: MemoryDisk, state: State, peer: DirectoryPayloads | None) -> str:
    """What becomes of a broken directory: "starts", "repaired" or "refused"."""
    found = inspect(broken, PATH)
    outcome = start(broken.copy())
    if not isinstance(outcome, RaftpiError):
        assert found.verdict.starts
        assert found.exit_code == 0
        assert outcome == state
        return "starts"
    assert not found.verdict.starts
    assert found.exit_code == outcome.exit_code
    assert found.verdict.text == str(outcome)
    assert found.damages
    payloads = gather([peer], found.lost, 0) if peer is not None else {}
    report = repair(broken, PATH, payloads)
    repaired = start(broken)
    if isinstance(repaired, RaftpiError):
        assert report.after.exit_code == repaired.exit_code
        return "refused"
    assert report.after.exit_code == 0
    assert report.done
    assert repaired == state
    return "repaired"


@pytest.mark.parametrize(
    ("mask", "has_peer"),
    [
        pytest.param(0x01, True, marks=pytest.mark.soak),
        pytest.param(0x80, False, marks=pytest.mark.soak),
        pytest.param(0xFF, True, marks=pytest.mark.slow),
    ],
)
def test_every_byte_flipped(mask: int, has_peer: bool) -> None:
    disk, state = tiny()
    peer = DirectoryPayloads(tiny(OTHER_REPLICA_ID)[0], PATH) if has_peer else None
    outcomes: list[str] = []
    for path, _ in files(disk):
        for offset in offsets_of(disk.read(path), every=1 if mask == 0xFF else ZEROS_STEP):
            outcome = check(flipped(disk, path, offset, mask=mask), state, peer)
            outcomes.append(outcome)
            assert outcome != "refused" or path.endswith(".wal")
    # Headers stay as they are, and without a peer the payloads.
    assert outcomes.count("repaired") > outcomes.count("refused") > 0


def offsets_of(data: bytes, *, every: int) -> list[int]:
    """Every byte up to the last that is not zero, and of the zeros behind every so many."""
    end = len(data.rstrip(b"\0")) + 1
    return [*range(min(end, len(data))), *range(end, len(data), every)]


def test_every_length_cut_to() -> None:
    disk, state = tiny()
    for path, length in files(disk):
        data = disk.read(path)
        for cut in range(0, length, 7):
            check(with_bytes(disk, path, data[:cut]), state, None)


@pytest.mark.slow
def test_every_two_bytes_flipped_that_stand_near_each_other() -> None:
    disk, state = tiny()
    peer = DirectoryPayloads(tiny(OTHER_REPLICA_ID)[0], PATH)
    for path, length in files(disk):
        for offset in range(0, length - 9, 5):
            check(flipped(disk, path, offset, offset + 9, mask=0x21), state, peer)


def test_every_byte_of_the_snapshots_flipped() -> None:
    """Damage that a start can go round is damage all the same, and a repair ends it."""
    disk, past = two_kept()
    for path, length in files(disk):
        if not path.endswith(".snap"):
            continue
        for offset in range(length):
            broken = flipped(disk, path, offset)
            found = inspect(broken, PATH)
            assert (found.verdict.starts, found.exit_code) == (True, 12)
            assert {place.path for place in found.damages} == {path}
            assert repair(broken, PATH, {}).after.exit_code == 0
            store = open_store(broken)
            found_past = past_of(store)
            store.close()
            assert found_past.last_index == past.last_index
            assert found_past.hard_state == past.hard_state
