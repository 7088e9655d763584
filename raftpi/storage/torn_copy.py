"""Copies of torn batches, kept beside the log for whoever wants to look: few, and bounded."""

from raftpi.errors import NoSpace
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.finding import Finding
from raftpi.storage.recovery import TornTail

COPY_BYTES = 1 << 20
COPIES_KEPT = 8


def torn_tail(torn: TornTail, copy: str) -> Finding:
    """What the journal shall say of a batch that was cut off, and of which `copy` is kept."""
    if torn.spoilt_offset is None:
        text = (
            "a batch lacks sectors that were never written: torn by a power cut or a kill "
            f"before anybody relied on it; cut off, its bytes are kept in {copy}"
        )
        return Finding(kind="torn-tail", path=torn.path, offset=torn.offset, text=text)
    text = (
        f"a batch lacks sectors that were never written, and is spoilt at {torn.spoilt_offset}: "
        "torn by a power cut, or rotten since others relied on it, nobody can tell; cut off, its "
        f"bytes are kept in {copy}; this node does not vote until a leader that the others "
        "elected has brought it up to date"
    )
    return Finding(kind="doubtful-tail", path=torn.path, offset=torn.offset, text=text)


def keep_torn_copy(disk: Disk, directory: DataDirectory, torn: TornTail) -> str:
    """Write down what was cut off, durably but for its name; where it is, for people.

    On a full card there is no copy. At most the first `COPY_BYTES`; at most the newest
    `COPIES_KEPT` copies stay. The name
    becomes durable with that of the new segment.
    """
    path = directory.torn_copy_path(torn.generation, torn.offset)
    if disk.exists(path):
        disk.remove(path)
    try:
        file = disk.create(path)
    except NoSpace:
        return "no file, for the card is full"
    try:
        file.write_at(0, torn.data[:COPY_BYTES])
        file.sync()
    except NoSpace:
        disk.remove(path)
        return "no file, for the card is full"
    finally:
        file.close()
    for old in directory.torn_copies()[:-COPIES_KEPT]:
        disk.remove(old)
    return path
