"""A disk in memory that forgets what was not synced: the fault model of a board's card.

Of every file it knows what is durable and what is pending. Writes are pending until the
file's sync, names until their directory's. A crash keeps an arbitrary subset of what is
pending (see `tearing`); a kill of the process alone keeps all of it, for the page cache lives
on. Every effect (a write, a sync, a change of names) is counted, so that the power can be cut
between any two.
"""

from dataclasses import dataclass, field
from typing import Protocol

from raftpi.errors import DirectoryRefused, NoSpace, StorageFailure
from raftpi.sim.chance import Chance
from raftpi.sim.tearing import Tearing, torn, write_into


class PowerCut(Exception):  # no error: it is part of the run
    """The power is gone: nothing of this effect or of any later one happens."""


@dataclass(slots=True)
class Inode:
    """A file's bytes: as the page cache has them, as the card has them, and what lies between.

    Invariant: `cached` is `durable` with the `pending` writes applied in order, and cut off to
    its length, if it `is_cut_off`; but where a failed sync has dropped some of that.
    """

    cached: bytearray = field(default_factory=bytearray)
    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes]] = field(default_factory=list)
    is_cut_off: bool = False


# One change of names: the name taken away or "", the name given or "", what it stands for:
# None is a directory, and what lies in it goes with it.
Change = tuple[str, str, Inode | None]


class Sabotage(Protocol):
    """Something that wants to fail effects."""

    def __call__(self, operation: str, path: str, /) -> None:
        """Raise instead of letting this effect happen."""


class VirtualDisk:
    """Implements `raftpi.storage.disk.Disk`.

    `capacity_bytes`: how much all files may hold together, None for no end of it.
    `before_effect` may raise in an effect's place. `harmed` tells that a crash has destroyed
    what was durable, which no node needs to survive.
    """

    def __init__(self) -> None:
        """A card with an empty root directory."""
        self.capacity_bytes: int | None = None
        self.before_effect: Sabotage | None = None
        self.effect_count = 0
        self.sync_count = 0
        self.written_bytes = 0
        self.harmed = False
        self._cut_at: int | None = None
        self._sync_errors_left = 0
        self._reads_before_error: int | None = None
        self._chance: Chance | None = None
        self.used_bytes = 0
        self._names: dict[str, Inode | None] = {"/": None}
        self._durable_names: dict[str, Inode | None] = {"/": None}
        self._pending_names: list[Change] = []
        self._locked: list[str] = []

    # --- what goes wrong --------------------------------------------------------------------

    def cut_after(self, count: int) -> None:
        """Let so many more effects happen; every later one raises PowerCut."""
        self._cut_at = self.effect_count + count

    def fail_syncs(self, count: int, chance: Chance) -> None:
        """Let so many syncs of files fail, and drop what they should have made durable."""
        self._sync_errors_left = count
        self._chance = chance

    def fail_a_read(self, after_count: int) -> None:
        """Let so many more reads be; the next one fails."""
        self._reads_before_error = after_count

    def files(self) -> list[str]:
        """The paths of all files."""
        return sorted(path for path, inode in self._names.items() if inode is not None)

    def content(self, path: str) -> bytes:
        """What stands in a file, whatever fails."""
        return bytes(self._inode(path).cached)

    def kill(self) -> None:
        """The process ends: its locks with it. The page cache lives on."""
        self._cut_at = None
        self._locked.clear()

    def crash(self, chance: Chance, tearing: Tearing) -> None:
        """The power goes: of what is pending an arbitrary subset stays."""
        self.kill()
        self._sync_errors_left = 0
        names = dict(self._durable_names)
        keep = chance.random()
        for change in self._pending_names:
            if chance.happens(keep):
                _change(names, change)
        for name in sorted(names):
            # What lies in a directory whose own name is lost is lost with it.
            if name != "/" and parent_of(name) not in names:
                del names[name]
        survivors: dict[int, Inode] = {}
        for name in sorted(names):
            inode = names[name]
            if inode is not None and id(inode) not in survivors:
                found, harmed = torn(inode.durable, inode.pending, chance, tearing)
                if inode.is_cut_off and chance.happens(0.5):
                    del found[len(inode.cached) :]
                self.harmed = self.harmed or harmed
                survivors[id(inode)] = Inode(cached=found, durable=bytearray(found))
        self._names = {
            name: None if inode is None else survivors[id(inode)] for name, inode in names.items()
        }
        self._durable_names = dict(self._names)
        self._pending_names = []
        self.used_bytes = sum(len(i.cached) for i in self._names.values() if i is not None)

    def rot(self, path: str, offset_bytes: int, mask: int) -> None:
        """Flip bits of a byte, in the cache and on the card."""
        inode = self._inode(path)
        inode.cached[offset_bytes] ^= mask
        inode.durable[offset_bytes] ^= mask

    def spoil(self, path: str, offset_bytes: int, data: bytes) -> None:
        """This is what stands there now, in the cache and on the card, within the file."""
        inode = self._inode(path)
        inode.cached[offset_bytes : offset_bytes + len(data)] = data
        inode.durable[offset_bytes : offset_bytes + len(data)] = data

    # --- the port ---------------------------------------------------------------------------

    def exists(self, path: str) -> bool:
        """See `Disk.exists`."""
        return path in self._names

    def list(self, directory: str) -> list[str]:
        """See `Disk.list`."""
        if self._names.get(directory, self) is not None:
            raise StorageFailure(f"cannot list {directory}: there is no such directory")
        prefix = directory.rstrip("/") + "/"
        start = len(prefix)
        return sorted(
            name[start:]
            for name in self._names
            if name.startswith(prefix) and len(name) > start and "/" not in name[start:]
        )

    def read(self, path: str, offset_bytes: int = 0, length_bytes: int | None = None) -> bytes:
        """See `Disk.read`."""
        if self._reads_before_error is not None:
            self._reads_before_error -= 1
            if self._reads_before_error < 0:
                self._reads_before_error = None
                raise StorageFailure(f"cannot read {path}: Input/output error")
        end = None if length_bytes is None else offset_bytes + length_bytes
        return bytes(self._inode(path).cached[offset_bytes:end])

    def reread(self, path: str, offset_bytes: int, length_bytes: int) -> bytes:
        """See `Disk.reread`."""
        return bytes(self._inode(path).durable[offset_bytes : offset_bytes + length_bytes])

    def create(self, path: str) -> "VirtualFile":
        """See `Disk.create`."""
        if path in self._names:
            raise StorageFailure(f"cannot create {path}: it exists")
        self.effect("create", path)
        inode = Inode()
        self._rename(("", path, inode))
        return VirtualFile(self, path, inode)

    def size(self, path: str) -> int:
        """See `Disk.size`."""
        return len(self._inode(path).cached)

    def open(self, path: str) -> "VirtualFile":
        """See `Disk.open`."""
        return VirtualFile(self, path, self._inode(path))

    def rename(self, source: str, target: str) -> None:
        """See `Disk.rename`."""
        inode = self._inode(source)
        self.effect("rename", source)
        replaced = self._names.get(target)
        if replaced is not None:
            self.used_bytes -= len(replaced.cached)
        self._rename((source, target, inode))

    def move(self, source: str, target: str) -> None:
        """See `Disk.move`."""
        if source not in self._names or target in self._names:
            raise StorageFailure(f"cannot move {source} to {target}")
        self.effect("move", source)
        self._rename((source, target, self._names[source]))

    def remove(self, path: str) -> None:
        """See `Disk.remove`."""
        inode = self._inode(path)
        self.effect("remove", path)
        self.used_bytes -= len(inode.cached)
        self._rename((path, "", None))

    def make_directory(self, path: str) -> None:
        """See `Disk.make_directory`."""
        if path in self._names:
            raise StorageFailure(f"cannot make {path}: it exists")
        self.effect("make_directory", path)
        self._rename(("", path, None))

    def sync_directory(self, path: str) -> None:
        """See `Disk.sync_directory`."""
        self.effect("sync_directory", path)
        self.sync_count += 1
        rest: list[Change] = []
        for change in self._pending_names:
            if parent_of(change[0] or change[1]) == path:
                _change(self._durable_names, change)
            else:
                rest.append(change)
        self._pending_names = rest

    def free_bytes(self, path: str) -> int:
        """See `Disk.free_bytes`."""
        if self.capacity_bytes is None:
            return 1 << 40
        return max(0, self.capacity_bytes - self.used_bytes)

    def lock(self, path: str) -> "VirtualLock":
        """See `Disk.lock`."""
        if path in self._locked:
            raise DirectoryRefused(f"{path} is held by another")
        self._locked.append(path)
        return VirtualLock(self._locked, path)

    # --- for its files ----------------------------------------------------------------------

    def effect(self, operation: str, path: str) -> None:
        """Count an effect that is about to happen. Raises what prevents it."""
        if self._cut_at is not None and self.effect_count >= self._cut_at:
            raise PowerCut
        if self.before_effect is not None:
            self.before_effect(operation, path)
        self.effect_count += 1

    def room_for(self, grown_bytes: int) -> int:
        """Take so many bytes of the space, or as many as there are."""
        if self.capacity_bytes is not None:
            grown_bytes = max(0, min(grown_bytes, self.capacity_bytes - self.used_bytes))
        self.used_bytes += grown_bytes
        return grown_bytes

    def sync(self, path: str, inode: Inode) -> None:
        """Make a file durable, or fail to."""
        self.effect("sync", path)
        self.sync_count += 1
        if self._sync_errors_left > 0 and self._chance is not None:
            self._sync_errors_left -= 1
            self._drop(inode, self._chance)
            raise StorageFailure(f"cannot sync {path}: Input/output error")
        durable = inode.durable
        for offset_bytes, data in inode.pending:
            write_into(durable, offset_bytes, data)
        inode.pending.clear()
        if inode.is_cut_off:
            del durable[len(inode.cached) :]
            inode.is_cut_off = False

    def _drop(self, inode: Inode, chance: Chance) -> None:
        """A sync has failed: the kernel drops the dirty pages, and some it may have written."""
        found, _ = torn(inode.durable, inode.pending, chance, Tearing.SECTORS)
        inode.durable = found
        inode.pending.clear()
        if chance.happens(0.5):
            inode.cached = bytearray(found)

    def _inode(self, path: str) -> Inode:
        inode = self._names.get(path)
        if inode is None:
            raise StorageFailure(f"there is no file {path}")
        return inode

    def _rename(self, change: Change) -> None:
        _change(self._names, change)
        self._pending_names.append(change)


