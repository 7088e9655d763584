"""Copies of torn batches, kept beside the log for whoever wants to look: few, and bounded."""

from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.recovery import TornTail

COPY_BYTES = 1 << 20
COPIES_KEPT = 8


def keep_torn_copy(disk: Disk, directory: DataDirectory, torn: TornTail) -> str:
    """Write down what was cut off, durably but for its name; the path of the copy.

    At most the first `COPY_BYTES`; at most the newest `COPIES_KEPT` copies stay. The name
    becomes durable with that of the new segment.
    """
    path = directory.torn_copy_path(torn.generation, torn.offset)
    if disk.exists(path):
        disk.remove(path)
    file = disk.create(path)
    try:
        file.write_at(0, torn.data[:COPY_BYTES])
        file.sync()
    finally:
        file.close()
    for old in directory.torn_copies()[:-COPIES_KEPT]:
        disk.remove(old)
    return path
