"""What a put costs the card, how long a start with a long log takes, how long a snapshot does.

    python -m bench.storage_figures [--image] [--seconds 60] [--repeat 3] [--json] [WHAT ...]

WHAT: puts-at-10, puts-sequential, puts-by-16, start, snapshot; all of them unless said. `--image`
(root) runs the puts on an ext4 of their own, so that what reaches the device is counted too, the
file system's journal included. Figures are medians over the repetitions.
"""

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.card_image import CardImage, mounted_image
from bench.long_log import start_times
from bench.snapshot_times import snapshot_times
from raftpi.client import Client
from raftpi.daemon.kernel_writes import kernel_written_bytes
from raftpi.local.cluster import LocalCluster
from raftpi.status import WearSpan

VALUE_BYTES = 256
NODE_COUNT = 3
SETTLE_S = 2.0

Figures = dict[str, float]


@contextmanager
def place(has_image: bool) -> Iterator[tuple[Path, CardImage | None]]:
    """A directory for the cluster, on an image of its own if wanted."""
    if has_image:
        with mounted_image() as image:
            yield image.directory, image
        return
    with tempfile.TemporaryDirectory(prefix="raftpi-bench-") as directory:
        yield Path(directory), None


def put_at(rate: float) -> Callable[[LocalCluster, float], int]:
    """One client that puts so many times a second, at most; how many puts were acknowledged."""

    def put(cluster: LocalCluster, duration_s: float) -> int:
        with Client(cluster.endpoints(), timeout_s=30) as client:
            count, start_s = 0, time.monotonic()
            while (passed_s := time.monotonic() - start_s) < duration_s:
                if count > passed_s * rate:
                    time.sleep(count / rate - passed_s)
                client.put(f"sensor/{count % 1000}", b"v" * VALUE_BYTES)
                count += 1
            return count

    return put


def put_by(client_count: int) -> Callable[[LocalCluster, float], int]:
    """So many clients, each as fast as it can."""

    def put(cluster: LocalCluster, duration_s: float) -> int:
        counts: list[int] = []
        one = put_at(float("inf"))
        threads = [
            threading.Thread(target=lambda: counts.append(one(cluster, duration_s)))
            for _ in range(client_count)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts)

    return put


LOADS = {"puts-at-10": put_at(10), "puts-sequential": put_by(1), "puts-by-16": put_by(16)}


def put_figures(load: str, *, has_image: bool, duration_s: float) -> Figures:
    """What the puts of a load cost each node of a cluster of real processes."""
    with place(has_image) as (directory, image):
        cluster = LocalCluster.create(directory / "cluster", nodes=NODE_COUNT)
        try:
            cluster.start()
            time.sleep(SETTLE_S)
            return _measure(cluster, LOADS[load], image, duration_s)
        finally:
            cluster.clean()


def _measure(
    cluster: LocalCluster,
    load: Callable[[LocalCluster, float], int],
    image: CardImage | None,
    duration_s: float,
) -> Figures:
    pids = [cluster.pid(node.id) for node in cluster.nodes]
    wear_before = _wear(cluster)
    kernel_before = _kernel_bytes(pids)
    device_before = image.counts() if image is not None else None
    count = load(cluster, duration_s)
    kernel_bytes = _kernel_bytes(pids) - kernel_before
    time.sleep(SETTLE_S)  # the status tells what was a second ago
    wear = {name: value - wear_before[name] for name, value in _wear(cluster).items()}
    put_count, batch_count = count * len(pids), wear["batch_count"]
    figures = {
        "puts_per_s": count / duration_s,
        "handed_bytes_per_put": wear["handed_bytes"] / put_count,
        "page_bytes_per_put": wear["page_bytes"] / put_count,
        "kernel_bytes_per_put": kernel_bytes / put_count,
        "puts_per_batch": put_count / batch_count,
        "page_bytes_per_batch": wear["page_bytes"] / batch_count,
        "syncs_per_batch": wear["sync_count"] / batch_count,
    }
    if image is not None and device_before is not None:
        cost = image.counts().since(device_before)
        figures["device_bytes_per_put"] = cost.written_bytes / put_count
        figures["device_bytes_per_batch"] = cost.written_bytes / batch_count
        figures["device_flushes_per_batch"] = cost.flush_count / batch_count
    return figures


def _wear(cluster: LocalCluster) -> dict[str, int]:
    """The counts of all nodes together."""
    spans = [status.wear.since_start for status in cluster.statuses()]
    assert len(spans) == NODE_COUNT
    return {name: sum(getattr(span, name) for span in spans) for name in WearSpan._fields}


def _kernel_bytes(pids: list[int | None]) -> int:
    """What the kernel charges all of them with."""
    return sum(kernel_written_bytes(Path(f"/proc/{pid}/io")) for pid in pids)


def medians(measure: Callable[[], Figures], repeat_count: int) -> Figures:
    """Figure by figure."""
    runs = [measure() for _ in range(repeat_count)]
    return {name: round(statistics.median(run[name] for run in runs), 3) for name in runs[0]}


def main() -> None:
    """Measure and print."""
    others = {"start": start_times, "snapshot": snapshot_times}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", nargs="*", choices=[*LOADS, *others, []], metavar="WHAT")
    parser.add_argument("--image", action="store_true")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures: dict[str, Figures] = {}
    for name in options.what or [*LOADS, *others]:

        def measure(name: str = name) -> Figures:
            if name in others:
                return others[name]()
            return put_figures(name, has_image=options.image, duration_s=options.seconds)

        figures[name] = medians(measure, options.repeat)
        if not options.json:
            print(name)
            for what, value in figures[name].items():
                print(f"    {what:28} {value}", flush=True)
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
