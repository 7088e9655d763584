"""Reading the end of a log, and what comes after it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

CHUNK_BYTES = 65_536


def last_lines(
    path: Path, count: int, since_bytes: int = 0, until_bytes: int | None = None
) -> list[str]:
    """The last `count` lines between two places of the log; none when there is no file."""
    if count <= 0:
        return []
    try:
        with path.open("rb") as file:
            end = file.seek(0, 2) if until_bytes is None else until_bytes
            start, tail = end, b""
            while start > since_bytes and tail.count(b"\n") <= count:
                step = min(CHUNK_BYTES, start - since_bytes)
                start -= step
                file.seek(start)
                tail = file.read(step) + tail
    except FileNotFoundError:
        return []
    return tail.decode("utf-8", "replace").splitlines()[-count:]


def size_bytes(path: Path) -> int:
    """How long the log is now; 0 when there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


class Follower:
    """What is added to some logs, line by line, from the places in `positions` on."""

    def __init__(self, logs: Mapping[str, Path], positions: Mapping[str, int]) -> None:
        self._logs = dict(logs)
        self._positions = dict(positions)
        self._rests = dict.fromkeys(logs, b"")

    def lines(self) -> Iterator[tuple[str, str]]:
        """(name, line) for every whole line that was added since the last call.

        A log that grew shorter was made anew and is read from its beginning.
        """
        for name, path in self._logs.items():
            size = size_bytes(path)
            if size < self._positions[name]:
                self._positions[name], self._rests[name] = 0, b""
            if size == self._positions[name]:
                continue
            with path.open("rb") as file:
                file.seek(self._positions[name])
                data = file.read(size - self._positions[name])
            self._positions[name] += len(data)
            *whole, self._rests[name] = (self._rests[name] + data).split(b"\n")
            for line in whole:
                yield name, line.decode("utf-8", "replace")
