"""The snapshots of a data directory: begun, finished, taken note of by the log, kept, removed.

A snapshot counts once the log has taken note of it (see `snapshot_record`). The newest two that
count are kept; the log goes back to the older one, so that either can be started from.
"""

from raftpi.core.snapshot import SnapshotMeta
from raftpi.errors import DamagedData
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.finding import DamageFound
from raftpi.storage.identity import Identity
from raftpi.storage.reserve import Reserve
from raftpi.storage.snapshot_file import SnapshotFile
from raftpi.storage.snapshot_layout import SnapshotHead
from raftpi.storage.snapshot_reader import SnapshotGone, SnapshotReader

KEPT_COUNT = 2


class Snapshots:
    """See the module. `kept` are in the order of their indexes.

    Invariant: the files of `kept` are whole and durable.
    """

    def __init__(
        self,
        disk: Disk,
        directory: DataDirectory,
        kept: tuple[SnapshotMeta, ...] = (),
        reserve: Reserve | None = None,
    ) -> None:
        """`kept` are those that recovery found to count."""
        self.kept = kept
        self._disk = disk
        self._directory = directory
        self._reserve = reserve if reserve is not None else Reserve(disk, directory)
        self._finished = {meta.index: meta for meta in kept}
        # The one that was forgotten last; whether the log may be cut to the only one there is.
        self._forgotten: SnapshotMeta | None = None
        self._is_proven = False

    @property
    def cut_index(self) -> int:
        """Up to here no start will need the log's entries."""
        is_enough = len(self.kept) == KEPT_COUNT or (self._is_proven and len(self.kept) == 1)
        return self.kept[0].index if is_enough else 0

    def begin(self, meta: SnapshotMeta, identity: Identity, *, received: bool) -> SnapshotFile:
        """A new file for this snapshot."""
        cluster_id = meta.configuration.cluster_id
        if identity.cluster_id not in (0, cluster_id):
            raise ValueError(f"the snapshot up to {meta.index} is of cluster {cluster_id:016x}")
        return SnapshotFile(
            self._disk,
            self._directory,
            SnapshotHead(replica_id=identity.replica_id, cluster_id=cluster_id, meta=meta),
            self._directory.new_snapshot_path(meta.index, received=received),
            self._finished,
            self._reserve,
        )

    def open(self, index: int, identity: Identity) -> SnapshotReader:
        """A finished snapshot, whether it counts already or not.

        Raises SnapshotGone if there is none up to that index, DamagedData, StorageFailure.
        """
        path = self._directory.snapshot_path(index)
        if index not in self._finished:
            raise SnapshotGone(f"there is no {path} (any more): ask for a newer snapshot")
        try:
            return SnapshotReader(self._disk, self._directory, index, identity)
        except DamageFound as found:
            raise DamagedData(
                f"{path} at offset {found.damage.offset}: {found.damage.text}; "
                f"run `raftpi fsck {self._directory.path}`"
            ) from None

    def check(self, meta: SnapshotMeta) -> None:
        """Raise ValueError unless the log may take note of this: the caller's mistake if not."""
        if self._finished.get(meta.index) != meta:
            raise ValueError(f"the snapshot up to {meta.index} was not finished here")

    def take_note(self, meta: SnapshotMeta) -> None:
        """The log has taken note of this, durably."""
        others = (known for known in self.kept if known.index != meta.index)
        ordered = sorted((*others, meta), key=lambda known: known.index)
        self.kept = tuple(ordered[-KEPT_COUNT:])
        self._is_proven = False

    def forget(self, index: int) -> None:
        """A snapshot is rotten: it counts no more, until it has been made again and noted."""
        self._forgotten = self._finished.pop(index, None)
        self.kept = tuple(known for known in self.kept if known.index != index)

    def made_again(self) -> SnapshotMeta | None:
        """The one that was forgotten last, if it is there again and does not count yet."""
        meta = self._forgotten
        is_back = meta is not None and self._finished.get(meta.index) == meta
        return meta if is_back and meta not in self.kept else None

    def rely_on_newest(self) -> None:
        """The newest one was read back from the card: older ones may go, and the log up to it."""
        self.kept = self.kept[-1:]
        self._is_proven = True

    def note_size(self) -> None:
        """Have the reserve know how large the newest one is."""
        if self.kept:
            newest = self._directory.snapshot_path(self.kept[-1].index)
            self._reserve.note(self._disk.size(newest))

    def clear(self) -> None:
        """Remove what is older than the newest one and not kept, or make a reserve of it."""
        kept = [meta.index for meta in self.kept]
        removed = [
            index
            for index in self._directory.snapshot_indexes()
            if index not in kept and index < max(kept, default=0)
        ]
        for index in removed:
            self._finished.pop(index, None)
            path = self._directory.snapshot_path(index)
            if not self._reserve.refill(path):
                self._disk.remove(path)
        if removed:
            self._disk.sync_directory(self._directory.snapshots_path)
