"""The data directory: which files are where, and by which names.

lock                        held while a node uses the directory; holds its process id
identity                    see `identity`; `identity.new` while it is being written
log/NUMBER.wal              a segment, by its generation in 16 decimal digits
log/NUMBER.new              a segment that is being made; its name is given when it is durable
log/torn-NUMBER-OFFSET.bin  the bytes of a torn batch that recovery cut off, to look at
snapshots/INDEX.snap        a snapshot, by its index in 16 decimal digits: see `snapshot_layout`
log/before-repair-NUMBER-OFFSET.bin, snapshots/before-repair-INDEX.snap, before-repair-identity
                            what `raftpi fsck --repair` changed, as it was before
snapshots/INDEX-ORIGIN.new  one that is being written, `own` or `received`
snapshots/reserve           room for one snapshot on a full card, whatever is in it: see `reserve`
set-aside-N/                all of the above but the lock, as it was before `raftpi rejoin`;
                            set-aside-N.unfinished/ while it is being set aside
"""

import re
from pathlib import PurePath

from raftpi.storage.disk import Disk

_SEGMENT = re.compile(r"(\d{16})\.wal")
_UNFINISHED = re.compile(r"\d{16}\.new")
_TORN_COPY = re.compile(r"torn-\d+-\d+\.bin")
_REPAIRED = re.compile(r"before-repair-\d+(-\d+\.bin|\.snap)")
_SNAPSHOT = re.compile(r"(\d{16})\.snap")
_RESERVE = re.compile(r"reserve")
_UNFINISHED_SNAPSHOT = re.compile(r"\d{16}-(own|received)\.new")
_SET_ASIDE = re.compile(r"set-aside-([1-9]\d*)")
_BEING_SET_ASIDE = re.compile(r"set-aside-([1-9]\d*)\.unfinished")
# Where a card's file system begins at the data directory itself.
_FILE_SYSTEMS_OWN = "lost+found"


class DataDirectory:
    """Names the files of a data directory, and makes it where it is missing."""

    def __init__(self, disk: Disk, path: str) -> None:
        """Nothing is touched yet."""
        self.path = path
        self.log_path = f"{path}/log"
        self.snapshots_path = f"{path}/snapshots"
        self.reserve_path = f"{path}/snapshots/reserve"
        self.lock_path = f"{path}/lock"
        self.identity_path = f"{path}/identity"
        self.new_identity_path = f"{path}/identity.new"
        self.repaired_identity_path = f"{path}/before-repair-identity"
        self._disk = disk

    def segment_path(self, generation: int) -> str:
        """Where a segment is."""
        return f"{self.log_path}/{generation:016d}.wal"

    def new_segment_path(self, generation: int) -> str:
        """Where a segment is while it is being made."""
        return f"{self.log_path}/{generation:016d}.new"

    def torn_copy_path(self, generation: int, offset: int) -> str:
        """Where the bytes that were cut off a segment are kept."""
        return f"{self.log_path}/torn-{generation:016d}-{offset:012d}.bin"

    def repaired_segment_path(self, generation: int, offset: int) -> str:
        """Where the bytes of a segment are kept that a repair changed."""
        return f"{self.log_path}/before-repair-{generation:016d}-{offset:012d}.bin"

    def repaired_snapshot_path(self, index: int) -> str:
        """Where a snapshot is kept that a repair took out of the way."""
        return f"{self.snapshots_path}/before-repair-{index:016d}.snap"

    def snapshot_path(self, index: int) -> str:
        """Where the snapshot up to this index is."""
        return f"{self.snapshots_path}/{index:016d}.snap"

    def new_snapshot_path(self, index: int, *, received: bool) -> str:
        """Where a snapshot is while it is being written."""
        origin = "received" if received else "own"
        return f"{self.snapshots_path}/{index:016d}-{origin}.new"

    def generations(self) -> list[int]:
        """The generations of all segments, ascending."""
        return self._numbers(self.log_path, _SEGMENT)

    def snapshot_indexes(self) -> list[int]:
        """The indexes of all finished snapshots, ascending."""
        return self._numbers(self.snapshots_path, _SNAPSHOT)

    def unfinished(self) -> list[str]:
        """The paths of segments whose making was interrupted."""
        return self._paths(self.log_path, _UNFINISHED)

    def unfinished_snapshots(self) -> list[str]:
        """The paths of snapshots whose writing was interrupted."""
        return self._paths(self.snapshots_path, _UNFINISHED_SNAPSHOT)

    def torn_copies(self) -> list[str]:
        """The paths of the copies of torn batches, oldest first."""
        return self._paths(self.log_path, _TORN_COPY)

    def repaired(self) -> list[str]:
        """The paths of what repairs have changed, as it was before."""
        own = self.repaired_identity_path
        rooms = (self.log_path, self.snapshots_path)
        copies = [path for room in rooms for path in self._paths(room, _REPAIRED)]
        return [own, *copies] if self._disk.exists(own) else copies

    def strangers_outside(self) -> list[str]:
        """The paths of what lies beside `log/` and `snapshots/` and is none of ours."""
        ours = (
            self.lock_path,
            self.identity_path,
            self.new_identity_path,
            self.repaired_identity_path,
            self.log_path,
            self.snapshots_path,
            self.being_set_aside(),
            *self.set_asides(),
            f"{self.path}/{_FILE_SYSTEMS_OWN}",
        )
        paths = [f"{self.path}/{name}" for name in self._names(self.path)]
        return [path for path in paths if path not in ours]

    def set_asides(self) -> list[str]:
        """The paths of what was set aside, oldest first."""
        return [f"{self.path}/set-aside-{n}" for n in self._numbers(self.path, _SET_ASIDE)]

    def being_set_aside(self) -> str:
        """The path of what somebody began to set aside and has not ended, or ""."""
        paths = self._paths(self.path, _BEING_SET_ASIDE)
        return paths[0] if paths else ""

    def next_being_set_aside(self) -> str:
        """Where the next is to go while it is being set aside; without the ending when it has."""
        last = max(self._numbers(self.path, _SET_ASIDE), default=0)
        return f"{self.path}/set-aside-{last + 1}.unfinished"

    def to_set_aside(self) -> list[str]:
        """The names of all that is set aside when the directory is: everything but the lock."""
        staying = (self.lock_path, f"{self.path}/{_FILE_SYSTEMS_OWN}")
        return [
            name
            for name in self._names(self.path)
            if f"{self.path}/{name}" not in staying
            and not _SET_ASIDE.fullmatch(name)
            and not _BEING_SET_ASIDE.fullmatch(name)
        ]

    def strangers(self) -> list[str]:
        """The paths of files in `log/` and `snapshots/` that are none of ours."""
        rooms = (
            (self.log_path, (_SEGMENT, _UNFINISHED, _TORN_COPY, _REPAIRED)),
            (self.snapshots_path, (_SNAPSHOT, _UNFINISHED_SNAPSHOT, _RESERVE, _REPAIRED)),
        )
        return [
            f"{room}/{name}"
            for room, ours in rooms
            for name in self._names(room)
            if not any(pattern.fullmatch(name) for pattern in ours)
        ]

    def make(self) -> None:
        """Make the directory and what of its parents is missing; all durable.

        What is there already is synced too: the run that made it may have ended before it was.
        """
        missing: list[PurePath] = []
        path = PurePath(self.path)
        while path != path.parent and not self._disk.exists(str(path)):
            missing.append(path)
            path = path.parent
        self._disk.sync_directory(str(path.parent))
        for made in reversed(missing):
            self._disk.make_directory(str(made))
            self._disk.sync_directory(str(made.parent))

    def make_rooms(self) -> None:
        """Make `log/` and `snapshots/` if missing, and the names in the directory durable."""
        for room in (self.log_path, self.snapshots_path):
            if not self._disk.exists(room):
                self._disk.make_directory(room)
        self._disk.sync_directory(self.path)

    def _names(self, room: str) -> list[str]:
        return self._disk.list(room) if self._disk.exists(room) else []

    def _numbers(self, room: str, pattern: re.Pattern[str]) -> list[int]:
        matches = map(pattern.fullmatch, self._names(room))
        return sorted(int(match.group(1)) for match in matches if match)

    def _paths(self, room: str, pattern: re.Pattern[str]) -> list[str]:
        return [f"{room}/{name}" for name in self._names(room) if pattern.fullmatch(name)]
