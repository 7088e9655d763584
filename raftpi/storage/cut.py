"""Cutting the log: removing the segments that no start needs any more.

The chain of segments is cut at one place, by one removal: that of the segment before the first
one needed, made durable before any other follows. So whatever a crash undoes, a start finds
either all of the chain or what is needed of it, never a beginning in between; what it finds
beyond the gap is void, and removed then.
"""

from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk


def cut_before(disk: Disk, directory: DataDirectory, generation: int) -> None:
    """Remove the segments older than that of `generation`, the first one needed."""
    older = [known for known in reversed(directory.generations()) if known < generation]
    for place, doomed in enumerate(older):
        disk.remove(directory.segment_path(doomed))
        if place == 0:
            disk.sync_directory(directory.log_path)
    if len(older) > 1:
        disk.sync_directory(directory.log_path)
