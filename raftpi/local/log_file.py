"""Reading the end of a log, and what comes after it."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

CHUNK_BYTES = 65_536
POLL_S = 0.2


def last_lines(path: Path, count: int, since_bytes: int = 0) -> list[str]:
    """The last `count` lines of what lies beyond `since_bytes`; none when there is no file."""
    if count <= 0:
        return []
    try:
        with path.open("rb") as file:
            end = file.seek(0, 2)
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


def follow(logs: Mapping[str, Path], poll_s: float = POLL_S) -> Iterator[tuple[str, str]]:
    """(name, line) for every whole line that is added to any of the logs from now on; endless.

    A log that grew shorter was made anew and is read from its beginning.
    """
    positions = {name: size_bytes(path) for name, path in logs.items()}
    rests = dict.fromkeys(logs, b"")
    while True:
        for name, path in logs.items():
            size = size_bytes(path)
            if size < positions[name]:
                positions[name], rests[name] = 0, b""
            if size == positions[name]:
                continue
            with path.open("rb") as file:
                file.seek(positions[name])
                data = file.read(size - positions[name])
            positions[name] += len(data)
            *lines, rests[name] = (rests[name] + data).split(b"\n")
            for line in lines:
                yield name, line.decode("utf-8", "replace")
        time.sleep(poll_s)
