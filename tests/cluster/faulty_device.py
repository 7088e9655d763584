"""A block device that fails on demand and forgets at a power cut what was never flushed (root).

The kernel of a test machine need not have the device mapper's error, flakey or log-writes
targets. So the device is a loop device whose backing file lies in a file system of one file, which
a thread of this process serves over /dev/fuse: every read, write and flush of the real ext4 on it
comes by here. Source of the layouts: include/uapi/linux/fuse.h.
"""

import ctypes
import errno
import os
import stat
import struct
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

SECTOR_BYTES = 512
NAME = b"device"
ROOT_NODE, FILE_NODE = 1, 2
REQUEST_BYTES = 1 << 20
MAX_WRITE_BYTES = 128 * 1024
FOR_EVER_S = 1 << 30
DIRECT_IO = 1
MAX_PAGES_FLAG = 1 << 22
LAZY, NO_SUID_NO_DEVICES = 2, 6

LOOKUP, FORGET, GETATTR, SETATTR, OPEN, READ, WRITE = 1, 2, 3, 4, 14, 15, 16
STATFS, RELEASE, FSYNC, FLUSH, INIT, OPENDIR, RELEASEDIR = 17, 18, 20, 25, 26, 27, 29
DESTROY, BATCH_FORGET = 38, 42
SILENT = (FORGET, BATCH_FORGET)
EMPTY = (RELEASE, FLUSH, RELEASEDIR, DESTROY)


@dataclass(slots=True)
class Card:
    """What lies on the device: as it answers, and as it would after a power cut.

    Each of the faults holds until it is taken back. `bad`: parts that cannot be read.
    `flush_count` counts the flushes that were answered.
    """

    answered: bytearray
    flushed: bytearray = field(default_factory=bytearray)
    unflushed: list[tuple[int, bytes]] = field(default_factory=list)
    fails_flushes: bool = False
    fails_writes: bool = False
    is_cut_off: bool = False
    bad: list[range] = field(default_factory=list)
    flush_count: int = 0
    _moment: threading.Lock = field(default_factory=threading.Lock)

    def read(self, offset: int, length: int) -> bytes:
        is_bad = any(part.start < offset + length and offset < part.stop for part in self.bad)
        if self.is_cut_off or is_bad:
            raise OSError(errno.EIO, "a bad sector")
        return bytes(self.answered[offset : offset + length])

    def write(self, offset: int, data: bytes) -> None:
        with self._moment:
            if self.is_cut_off or self.fails_writes:
                raise OSError(errno.EIO, "a failed write")
            self.answered[offset : offset + len(data)] = data
            self.unflushed.append((offset, data))

    def flush(self) -> None:
        with self._moment:
            if self.is_cut_off or self.fails_flushes:
                raise OSError(errno.EIO, "a failed flush")
            for offset, data in self.unflushed:
                self.flushed[offset : offset + len(data)] = data
            self.unflushed.clear()
            self.flush_count += 1

    def spoil(self, content: bytes) -> None:
        """Wherever this lies, it cannot be read any more; it must lie somewhere."""
        at = self.answered.find(content)
        assert at >= 0
        while at >= 0:
            first = at // SECTOR_BYTES * SECTOR_BYTES
            self.bad.append(range(first, first + SECTOR_BYTES))
            at = self.answered.find(content, at + 1)

    def cut_power(self, chance: Random) -> bytes:
        """Nothing reaches it from now on; what is left: all that was flushed, and any sectors."""
        with self._moment:
            self.is_cut_off = True
        found = bytearray(self.flushed)
        keep = chance.random()
        for offset, data in self.unflushed:
            for at in range(0, len(data), SECTOR_BYTES):
                if chance.random() < keep:
                    found[offset + at : offset + at + SECTOR_BYTES] = data[at : at + SECTOR_BYTES]
        return bytes(found)


