"""A program that never stops asking every board how it is: `python -m tests.boards.watcher`.

It runs where all boards can be reached, in a process of its own, and appends what they answered
to a file, a line each round (tests/boards/sightings.py). It ends when it is terminated.
"""

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from raftpi.client import Client
from raftpi.errors import RaftpiError
from raftpi.status import NodeStatus

PAUSE_S = 0.05
# Longer than a reconnection may take, so that a board is not passed over for ever.
SURVEY_LIMIT_S = 0.3


def main(words: Sequence[str]) -> int:
    """Ask until terminated."""
    parser = argparse.ArgumentParser(prog="python -m tests.boards.watcher")
    parser.add_argument("--key", required=True, help="the client's key, with trusted.toml beside")
    parser.add_argument("--out", required=True, help="the file that gets what was seen")
    arguments = parser.parse_args(words)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with (
        Path(arguments.out).open("a", buffering=1, encoding="utf-8") as out,
        Client(key=arguments.key) as client,
    ):
        while not stop.wait(PAUSE_S):
            asked_us = time.monotonic_ns() // 1000
            nodes = {status.id: _of(status) for status in _statuses(client)}
            sighting = {"asked_us": asked_us, "at_us": time.monotonic_ns() // 1000, "nodes": nodes}
            out.write(json.dumps(sighting) + "\n")
    return 0


def _statuses(client: Client) -> list[NodeStatus]:
    try:
        return client.status(timeout_s=SURVEY_LIMIT_S)
    except RaftpiError:
        return []  # nobody answers: that is what is seen


def _of(status: NodeStatus) -> dict[str, object]:
    whole = asdict(status)
    del whole["peers"], whole["sync"], whole["counters"]
    return whole


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
