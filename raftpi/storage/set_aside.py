"""Setting a data directory aside: all that it holds, kept, so that the node begins as a fresh one.

The content goes to `set-aside-N.unfinished`, which loses that ending when everything is there.
Until then no node starts on the directory, so that none takes half of it for a fresh one; what
was interrupted is gone on with by doing it again.
"""

from dataclasses import dataclass

from raftpi.errors import DamagedData, DirectoryRefused, StorageFailure
from raftpi.storage.contents import read_contents
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.identity import read_identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Soundness:
    """What a node could do with a directory.

    `is_fresh`: nothing is remembered in it. `fault` is why no node starts on it, or "".
    `replica_id` is the member whose it is, 0 where that cannot be told.
    """

    is_fresh: bool
    fault: str
    replica_id: int = 0


def soundness_of(disk: Disk, path: str, node_id: int) -> Soundness:
    """Look whether the node `node_id` could start on the directory at `path`; changes nothing.

    Raises DirectoryRefused for another node's, NewerVersion for a newer raftpi's.
    """
    directory = DataDirectory(disk, path)
    if not disk.exists(path):
        return Soundness(is_fresh=True, fault="")
    if directory.being_set_aside():
        return Soundness(is_fresh=False, fault="it is half set aside already")
    replica_id = 0
    try:
        found = read_identity(disk, directory)
        if found is None:
            # A start would take this for a fresh one, and clear these away.
            kept = directory.snapshot_indexes()
            fault = f"{directory.snapshots_path} holds snapshots without a log" if kept else ""
            return Soundness(is_fresh=not kept, fault=fault)
        replica_id = found.identity.replica_id
        if found.identity.node_id != node_id:
            raise DirectoryRefused(
                f"{path} belongs to node {found.identity.node_id} ({found.identity.name}), and "
                f"this is node {node_id}: set `id` and `data` right; nothing was set aside"
            )
        contents = read_contents(disk, directory, found)
    except (DamagedData, StorageFailure) as error:
        return Soundness(is_fresh=False, fault=str(error), replica_id=replica_id)
    return Soundness(is_fresh=contents.log is None, fault="", replica_id=replica_id)


def set_aside(disk: Disk, path: str) -> str:
    """Set aside what the directory at `path` holds, durably; where it is now.

    The caller holds the directory's lock. Raises StorageFailure, NoSpace; it is gone on with
    when this is called again.
    """
    directory = DataDirectory(disk, path)
    being = directory.being_set_aside()
    if not being:
        being = directory.next_being_set_aside()
        disk.make_directory(being)
    # Before anything is moved: that it is under way must be known after a crash.
    disk.sync_directory(path)
    for name in directory.to_set_aside():
        disk.move(f"{path}/{name}", f"{being}/{name}")
    disk.sync_directory(being)
    disk.sync_directory(path)
    kept = being.removesuffix(".unfinished")
    disk.move(being, kept)
    disk.sync_directory(path)
    return kept
