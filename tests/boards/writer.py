"""A program that never stops writing: `python -m tests.boards.writer --help`.

It runs where all boards can be reached, in a process of its own, and appends what it was told of
each write to a file, a line each (tests/boards/write_record.py). It ends when it is terminated.
"""

import argparse
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from raftpi.client import Client
from raftpi.errors import Timeout, Unavailable
from tests.boards.write_record import Outcome


def main(words: Sequence[str]) -> int:
    """Write until terminated."""
    parser = argparse.ArgumentParser(prog="python -m tests.boards.writer")
    parser.add_argument("--key", required=True, help="the client's key, with trusted.toml beside")
    parser.add_argument("--out", required=True, help="the file that gets the record")
    parser.add_argument("--prefix", required=True, help="of the keys, its own for each run")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pause-ms", type=float, default=5.0, help="between two writes")
    parser.add_argument("--timeout-s", type=float, default=5.0, help="of one write")
    arguments = parser.parse_args(words)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with Path(arguments.out).open("a", buffering=1, encoding="utf-8") as out:
        threads = [
            threading.Thread(target=_write_on, args=(arguments, out, stop, f"{n}"))
            for n in range(arguments.threads)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return 0


def _write_on(
    arguments: argparse.Namespace, out: TextIO, stop: threading.Event, thread: str
) -> None:
    with Client(key=arguments.key, timeout_s=arguments.timeout_s) as client:
        count = 0
        while not stop.is_set():
            count += 1
            name = f"{arguments.prefix}/{thread}.{count:06d}"
            called_us = _now_us()
            outcome = _put(client, name)
            out.write(f"{called_us} {_now_us()} {outcome.value} {name}\n")
            stop.wait(arguments.pause_ms / 1000)


def _put(client: Client, name: str) -> Outcome:
    try:
        client.put(name, name)
    except Timeout:
        return Outcome.UNKNOWN
    except Unavailable:
        return Outcome.NOT_DONE
    return Outcome.ACKNOWLEDGED


def _now_us() -> int:
    return time.monotonic_ns() // 1000


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
