"""One process of PySyncObj, which is also its own client.

    python -m bench.peers.pysyncobj_node OWN_PORT OTHER_PORT...

Lines on standard input are JSON: {"depth", "seconds", "value_bytes", "key_count"}. The leader puts
with so many under way and prints {"per_s", "p50_us"}; the others print {}.
"""

import json
import sys
import threading
import time
from typing import Any

from pysyncobj import SyncObj, SyncObjConf, replicated

WARM_UP_S = 1.0


class Store(SyncObj):  # type: ignore[misc]  # untyped
    """A replicated dictionary."""

    def __init__(self, own: str, others: list[str]) -> None:
        """Never syncs, which is its fastest."""
        super().__init__(own, others, SyncObjConf(commandsQueueSize=1_000_000))
        self.items: dict[str, str] = {}

    @replicated  # type: ignore[untyped-decorator]
    def put(self, key: str, value: str) -> None:
        """Set one key."""
        self.items[key] = value


def run(store: Store, depth: int, seconds: float, value_bytes: int, key_count: int) -> Any:
    """A closed loop inside this process."""
    value = "v" * value_bytes
    latencies_us: list[float] = []
    over = threading.Event()
    from_s = time.perf_counter() + WARM_UP_S
    until_s = from_s + seconds
    number = 0

    def begin() -> None:
        nonlocal number
        number += 1
        begun_s = time.perf_counter()

        def done(_: object, error: int) -> None:
            now_s = time.perf_counter()
            if now_s >= until_s:
                over.set()
                return
            if error == 0 and now_s >= from_s:
                latencies_us.append((now_s - begun_s) * 1e6)
            begin()

        store.put(f"key/{number % key_count}", value, callback=done)

    for _ in range(depth):
        begin()
    over.wait(seconds + 30)
    ordered = sorted(latencies_us)
    if not ordered:
        return {"per_s": 0.0, "p50_us": 0.0}
    return {"per_s": len(ordered) / seconds, "p50_us": ordered[len(ordered) // 2]}


def main() -> None:
    """Serve until standard input ends."""
    own, *others = (f"127.0.0.1:{port}" for port in sys.argv[1:])
    store = Store(own, others)
    while not store._isReady():
        time.sleep(0.05)
    print("ready", flush=True)
    for line in sys.stdin:
        is_leader = str(store._getLeader()) == own
        print(json.dumps(run(store, **json.loads(line)) if is_leader else {}), flush=True)


if __name__ == "__main__":
    main()
