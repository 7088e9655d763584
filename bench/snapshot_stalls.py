"""How long does a snapshot of many keys hold up the one thread that does everything?

Fills a state machine, opens a view of it, and walks that in blocks while commands go on being
applied between the blocks; then restores the image. Prints the longest single calls: the time
that passed, which holds what else the machine did meanwhile, and this thread's processor time
without the garbage collector's passes, which are listed by themselves.

    python -m bench.snapshot_stalls [--keys 1000000] [--block-kib 64] [--pythons-own] [--json]
"""

import argparse
import gc
import json
import random
import statistics
import time
from collections.abc import Callable
from typing import TypeVar

from raftpi.command import Put, Stamp, pack_command
from raftpi.daemon.garbage import keep_collections_short
from raftpi.kv.machine import Machine

T = TypeVar("T")


class Stopwatch:
    """Times calls by name, in milliseconds."""

    def __init__(self) -> None:
        self.elapsed_ms: dict[str, list[float]] = {}
        self.processor_ms: dict[str, list[float]] = {}
        self._collecting_s = 0.0
        self._collection_begin_s = 0.0

    def time(self, name: str, call: Callable[[], T]) -> T:
        """What `call` returns."""
        self._collecting_s = 0.0
        begin_s, begin_cpu_s = time.perf_counter(), time.thread_time()
        result = call()
        processor_s = time.thread_time() - begin_cpu_s - self._collecting_s
        self._add(name, time.perf_counter() - begin_s, processor_s)
        return result

    def collection(self, phase: str, details: dict[str, int]) -> None:
        """For `gc.callbacks`."""
        if phase == "start":
            self._collection_begin_s = time.thread_time()
            return
        lasted_s = time.thread_time() - self._collection_begin_s
        self._collecting_s += lasted_s
        self._add(f"collection {details['generation']}", lasted_s, lasted_s)

    def _add(self, name: str, elapsed_s: float, processor_s: float) -> None:
        self.elapsed_ms.setdefault(name, []).append(elapsed_s * 1000)
        self.processor_ms.setdefault(name, []).append(processor_s * 1000)

    def figures(self) -> dict[str, dict[str, float]]:
        """Per name: how many calls, and of their processor time the median and the longest."""
        return {
            name: {
                "calls": len(calls_ms),
                "median_ms": round(statistics.median(calls_ms), 4),
                "longest_ms": round(max(calls_ms), 4),
                "longest_elapsed_ms": round(max(self.elapsed_ms[name]), 4),
            }
            for name, calls_ms in self.processor_ms.items()
        }


class Workload:
    """Puts of 32-byte values to the keys of a fixed set, from many sessions."""

    def __init__(self, machine: Machine, keys: int, sessions: int) -> None:
        self._machine = machine
        self._keys = keys
        self._sessions = sessions
        self._random = random.Random(1)
        self._index = 0

    def fill(self) -> None:
        """Every key once, in an order of its own."""
        order = list(range(self._keys))
        self._random.shuffle(order)
        for number in order:
            self._put(number)

    def command(self) -> bytes:
        """A put of any of the keys, or of one that is new."""
        return self._packed(self._random.randrange(self._keys * 11 // 10))

    def apply(self, command: bytes) -> None:
        """Apply it as the next one."""
        self._index += 1
        self._machine.apply(self._index, command)

    def _put(self, number: int) -> None:
        self.apply(self._packed(number))

    def _packed(self, number: int) -> bytes:
        index = self._index + 1
        stamp = Stamp(
            session_id=index % self._sessions + 1,
            sequence=index // self._sessions + 1,
            first_pending=max(1, index // self._sessions - 3),
            began_index=0,
        )
        return pack_command(stamp, Put(key=b"sensor/%08d" % number, value=b"%032d" % index))


def measure(
    *, keys: int, sessions: int, block_bytes: int, between: int, pythons_own: bool
) -> dict[str, object]:
    """Walk one view with `between` commands after each block, and restore what it gave."""
    if not pythons_own:
        keep_collections_short()
    machine, watch = Machine(), Stopwatch()
    workload = Workload(machine, keys, sessions)
    workload.fill()
    for _ in range(10_000):
        command = workload.command()
        watch.time("apply, no view", lambda command=command: workload.apply(command))
    digest = machine.digest()
    gc.callbacks.append(watch.collection)
    view = watch.time("open", machine.view)
    blocks: list[bytes] = []
    while block := watch.time("next_block", lambda: view.next_block(block_bytes)):
        blocks.append(block)
        for _ in range(between):
            command = workload.command()
            watch.time("apply, view open", lambda command=command: workload.apply(command))
    restoration = machine.restoration()
    for block in blocks:
        watch.time("take", lambda block=block: restoration.take(block))
    restored = watch.time("machine", restoration.machine)
    gc.callbacks.remove(watch.collection)
    return {
        "keys": keys,
        "image_mib": round(sum(map(len, blocks)) / 2**20, 1),
        "largest_block_bytes": max(map(len, blocks)),
        "restored_digest_equal": restored.digest() == digest,
        "calls": watch.figures(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--sessions", type=int, default=4096)
    parser.add_argument("--block-kib", type=int, default=64)
    parser.add_argument("--between", type=int, default=50, help="commands after each block")
    parser.add_argument(
        "--pythons-own", action="store_true", help="full collections too, which the daemon avoids"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(
        keys=options.keys,
        sessions=options.sessions,
        block_bytes=options.block_kib * 1024,
        between=options.between,
        pythons_own=options.pythons_own,
    )
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    calls = figures.pop("calls")
    assert isinstance(calls, dict)
    for name, value in figures.items():
        print(f"{name:24} {value}")
    for name, figure in calls.items():
        print(f"{name:24}", "  ".join(f"{what} {value}" for what, value in figure.items()))


if __name__ == "__main__":
    main()
