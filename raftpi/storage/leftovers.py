"""Files that an interrupted run left, and nothing relied on: removed at a start, and told."""

from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.finding import Finding
from raftpi.storage.snapshot_recovery import RecoveredSnapshots


def clear_leftovers(
    disk: Disk, directory: DataDirectory, snapshots: RecoveredSnapshots
) -> list[Finding]:
    """Remove them; what there was, and what else is to be told of the directory's files."""
    doomed = (
        ("torn-creation", "a new segment was being made", directory.unfinished()),
        ("torn-creation", "a snapshot was being written", directory.unfinished_snapshots()),
        ("unlogged-snapshot", "the log had not yet taken note of it", snapshots.unlogged),
    )
    findings: list[Finding] = []
    for kind, what, paths in doomed:
        for path in paths:
            text = f"{what} when the node ended; nothing relied on it: removed"
            findings.append(Finding(kind=kind, path=path, offset=0, text=text))
            disk.remove(path)
    for path in directory.strangers():
        text = "not a file of raftpi: left alone"
        findings.append(Finding(kind="unknown-file", path=path, offset=0, text=text))
    findings.extend(snapshots.rotten)
    return findings
