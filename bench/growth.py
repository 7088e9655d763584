"""Whether a put costs more as keys and log grow, and with how many nodes (raftpi alone)."""

import json
import tempfile
from pathlib import Path
from typing import Any

from bench.load.loop import closed_loop
from bench.long_log import start_times
from bench.peers.raftpi import Raftpi
from bench.processes import processor_s

VALUE_BYTES = 256
DEPTH = 500
FEW, MANY = 1_000, 1_000_000
PART_S = 4.0
# Patient, for snapshots of a million keys on three nodes leave two cores little for heartbeats.
TIMING = "wifi"


def put_cost_us(peer: Any, key_count: int, first: int = 0) -> tuple[float, int]:
    """Processor time that all nodes spend on a put, in µs; and which put comes next."""
    client = peer.put_client(0, VALUE_BYTES, key_count, DEPTH)
    client.skip(first)
    before_s = sum(map(processor_s, peer.pids))
    outcome = closed_loop([client], PART_S, warm_up_s=0.0)
    spent_s = sum(map(processor_s, peer.pids)) - before_s
    client.close()
    return spent_s * 1e6 / len(outcome.latencies_us), client.asked_count


def grow() -> dict[str, float]:
    """The cost of a put with 1,000 keys, and with a million of them; and with a long log."""
    with tempfile.TemporaryDirectory() as directory:
        peer = Raftpi(Path(directory), timing=TIMING)
        try:
            put_cost_us(peer, FEW)
            few_us, _ = put_cost_us(peer, FEW)
            number = 0
            while number < MANY:
                many_us, number = put_cost_us(peer, MANY, number)
            many_us, _ = put_cost_us(peer, MANY, number)
        finally:
            peer.close()
    return {"put_1k_keys": few_us, "put_1M_keys": many_us, **_long_log()}


def _long_log() -> dict[str, float]:
    """The cost of a put into an empty log, and behind a million entries that are kept."""
    with tempfile.TemporaryDirectory() as directory:
        peer = Raftpi(Path(directory), timing=TIMING, snapshot_entries=10 * MANY)
        try:
            put_cost_us(peer, FEW)
            empty_us, number = put_cost_us(peer, FEW)
            total = number
            long_us = empty_us
            while total < MANY:
                long_us, number = put_cost_us(peer, FEW)
                total += number
            long_us, _ = put_cost_us(peer, FEW)
        finally:
            peer.close()
    return {"put_empty_log": empty_us, "put_long_log": long_us}


def figures() -> list[tuple[str, str, float]]:
    """Rows of the table: name, unit, figure."""
    costs = grow()
    rows = [(f"growth_{name}", "us of processor", value) for name, value in costs.items()]
    by_keys = costs["put_1M_keys"] / costs["put_1k_keys"]
    by_log = costs["put_long_log"] / costs["put_empty_log"]
    rows += [("growth_by_keys", "times", by_keys), ("growth_by_log", "times", by_log)]
    for name, value in start_times().items():
        unit = "MB" if "resident" in name else "s"
        rows.append((f"start_1M_entries_{name}", unit, value))
    return rows


def main() -> None:
    """Measure and print."""
    print(json.dumps(figures(), indent=1))


if __name__ == "__main__":
    main()
