"""A disk in memory that loses what was not synced, tears it, and fails on demand.

Writes are pending until their file's sync, names until their directory's. `crash` keeps any
subset of the pending sectors and of the pending changes of names. Every effect (a write, a
sync, a change of names) is counted; the power can be cut before any one of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePath
from random import Random

from raftpi.errors import DirectoryRefused, RaftpiError, StorageFailure

SECTOR_BYTES = 512


class PowerCut(Exception):  # no error: a crash that a test ordered
    """The power is gone: nothing of this effect or any later one happened."""


@dataclass(slots=True)
class Inode:
    """A file's bytes: as the page cache has them, as the card has them, and what lies between."""

    cached: bytearray = field(default_factory=bytearray)
    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes]] = field(default_factory=list)


# One change of names: the name taken away or "", the name given or "", what it stands for.
Change = tuple[str, str, Inode | None]


class MemoryDisk:
    """See the module. `before_effect` is called with (operation, path) before each effect."""

    def __init__(self) -> None:
        self.names: dict[str, Inode | None] = {"/": None}
        self.durable_names: dict[str, Inode | None] = {"/": None}
        self.pending_names: list[Change] = []
        self.effects: list[tuple[str, str]] = []
        self.locked: set[str] = set()
        self.free = 1 << 30
        self.next_offset = 0  # of the write that `before_effect` is being asked about
        self.before_effect: Callable[[str, str], None] = lambda operation, path: None

    def cut_after(self, count: int) -> None:
        """Let `count` more effects happen; the next raises PowerCut."""
        self.fail_after(count, PowerCut())

    def fail_after(self, count: int, error: Exception) -> None:
        """Let `count` more effects happen; every later one raises `error`."""
        last = len(self.effects) + count

        def check(operation: str, path: str) -> None:
            if len(self.effects) >= last:
                raise error

        self.before_effect = check

    def fail(self, operation: str, part: str, error: RaftpiError) -> None:
        """Raise `error` whenever this operation meets a path with this part in it."""

        def check(done: str, path: str) -> None:
            if done == operation and part in path:
                raise error

        self.before_effect = check

    def killed(self) -> "MemoryDisk":
        """What the next process finds after a SIGKILL: the page cache lives on. No copy."""
        self.locked.clear()
        self.before_effect = lambda operation, path: None
        return self

    def crash(self, random: Random, keep: float) -> "MemoryDisk":
        """What a machine finds after a power cut; pending things were kept with chance `keep`."""
        after = MemoryDisk()
        names = dict(self.durable_names)
        for taken, given, inode in self.pending_names:
            if random.random() < keep:
                _change(names, (taken, given, inode))
        for name in sorted(names):
            # What lies in a directory whose own name is lost is lost with it.
            if name != "/" and str(PurePath(name).parent) not in names:
                del names[name]
        survivors: dict[int, Inode] = {}
        for name, inode in names.items():
            if inode is not None and id(inode) not in survivors:
                survivors[id(inode)] = _torn(inode, random, keep)
            after.names[name] = survivors[id(inode)] if inode is not None else None
        after.durable_names = dict(after.names)
        return after

    def copy(self) -> "MemoryDisk":
        """The same durable state, apart."""
        return self.crash(Random(0), 0.0)

    # --- the port -------------------------------------------------------------------

    def exists(self, path: str) -> bool:
        return path in self.names

    def list(self, directory: str) -> list[str]:
        if self.names.get(directory, self) is not None:
            raise StorageFailure(f"cannot list {directory}")
        return sorted(
            PurePath(name).name
            for name in self.names
            if name != "/" and str(PurePath(name).parent) == directory
        )

    def read(self, path: str, offset_bytes: int = 0, length_bytes: int | None = None) -> bytes:
        end = None if length_bytes is None else offset_bytes + length_bytes
        return bytes(self._inode(path).cached[offset_bytes:end])

    def reread(self, path: str, offset_bytes: int, length_bytes: int) -> bytes:
        return bytes(self._inode(path).durable[offset_bytes : offset_bytes + length_bytes])

    def create(self, path: str) -> "MemoryFile":
        if path in self.names:
            raise StorageFailure(f"cannot create {path}: it exists")
        self._effect("create", path)
        inode = Inode()
        self._rename("", path, inode)
        return MemoryFile(self, path, inode)

    def size(self, path: str) -> int:
        return len(self._inode(path).cached)

    def open(self, path: str) -> "MemoryFile":
        return MemoryFile(self, path, self._inode(path))

    def rename(self, source: str, target: str) -> None:
        inode = self._inode(source)
        self._effect("rename", source)
        self._rename(source, target, inode)

    def move(self, source: str, target: str) -> None:
        if source not in self.names or target in self.names:
            raise StorageFailure(f"cannot move {source} to {target}")
        self._effect("move", source)
        self._rename(source, target, self.names[source])

    def remove(self, path: str) -> None:
        self._inode(path)
        self._effect("remove", path)
        self._rename(path, "", None)

    def make_directory(self, path: str) -> None:
        if path in self.names:
            raise StorageFailure(f"cannot make {path}: it exists")
        self._effect("make_directory", path)
        self._rename("", path, None)

    def sync_directory(self, path: str) -> None:
        self._effect("sync_directory", path)
        rest: list[Change] = []
        for change in self.pending_names:
            parent = str(PurePath(change[0] or change[1]).parent)
            if parent == path:
                _change(self.durable_names, change)
            else:
                rest.append(change)
        self.pending_names = rest

    def free_bytes(self, path: str) -> int:
        return self.free

    def lock(self, path: str) -> "MemoryLock":
        if path in self.locked:
            raise DirectoryRefused(f"{path} is held")
        self.locked.add(path)
        return MemoryLock(self, path)

    def effect(self, operation: str, path: str) -> None:
        self._effect(operation, path)

    # --- inside ---------------------------------------------------------------------

    def _effect(self, operation: str, path: str) -> None:
        self.before_effect(operation, path)
        self.effects.append((operation, path))

    def _inode(self, path: str) -> Inode:
        inode = self.names.get(path)
        if inode is None:
            raise StorageFailure(f"there is no file {path}")
        return inode

    def _rename(self, taken: str, given: str, inode: Inode | None) -> None:
        change = (taken, given, inode)
        _change(self.names, change)
        self.pending_names.append(change)


