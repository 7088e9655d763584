"""A small ext4 file system on a loop device, whose own counters tell what reaches the device.

Needs root, losetup, mkfs.ext4 and mount. What a process is charged with in /proc leaves out what
the file system writes besides, its journal above all; the device's counters do not.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

SECTOR_BYTES = 512
# Places in /sys/block/DEVICE/stat (Documentation/block/stat.rst).
WRITTEN_SECTORS, FLUSHES = 6, 15


class DeviceCounts(NamedTuple):
    """What a block device has taken so far."""

    written_bytes: int
    flush_count: int

    def since(self, before: "DeviceCounts") -> "DeviceCounts":
        return DeviceCounts(*(now - then for now, then in zip(self, before, strict=True)))


class CardImage:
    """A mounted image: files go to `directory`."""

    def __init__(self, directory: Path, device: str) -> None:
        self.directory = directory
        self.device = device
        self._stat = Path("/sys/block") / Path(device).name / "stat"

    def counts(self) -> DeviceCounts:
        """Of the device, as of now; what is not synced yet is not in it."""
        numbers = [int(number) for number in self._stat.read_text().split()]
        return DeviceCounts(numbers[WRITTEN_SECTORS] * SECTOR_BYTES, numbers[FLUSHES])


@contextmanager
def mounted_image(size_mib: int = 1024) -> Iterator[CardImage]:
    """A fresh ext4 with the defaults of Raspberry Pi OS (noatime); gone at the end."""
    with tempfile.TemporaryDirectory(prefix="raftpi-image-") as scratch:
        image, directory = Path(scratch) / "image", Path(scratch) / "files"
        directory.mkdir()
        with image.open("wb") as file:
            file.truncate(size_mib * 1024 * 1024)
        # Without the lazy ones the file system does not write by itself later.
        lazy = "lazy_itable_init=0,lazy_journal_init=0"
        _run("mkfs.ext4", "-q", "-F", "-b", "4096", "-E", lazy, str(image))
        device = _run("losetup", "--find", "--show", str(image)).strip()
        try:
            _run("mount", "-o", "noatime", device, str(directory))
            try:
                yield CardImage(directory, device)
            finally:
                _run("umount", str(directory))
        finally:
            _run("losetup", "--detach", device)


def _run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout
