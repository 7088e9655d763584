"""Air in the log: what its segments take beyond the entries in them.

Every start begins a segment, with zeros ahead. Many starts with little written between them leave
many segments, nearly empty, that only a snapshot makes needless: so their air counts when it is
asked whether one is due.
"""

from collections.abc import Sequence

from raftpi.core.entry import Entry
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk


def air_bytes(
    disk: Disk,
    directory: DataDirectory,
    beginnings: Sequence[tuple[int, int]],
    entries: Sequence[Entry],
) -> int:
    """The air in the segments that hold nothing but `entries`, those behind the newest snapshot.

    `beginnings` are generation and first index of the log's segments, ascending. Raises
    StorageFailure.
    """
    if not entries:
        return 0
    first_index = entries[0].index
    behind = [place for place in beginnings if place[1] >= first_index]
    if not behind:
        return 0
    taken_bytes = sum(disk.size(directory.segment_path(generation)) for generation, _ in behind)
    held = entries[behind[0][1] - first_index :]
    return max(0, taken_bytes - sum(entry.size_bytes() for entry in held))
