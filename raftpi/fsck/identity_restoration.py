"""Putting a damaged identity back to the bytes that were written, as the segments tell them.

Every byte of the file can be told from elsewhere: replica and cluster from the heads of the
segments, the board's id and name from the configuration in the log, the newest generation from
the segments that are there, the stamp and the checksum from all of these. The result is not taken
on trust: but for a few bytes the damaged file must say the same. So a log that has lost its end,
or a directory put together from two, does not get an identity that fits it.
"""

from collections.abc import Iterator

from raftpi.errors import ProtocolError, StorageFailure
from raftpi.fsck.log_inspection import SegmentReport
from raftpi.payload import unpack_configuration
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.finding import DamageFound
from raftpi.storage.identity import Identity, IdentityFile, pack_identity
from raftpi.storage.sector import SECTOR_BYTES
from raftpi.storage.segment_head import read_head

# The checksum covers the rest, and the rest what it covers: a flaw in one leaves the other whole.
DIFFERENCE_BYTES = 4
# The identity is told of a new segment soon after that was made, not at once.
BEHIND_COUNT = 4


def restore_identity(
    disk: Disk, directory: DataDirectory, segments: tuple[SegmentReport, ...]
) -> IdentityFile | None:
    """What the damaged identity held; None if that cannot be told for certain."""
    try:
        if not disk.exists(directory.identity_path):
            return None
        found = disk.read(directory.identity_path)
        heads = [read_head(disk.read(segment.path, 0, SECTOR_BYTES)) for segment in segments]
    except (DamageFound, StorageFailure):
        return None
    owners = {(head.replica_id, head.cluster_id) for head in heads}
    if len(owners) != 1:
        return None
    [(replica_id, cluster_id)] = owners
    newest = max(head.generation for head in heads)
    for node_id, name in _boards(segments, replica_id):
        for generation in range(newest, max(newest - BEHIND_COUNT, -1), -1):
            for known_cluster in (cluster_id, 0):
                candidate = IdentityFile(
                    identity=Identity(
                        replica_id=replica_id,
                        node_id=node_id,
                        name=name,
                        cluster_id=known_cluster,
                    ),
                    newest_generation=generation,
                )
                if _is_alike(found, pack_identity(candidate)):
                    return candidate
    return None


def _boards(segments: tuple[SegmentReport, ...], replica_id: int) -> Iterator[tuple[int, str]]:
    """The board of this replica, in each configuration that tells one: newest first."""
    seen: set[tuple[int, str]] = set()
    for segment in reversed(segments):
        for payload in reversed(segment.configurations):
            try:
                member = unpack_configuration(payload).member(replica_id)
            except ProtocolError:
                continue
            if member is not None and (member.node_id, member.name) not in seen:
                seen.add((member.node_id, member.name))
                yield member.node_id, member.name


def _is_alike(found: bytes, candidate: bytes) -> bool:
    """Whether they differ in a few bytes that stand together at most."""
    if len(found) != len(candidate):
        return False
    places = [at for at, (a, b) in enumerate(zip(found, candidate, strict=True)) if a != b]
    return not places or places[-1] - places[0] < DIFFERENCE_BYTES
