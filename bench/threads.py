"""Where the processor's time goes: µs a put, by process and thread, beside the load's own.

python -m bench.threads [--peer raftpi] [--clients 500] [--bytes 1280] [--seconds 5] [--depth 1]
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from bench.compare import MAKES
from bench.load.loop import closed_loop
from bench.works import KEY_COUNT

WARM_UP_S = 1.0
_TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")


class Spent(NamedTuple):
    """Processor time of a thread, in µs."""

    user_us: float
    system_us: float


def spent(pid: int) -> dict[str, Spent]:
    """By thread, `name/tid`."""
    found: dict[str, Spent] = {}
    for task in sorted(Path(f"/proc/{pid}/task").iterdir(), key=lambda path: int(path.name)):
        name, _, rest = (task / "stat").read_text().partition("(")[2].rpartition(")")
        fields = rest.split()
        found[f"{name}/{task.name}"] = Spent(int(fields[11]) * _TICK_US, int(fields[12]) * _TICK_US)
    return found


def main() -> None:
    """Run the load and print a line a thread."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--peer", default="raftpi", choices=sorted(MAKES))
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--bytes", type=int, default=1280)
    parser.add_argument("--depth", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        peer: Any = MAKES[options.peer](Path(directory))
        try:
            clients = [
                peer.put_client(number, options.bytes, KEY_COUNT, options.depth)
                for number in range(options.clients)
            ]
            pids = [*peer.pids, os.getpid()]
            closed_loop(clients, 0.1, WARM_UP_S)
            before, began_s = [spent(pid) for pid in pids], time.perf_counter()
            outcome = closed_loop(clients, options.seconds, 0.0)
            after, lasted_s = [spent(pid) for pid in pids], time.perf_counter() - began_s
            count = len(outcome.latencies_us)
            print(f"{outcome.per_s:.0f} puts/s, p50 {outcome.percentile_us(0.5):.0f} us")
            for pid, old, new in zip(pids, before, after, strict=True):
                what = "load" if pid == os.getpid() else f"{peer.name} {pid}"
                for thread, now in new.items():
                    was = old.get(thread, Spent(0, 0))
                    user_us, system_us = now.user_us - was.user_us, now.system_us - was.system_us
                    if user_us + system_us > lasted_s * 1000:
                        print(
                            f"{what:16} {thread:24} {user_us / count:7.1f} user "
                            f"{system_us / count:7.1f} system us/put"
                        )
        finally:
            peer.close()


if __name__ == "__main__":
    main()
