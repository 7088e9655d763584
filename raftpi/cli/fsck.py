"""`raftpi fsck DIR`: what a data directory holds and what is damaged; with --repair, mends it."""

from pathlib import Path
from typing import TYPE_CHECKING

from raftpi.cli.fsck_report import as_json, report
from raftpi.cli.printing import print_json, print_line
from raftpi.errors import DirectoryRefused, UsageError

if TYPE_CHECKING:
    from argparse import Namespace

    from raftpi.fsck.inspection import Inspection
    from raftpi.fsck.payload_source import PayloadSource
    from raftpi.fsck.repair import RepairReport

# A directory in use moves while it is read.
LOOKS_COUNT = 3


def fsck(arguments: "Namespace") -> int:
    """Prints the report; 0 when the directory is clean, else the code of what is wrong."""
    if arguments.peers and not arguments.repair:
        raise UsageError("--from names where a repair takes payloads from: give --repair too")
    path = str(Path(arguments.directory))
    return _repair(path, arguments) if arguments.repair else _look(path, arguments)


def _look(path: str, arguments: "Namespace") -> int:
    from raftpi.fsck.inspection import inspect
    from raftpi.storage.disk import RealDisk, lock_holder

    disk = RealDisk()
    lock = f"{path}/lock"
    holder = lock_holder(lock)
    found = inspect(disk, path)
    for _ in range(LOOKS_COUNT - 1):
        holder = holder or lock_holder(lock)
        if not holder or found.exit_code == 0:
            break
        found = inspect(disk, path)
    _print(arguments, found, holder)
    return found.exit_code


def _repair(path: str, arguments: "Namespace") -> int:
    from raftpi.cli.rejoin_place import as_owner
    from raftpi.fsck.inspection import inspect
    from raftpi.fsck.payload_source import gather
    from raftpi.fsck.repair import repair
    from raftpi.storage.disk import RealDisk, lock_holder

    disk = RealDisk()
    holder = lock_holder(f"{path}/lock")
    if holder:
        raise DirectoryRefused(
            f"{path} is in use by {holder}: stop that daemon first; nothing was changed"
        )
    found = inspect(disk, path)
    cluster_id = found.owner.cluster_id if found.owner is not None else 0
    sources = [_source(text, arguments) for text in arguments.peers or ()]
    payloads = gather(sources, found.lost, cluster_id)
    with as_owner(path):
        done = repair(disk, path, payloads)
    _print(arguments, done.after, "", done, [source.name for source in sources])
    return done.after.exit_code


def _source(text: str, arguments: "Namespace") -> "PayloadSource":
    """The peer of that name: a directory, or the endpoint of a daemon that runs."""
    if Path(text).is_dir():
        from raftpi.fsck.payload_source import DirectoryPayloads
        from raftpi.storage.disk import RealDisk

        return DirectoryPayloads(RealDisk(), str(Path(text)))
    from raftpi.cli.node_payloads import NodePayloads

    return NodePayloads(text, arguments)


def _print(
    arguments: "Namespace",
    found: "Inspection",
    holder: str,
    done: "RepairReport | None" = None,
    peers: "list[str] | None" = None,
) -> None:
    if arguments.json:
        print_json(as_json(found, holder, done))
        return
    for line in report(found, holder, done, peers or []):
        print_line(line)
