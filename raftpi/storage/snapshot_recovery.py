"""Which snapshot a start goes on from, and whether the log reaches back to it.

A snapshot that the log took no note of was never relied on: it does not count. Of the others
the newest is taken whose file is whole, every block of it. A rotten or missing one is passed
over, and told, as long as the log, which is cut to the older of two, still holds what lies
between. Where it does not, or where log and snapshot contradict each other, the start is refused.

Nothing is changed here: this is what `fsck` reads with, too.
"""

from dataclasses import dataclass

from raftpi.core.entry import Entry
from raftpi.core.snapshot import SnapshotMeta
from raftpi.errors import RaftpiError
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.finding import Damage, DamageFound, DamageKind, Finding, refusal
from raftpi.storage.identity import Identity
from raftpi.storage.recovery import RecoveredLog
from raftpi.storage.snapshot_reader import SnapshotReader
from raftpi.storage.snapshots import KEPT_COUNT


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveredSnapshots:
    """`snapshot` is the one to go on from, and `entries` are the log's behind it.

    `kept` are those that count, by index, `snapshot` the last of them. `unlogged` are the paths
    of files that do not count. `rotten` tells of those that were passed over.
    """

    snapshot: SnapshotMeta | None
    entries: tuple[Entry, ...]
    kept: tuple[SnapshotMeta, ...]
    unlogged: tuple[str, ...]
    rotten: tuple[Finding, ...]


def recover_snapshots(
    disk: Disk, directory: DataDirectory, identity: Identity, log: RecoveredLog | None
) -> RecoveredSnapshots:
    """Look through the snapshots beside this log.

    Raises DamagedData, NewerVersion, StorageFailure.
    """
    noted = log.end.span.snapshot_index if log is not None else 0
    search = _Search(disk, directory, identity)
    search.look(noted)
    unlogged = tuple(
        directory.snapshot_path(index) for index in directory.snapshot_indexes() if index > noted
    )
    if log is None:
        return RecoveredSnapshots(snapshot=None, entries=(), kept=(), unlogged=unlogged, rotten=())
    snapshot = search.kept[0] if search.kept else None
    base = log.end.span.base_index
    reached = snapshot.index if snapshot is not None else 0
    if reached < base:
        raise search.gap(log)
    if snapshot is not None and base < reached:
        term = log.entries[reached - base - 1].term
        if term != snapshot.term:
            raise refusal(
                directory.path,
                directory.snapshot_path(reached),
                Damage(
                    kind=DamageKind.ORDER,
                    offset=0,
                    text=f"the snapshot says that entry {reached} is of term {snapshot.term}, "
                    f"and the log that it is of term {term}",
                ),
            )
    return RecoveredSnapshots(
        snapshot=snapshot,
        entries=log.entries[reached - base :],
        kept=tuple(reversed(search.kept)),
        unlogged=unlogged,
        rotten=search.rotten(reached),
    )


class _Search:
    """Newest first: the whole ones, and what is wrong with those passed over."""

    def __init__(self, disk: Disk, directory: DataDirectory, identity: Identity) -> None:
        self.kept: list[SnapshotMeta] = []
        self._disk = disk
        self._directory = directory
        self._identity = identity
        self._damages: list[tuple[str, Damage]] = []
        self._has_newest = False

    def look(self, noted: int) -> None:
        """Through all up to the newest that the log took note of, at index `noted`, if any."""
        indexes = [index for index in self._directory.snapshot_indexes() if index <= noted]
        if noted and noted not in indexes:
            text = "the snapshot is missing, and the log took note of it"
            damage = Damage(kind=DamageKind.MISSING, offset=0, text=text)
            self._damages.append((self._directory.snapshot_path(noted), damage))
        for index in reversed(indexes):
            try:
                reader = SnapshotReader(self._disk, self._directory, index, self._identity)
                if not self.kept:
                    reader.verify()
            except DamageFound as found:
                path = self._directory.snapshot_path(index)
                if found.damage.kind is DamageKind.NEWER:
                    raise refusal(self._directory.path, path, found.damage) from None
                self._damages.append((path, found.damage))
                continue
            self._has_newest = self._has_newest or index == noted
            self.kept.append(reader.meta)
            if len(self.kept) == KEPT_COUNT:
                return

    def gap(self, log: RecoveredLog) -> RaftpiError:
        """Why the log does not reach back to a snapshot, or to its own beginning."""
        if self._damages and not self._has_newest:
            return refusal(self._directory.path, *self._damages[0])
        first = log.end.span.base_index + 1
        damage = Damage(
            kind=DamageKind.MISSING,
            offset=0,
            text=f"the segment is missing, and the log begins at index {first} without it; "
            "no snapshot holds what came before",
        )
        return refusal(self._directory.path, log.missing_path, damage)

    def rotten(self, reached: int) -> tuple[Finding, ...]:
        """What is to be told of those that were passed over."""
        instead = f"the snapshot up to {reached}" if reached else "the beginning of the log"
        return tuple(
            Finding(
                kind="rotten-snapshot",
                path=path,
                offset=damage.offset,
                text=f"{damage.text}; it is not needed: goes on from {instead}",
            )
            for path, damage in self._damages
        )