class FaultyDevice:
    """Serves a card as ROOT/served/device until `close`."""

    def __init__(self, root: Path, image: bytes) -> None:
        self.card = Card(answered=bytearray(image), flushed=bytearray(image))
        self.directory = root / "served"
        self.directory.mkdir(exist_ok=True)
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self._descriptor},rootmode=40000,user_id=0,group_id=0,allow_other"
        mounted = self._libc.mount(
            b"raftpi-faulty-device",
            os.fsencode(self.directory),
            b"fuse",
            NO_SUID_NO_DEVICES,
            options.encode(),
        )
        assert mounted == 0, os.strerror(ctypes.get_errno())
        self._answers: dict[int, Callable[[int, bytes], bytes]] = {
            INIT: self._init,
            LOOKUP: self._look_up,
            GETATTR: lambda node, body: struct.pack("<QII", FOR_EVER_S, 0, 0) + self._attr(node),
            SETATTR: lambda node, body: struct.pack("<QII", FOR_EVER_S, 0, 0) + self._attr(node),
            OPEN: lambda node, body: struct.pack("<QII", 0, DIRECT_IO, 0),
            OPENDIR: lambda node, body: struct.pack("<QII", 0, 0, 0),
            STATFS: lambda node, body: bytes(80),
            READ: self._read,
            WRITE: self._write,
            FSYNC: self._flush,
        }
        self._thread = threading.Thread(target=self._serve, name="faulty-device", daemon=True)
        self._thread.start()

    @property
    def path(self) -> Path:
        return self.directory / NAME.decode()

    def close(self) -> None:
        """Nobody uses it any more."""
        self._libc.umount2(os.fsencode(self.directory), LAZY)
        self._thread.join(20)
        os.close(self._descriptor)

    def _serve(self) -> None:
        while True:
            try:
                request = os.read(self._descriptor, REQUEST_BYTES)
            except OSError as error:
                if error.errno in (errno.EINTR, errno.ENOENT):
                    continue
                return  # unmounted
            _, operation, unique, node = struct.unpack_from("<IIQQ", request)
            if operation in SILENT:
                continue
            code, answer = self._answer(operation, node, request[40:])
            try:
                os.write(
                    self._descriptor, struct.pack("<IiQ", 16 + len(answer), -code, unique) + answer
                )
            except OSError as error:
                if error.errno != errno.ENOENT:  # the one who asked has been killed meanwhile
                    return

    def _answer(self, operation: int, node: int, body: bytes) -> tuple[int, bytes]:
        if operation in EMPTY:
            return 0, b""
        answer = self._answers.get(operation)
        if answer is None:
            return errno.ENOSYS, b""
        try:
            return 0, answer(node, body)
        except OSError as error:
            return error.errno or errno.EIO, b""

    def _init(self, node: int, body: bytes) -> bytes:
        major, minor, read_ahead, _ = struct.unpack_from("<IIII", body)
        pages = MAX_WRITE_BYTES // 4096
        fields = (7, min(minor, 31), read_ahead, MAX_PAGES_FLAG, 16, 12, MAX_WRITE_BYTES, 1, pages)
        assert major == 7
        return struct.pack("<IIIIHHIIH", *fields).ljust(64, b"\0")

    def _look_up(self, node: int, body: bytes) -> bytes:
        if node != ROOT_NODE or body.rstrip(b"\0") != NAME:
            raise OSError(errno.ENOENT, "no such file")
        times = struct.pack("<QQQQII", FILE_NODE, 0, FOR_EVER_S, FOR_EVER_S, 0, 0)
        return times + self._attr(FILE_NODE)

    def _attr(self, node: int) -> bytes:
        size = len(self.card.answered) if node == FILE_NODE else 0
        mode = stat.S_IFREG | 0o600 if node == FILE_NODE else stat.S_IFDIR | 0o700
        sizes = (node, size, size // SECTOR_BYTES, 0, 0, 0)
        return struct.pack("<6Q10I", *sizes, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

    def _read(self, node: int, body: bytes) -> bytes:
        _, offset, length = struct.unpack_from("<QQI", body)
        return self.card.read(offset, length)

    def _write(self, node: int, body: bytes) -> bytes:
        _, offset, length = struct.unpack_from("<QQI", body)
        self.card.write(offset, body[40 : 40 + length])
        return struct.pack("<II", length, 0)

    def _flush(self, node: int, body: bytes) -> bytes:
        self.card.flush()
        return b""


class MountedCard:
    """A real ext4 on a faulty device, mounted at ROOT/card."""

    def __init__(self, root: Path, size_bytes: int) -> None:
        self.mounted = root / "card"
        self.mounted.mkdir()
        self._root = root
        image = root / "empty.img"
        with image.open("wb") as file:
            file.truncate(size_bytes)
        run("mkfs.ext4", "-q", "-m", "0", str(image))
        self._device = FaultyDevice(root, image.read_bytes())
        self._mount()

    @property
    def card(self) -> Card:
        return self._device.card

    def unmounted_and_again(self) -> None:
        """Nothing is in the page cache any more."""
        self._unmount()
        self._mount()

    def cut_power(self, chance: Random) -> None:
        """From this moment on nothing reaches the card, and nobody hears of a flush any more."""
        self._found_after = self.card.cut_power(chance)

    def power_up(self) -> None:
        """What is left after `cut_power`, mounted anew; the processes on it are gone."""
        self._unmount()
        self._device.close()
        self._device = FaultyDevice(self._root, self._found_after)
        self._mount()

    def close(self) -> None:
        self._unmount()
        self._device.close()

    def _mount(self) -> None:
        run("mount", "-o", "loop", str(self._device.path), str(self.mounted))

    def _unmount(self) -> None:
        run("umount", str(self.mounted))


def run(*words: str) -> None:
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{words}: {done.stderr}"
