"""The two aims that matter most, in under a minute: throughput, and the wait of a single client.

python -m bench.quick [--rounds 3] [--seconds 1] [--peers raftpi,etcd,pysyncobj,floor]
"""

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from bench.compare import MAKES
from bench.load.loop import closed_loop
from bench.peers.pysyncobj import Pysyncobj

KEY_COUNT = 1000
LARGE_BYTES, SMALL_BYTES = 1280, 256
CLIENT_COUNT = 500


def throughput(peer: Any, seconds: float) -> float:
    """Durable puts a second of 1.25 KB by 500 clients."""
    if isinstance(peer, Pysyncobj):
        return peer.puts(CLIENT_COUNT, seconds, LARGE_BYTES, KEY_COUNT)["per_s"]
    clients = [peer.put_client(number, LARGE_BYTES, KEY_COUNT) for number in range(CLIENT_COUNT)]
    try:
        return closed_loop(clients, seconds, warm_up_s=0.5).per_s
    finally:
        for client in clients:
            client.close()


def single(peer: Any, seconds: float) -> float:
    """The median wait in µs of one client that puts 256 bytes at a time."""
    if isinstance(peer, Pysyncobj):
        return peer.puts(1, seconds, SMALL_BYTES, KEY_COUNT)["p50_us"]
    client = peer.put_client(0, SMALL_BYTES, KEY_COUNT)
    try:
        return closed_loop([client], seconds, warm_up_s=0.3).percentile_us(0.5)
    finally:
        client.close()


def main() -> None:
    """Measure in turns and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--peers", default=",".join(MAKES))
    options = parser.parse_args()
    names = options.peers.split(",")
    rates: dict[str, list[float]] = {name: [] for name in names}
    waits: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(options.rounds):
        for name in names:
            with tempfile.TemporaryDirectory() as directory:
                peer = MAKES[name](Path(directory))
                try:
                    waits[name].append(single(peer, options.seconds / 2))
                    rates[name].append(throughput(peer, options.seconds))
                finally:
                    peer.close()
            print(f"{name:10} {rates[name][-1]:9.0f} puts/s {waits[name][-1]:9.0f} us", flush=True)
    rate = {name: statistics.median(found) for name, found in rates.items()}
    wait = {name: statistics.median(found) for name, found in waits.items()}
    others = [name for name in names if name != "raftpi"]
    line = [f"{rate['raftpi'] / rate[name]:.2f} x {name}" for name in others]
    line2 = [f"{wait['raftpi'] / wait[name]:.2f} x {name}" for name in others]
    print(
        f"raftpi: {rate['raftpi']:.0f} puts/s ({', '.join(line)}); "
        f"p50 {wait['raftpi']:.0f} us ({', '.join(line2)})"
    )


if __name__ == "__main__":
    main()
