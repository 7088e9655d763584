"""Two boards with the same log, and copies of their disks with rot in chosen places."""

from raftpi.errors import RaftpiError
from raftpi.storage.store import Recovered, Store
from tests.storage.memory_disk import MemoryDisk
from tests.storage.past import files, newest, with_bytes
from tests.storage.script import (
    REPLICA_ID,
    State,
    batch,
    changed,
    command,
    founding,
    state_of,
)

PATH = "/data/node"
OTHER_REPLICA_ID = 0x7766554433221100
SEGMENT_BYTES = 2560
SECTOR = 512

# A log in two segments: commands of several sectors, some in one batch; a configuration; votes.
PAST = (
    (batch(founding()), batch(term=1, vote=REPLICA_ID)),
    (batch(command(2, 1), command(3, 1, b"w" * 900)),),
    (batch(changed(4, 1, b"\x07")),),
    (batch(term=2, vote=9),),
    (batch(command(5, 2, b"x" * 1100), command(6, 2, b"y" * 700)),),
    (batch(command(7, 2, b"z" * 200)),),
    (batch(term=3, vote=REPLICA_ID),),
)


def open_board(disk: MemoryDisk, replica_id: int = REPLICA_ID) -> Store:
    return Store.open(
        disk=disk,
        directory=PATH,
        node_id=1,
        name="pi1",
        mint_replica_id=lambda: replica_id,
        segment_bytes=SEGMENT_BYTES,
    )


def board(replica_id: int = REPLICA_ID) -> tuple[MemoryDisk, State]:
    """A board after that past."""
    disk = MemoryDisk()
    store = open_board(disk, replica_id)
    state = State()
    for step in PAST:
        store.append(step)
        state = state.after(step)
    store.close()
    return disk, state


def started(disk: MemoryDisk) -> Recovered | RaftpiError:
    """What a start of a copy recovers, or why it refuses."""
    try:
        store = open_board(disk.copy())
    except RaftpiError as error:
        return error
    store.close()
    return store.recovered


def starts_with(disk: MemoryDisk, state: State) -> bool:
    outcome = started(disk)
    return not isinstance(outcome, RaftpiError) and state_of(outcome) == state


def flipped(disk: MemoryDisk, path: str, *offsets: int, mask: int = 1) -> MemoryDisk:
    """A copy with these bytes flipped."""
    data = bytearray(disk.read(path))
    for offset in offsets:
        data[offset] ^= mask
    return with_bytes(disk, path, bytes(data))


def zeroed(disk: MemoryDisk, path: str, sector: int) -> MemoryDisk:
    """A copy with a sector that reads as zeros."""
    data = bytearray(disk.read(path))
    data[sector * SECTOR : (sector + 1) * SECTOR] = bytes(SECTOR)
    return with_bytes(disk, path, bytes(data))


def place_of(disk: MemoryDisk, piece: bytes) -> tuple[str, int]:
    """Where these bytes stand in the log: the newest file that has them, and the offset."""
    for path, _ in reversed(list(files(disk))):
        at = disk.read(path).find(piece)
        if path.endswith(".wal") and at >= 0:
            return path, at
    raise AssertionError(f"{piece!r} is nowhere")


def contents(disk: MemoryDisk) -> dict[str, bytes]:
    """Every file's bytes."""
    return {path: disk.read(path) for path, _ in files(disk)}


def end_of(disk: MemoryDisk) -> tuple[str, int]:
    """The newest segment, and the first sector behind its last batch."""
    path = newest(disk)
    data = disk.read(path)
    return path, -(-len(data.rstrip(b"\0")) // SECTOR)
