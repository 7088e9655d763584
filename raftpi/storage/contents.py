"""What a data directory holds, as a start takes it: all that there is to refuse is refused here.

A start acts on this and `fsck` reports it: whether a node starts on a directory is decided
once. Nothing is changed here.
"""

from dataclasses import dataclass

from raftpi.errors import DamagedData
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.finding import Damage, DamageKind, DamageRefused
from raftpi.storage.identity import IdentityFile, read_identity
from raftpi.storage.recovery import RecoveredLog, recover_log
from raftpi.storage.snapshot_recovery import RecoveredSnapshots, recover_snapshots


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """`generations` are those of all segments there are; `log` is None where there is none."""

    generations: tuple[int, ...]
    log: RecoveredLog | None
    snapshots: RecoveredSnapshots


def read_owner(disk: Disk, directory: DataDirectory) -> IdentityFile | None:
    """Whose the directory is; None for a fresh one.

    Raises DamagedData, NewerVersion, StorageFailure.
    """
    being = directory.being_set_aside()
    if being:
        # What has not been moved yet would pass for a fresh directory, or for all of it.
        raise DamagedData(
            f"{being}: this directory was being set aside, and that was interrupted: "
            "run `raftpi rejoin` again"
        )
    return read_identity(disk, directory)


def read_contents(disk: Disk, directory: DataDirectory, found: IdentityFile) -> Contents:
    """Read the log and the snapshots of the directory with this identity.

    Raises DamagedData, NewerVersion, StorageFailure.
    """
    generations = tuple(directory.generations())
    _check_segments(directory, found, generations)
    log = recover_log(disk, directory, found.identity) if generations else None
    snapshots = recover_snapshots(disk, directory, found.identity, log)
    return Contents(generations=generations, log=log, snapshots=snapshots)


def _check_segments(
    directory: DataDirectory, found: IdentityFile, generations: tuple[int, ...]
) -> None:
    """Refuse a directory that has had a log, or more of one, than is there."""
    newest = found.newest_generation
    if newest <= max(generations, default=0) and (generations or not found.identity.cluster_id):
        return
    path = directory.segment_path(max(newest, 1))
    text = f"the segment is missing: {directory.identity_path} says that the log has come that far"
    raise DamageRefused(
        f"{path} is missing at offset 0: "
        f"{directory.identity_path} says that the log has come that far; a node must not go on "
        "with a log that may have forgotten: put the file back, or run "
        f"`raftpi fsck {directory.path}`",
        path,
        Damage(kind=DamageKind.MISSING, offset=0, text=text),
    )
