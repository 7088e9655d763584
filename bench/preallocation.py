"""What does a log's file cost the card, depending on how its room is made?

Writes batches of one sector into segments, each followed by fdatasync, on an ext4 of its own
(root), and reads from the device's counters what that cost, beside what the kernel charged the
process with.

    python -m bench.preallocation [--batches 20000] [--sectors 1] [--json]
"""

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path

from bench.card_image import CardImage, mounted_image
from raftpi.daemon.kernel_writes import kernel_written_bytes

SECTOR_BYTES = 512
# Smaller than the daemon makes them, so that the experiment sees several within minutes.
SEGMENT_BYTES = 1024 * 1024
CHUNK_BYTES = 256 * 1024

# Makes room in a file of so many bytes for so many more.
MakeRoom = Callable[[int, int, int], None]


def zeros(file: int, at: int, length: int) -> None:
    """Write zeros and sync: the extents are written ones from then on."""
    os.pwrite(file, bytes(length), at)
    os.fdatasync(file)


def reserved(file: int, at: int, length: int) -> None:
    """fallocate: the extents are there, but every first write converts one."""
    os.posix_fallocate(file, at, length)
    os.fdatasync(file)


def nothing(file: int, at: int, length: int) -> None:
    """No room: every batch makes the file longer."""


class Writer:
    """Writes batches, from segment to segment."""

    def __init__(self, directory: Path, make_room: MakeRoom, *, recycles: bool) -> None:
        self._directory = directory
        self._make_room = make_room
        self._recycles = recycles
        self._generation = 0
        self._file = -1
        self._end = 0
        self._allocated = 0

    def write(self, batch: bytes) -> None:
        if self._file < 0 or self._end + len(batch) > SEGMENT_BYTES:
            self._next_segment()
        if self._end + len(batch) > self._allocated:
            length = CHUNK_BYTES
            self._make_room(self._file, self._allocated, length)
            self._allocated += length
        os.pwrite(self._file, batch, self._end)
        os.fdatasync(self._file)
        self._end += len(batch)

    def _next_segment(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._generation += 1
        path = self._directory / f"{self._generation}"
        old = self._directory / f"{self._generation - 2}"
        self._end, self._allocated = 0, 0
        if old.exists() and self._recycles:
            old.rename(path)
            self._file = os.open(path, os.O_RDWR)
            self._allocated = SEGMENT_BYTES
        else:
            if old.exists():
                old.unlink()
            self._file = os.open(path, os.O_RDWR | os.O_CREAT)
        descriptor = os.open(self._directory, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

    def close(self) -> None:
        os.close(self._file)


STRATEGIES: dict[str, tuple[MakeRoom, bool]] = {
    "zero-filled": (zeros, False),
    "recycled": (zeros, True),
    "fallocate": (reserved, False),
    "appended": (nothing, False),
}


def measure(image: CardImage, name: str, batch_count: int, batch: bytes) -> dict[str, float]:
    """Bytes and flushes a batch; the first two segments are not counted."""
    make_room, recycles = STRATEGIES[name]
    directory = image.directory / name
    directory.mkdir()
    writer = Writer(directory, make_room, recycles=recycles)
    for _ in range(2 * SEGMENT_BYTES // len(batch)):
        writer.write(batch)
    os.sync()
    before, kernel_before = image.counts(), kernel_written_bytes()
    for _ in range(batch_count):
        writer.write(batch)
    kernel_bytes = kernel_written_bytes() - kernel_before
    os.sync()
    cost = image.counts().since(before)
    writer.close()
    return {
        "device_bytes_per_batch": round(cost.written_bytes / batch_count, 1),
        "kernel_bytes_per_batch": round(kernel_bytes / batch_count, 1),
        "flushes_per_batch": round(cost.flush_count / batch_count, 3),
    }


def main() -> None:
    """Measure all strategies and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--batches", type=int, default=4096)
    parser.add_argument("--sectors", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = {}
    for name in STRATEGIES:
        with mounted_image(256) as image:
            batch = b"\xa5" * (options.sectors * SECTOR_BYTES)
            figure = figures[name] = measure(image, name, options.batches, batch)
        if not options.json:
            told = "  ".join(f"{what} {value}" for what, value in figure.items())
            print(f"{name:12}", told, flush=True)
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