@dataclass(slots=True)
class MemoryFile:
    disk: MemoryDisk
    path: str
    inode: Inode

    def write_at(self, offset_bytes: int, data: bytes) -> None:
        self.disk.next_offset = offset_bytes
        self.disk.effect("write", self.path)
        _write(self.inode.cached, offset_bytes, data)
        self.inode.pending.append((offset_bytes, data))

    def sync(self) -> None:
        self.disk.effect("sync", self.path)
        self.inode.durable = bytearray(self.inode.cached)
        self.inode.pending.clear()

    def truncate(self, length_bytes: int) -> None:
        self.disk.effect("truncate", self.path)
        del self.inode.cached[length_bytes:]
        self.inode.pending = [
            (offset, data[: length_bytes - offset])
            for offset, data in self.inode.pending
            if offset < length_bytes
        ]

    def close(self) -> None:
        return


@dataclass(slots=True)
class MemoryLock:
    disk: MemoryDisk
    path: str

    def release(self) -> None:
        self.disk.locked.discard(self.path)


def _change(names: dict[str, Inode | None], change: Change) -> None:
    taken, given, inode = change
    if taken and given and inode is None:  # a directory: what lies in it goes with it
        for name in [name for name in names if name.startswith(f"{taken}/")]:
            names[given + name[len(taken) :]] = names.pop(name)
    if taken:
        names.pop(taken, None)
    if given:
        names[given] = inode


def _write(target: bytearray, offset: int, data: bytes) -> None:
    if len(target) < offset:
        target.extend(bytes(offset - len(target)))
    target[offset : offset + len(data)] = data


def _torn(inode: Inode, random: Random, keep: float) -> Inode:
    """The file with any subset of the sectors that were on their way."""
    found = bytearray(inode.durable)
    for offset, data in inode.pending:
        for start in range(0, len(data), SECTOR_BYTES):
            if random.random() < keep:
                _write(found, offset + start, data[start : start + SECTOR_BYTES])
    return Inode(cached=found, durable=bytearray(found))
