"""Directories with a past, and copies of them with other bytes in one place."""

from collections.abc import Iterator

from tests.storage.memory_disk import Inode, MemoryDisk
from tests.storage.script import (
    REPLICA_ID,
    Account,
    State,
    batch,
    command,
    founding,
    live,
    open_store,
)

SEGMENT_BYTES = 4096
SECTOR = 512


def lived() -> tuple[MemoryDisk, State]:
    """A directory after a life in small segments, closed in good order."""
    disk = MemoryDisk()
    account = Account()
    live(disk, account, segment_bytes=SEGMENT_BYTES)
    return disk, account.promised


def small() -> tuple[MemoryDisk, State]:
    """A directory of few bytes: two segments, the last one of several batches."""
    disk = MemoryDisk()
    state = State()
    store = open_store(disk, segment_bytes=SEGMENT_BYTES)
    steps = (
        (batch(founding()),),
        (batch(command(2, 1)), batch(term=2, vote=7)),
        None,
        (batch(command(2, 2), command(3, 2)),),
        (batch(term=3, vote=REPLICA_ID),),
        (batch(command(4, 3, b"y" * 700)),),
    )
    for step in steps:
        if step is None:
            store.close()
            store = open_store(disk, segment_bytes=SEGMENT_BYTES)
        else:
            store.append(step)
            state = state.after(step)
    store.close()
    return disk, state


def files(disk: MemoryDisk) -> Iterator[tuple[str, int]]:
    """Every file with its length."""
    for path, inode in sorted(disk.names.items()):
        if inode is not None:
            yield path, len(inode.cached)


def with_bytes(disk: MemoryDisk, path: str, data: bytes) -> MemoryDisk:
    """A copy of the disk, with this in the place of one file."""
    other = disk.copy()
    other.names[path] = other.durable_names[path] = Inode(
        cached=bytearray(data), durable=bytearray(data)
    )
    return other


def newest(disk: MemoryDisk) -> str:
    return max(path for path, _ in files(disk) if path.endswith(".wal"))