@dataclass(slots=True)
class VirtualFile:
    """Implements `raftpi.storage.disk.File`."""

    disk: VirtualDisk
    path: str
    inode: Inode

    def write_at(self, offset_bytes: int, data: bytes) -> None:
        """See `File.write_at`. Where space ends, what fits is written before NoSpace is raised."""
        self.disk.effect("write", self.path)
        cached = self.inode.cached
        grown_bytes = offset_bytes + len(data) - len(cached)
        if grown_bytes > 0:
            lacking_bytes = grown_bytes - self.disk.room_for(grown_bytes)
            if lacking_bytes:
                data = data[: max(0, len(data) - lacking_bytes)]
        write_into(cached, offset_bytes, data)
        self.inode.pending.append((offset_bytes, data))
        self.disk.written_bytes += len(data)
        if grown_bytes > 0 and lacking_bytes:
            raise NoSpace(f"cannot write {self.path}: No space left on device")

    def sync(self) -> None:
        """See `File.sync`."""
        self.disk.sync(self.path, self.inode)

    def truncate(self, length_bytes: int) -> None:
        """See `File.truncate`."""
        self.disk.effect("truncate", self.path)
        inode = self.inode
        self.disk.used_bytes -= max(0, len(inode.cached) - length_bytes)
        del inode.cached[length_bytes:]
        inode.pending = [
            (offset, data[: length_bytes - offset])
            for offset, data in inode.pending
            if offset < length_bytes
        ]
        inode.is_cut_off = True

    def close(self) -> None:
        """See `File.close`."""


@dataclass(slots=True)
class VirtualLock:
    """Implements `raftpi.storage.disk.Lock`."""

    locked: list[str]
    path: str

    def release(self) -> None:
        """See `Lock.release`."""
        if self.path in self.locked:
            self.locked.remove(self.path)


def parent_of(path: str) -> str:
    """The directory in which a name stands."""
    return path.rpartition("/")[0] or "/"


def _change(names: dict[str, Inode | None], change: Change) -> None:
    taken, given, inode = change
    if taken and given and inode is None:
        for name in sorted(names):
            if name.startswith(f"{taken}/"):
                names[given + name[len(taken) :]] = names.pop(name)
    if taken:
        names.pop(taken, None)
    if given:
        names[given] = inode
