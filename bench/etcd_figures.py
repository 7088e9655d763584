"""What a put costs the card under etcd, measured as `bench.storage_figures --image` does.

Three processes on an ext4 image of their own (root), 256-byte values over the HTTP gateway of
one of them; for an etcd from 3.4 on, such as Debian's etcd-server.

    python -m bench.etcd_figures [--etcd PATH] [--seconds 30] [--repeat 3]
"""

import argparse
import base64
import json
import subprocess
import time
import urllib.request
from pathlib import Path

from bench.card_image import CardImage, mounted_image
from bench.storage_figures import NODE_COUNT, VALUE_BYTES, medians
from raftpi.daemon.kernel_writes import kernel_written_bytes

PEER_PORT, CLIENT_PORT = 23800, 23900
SETTLE_S = 5.0
TRY_COUNT = 20


def start(binary: str, directory: Path) -> list[subprocess.Popen[bytes]]:
    """The processes; timing relaxed, so that a busy machine brings no elections."""
    members = ",".join(f"n{i}=http://127.0.0.1:{PEER_PORT + i}" for i in range(NODE_COUNT))
    processes = []
    for i in range(NODE_COUNT):
        peer, client = f"http://127.0.0.1:{PEER_PORT + i}", f"http://127.0.0.1:{CLIENT_PORT + i}"
        options = {
            "name": f"n{i}",
            "data-dir": str(directory / f"n{i}"),
            "listen-client-urls": client,
            "advertise-client-urls": client,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": members,
            "heartbeat-interval": "300",
            "election-timeout": "3000",
        }
        words = [binary, *(f"--{name}={value}" for name, value in options.items())]
        silent = subprocess.DEVNULL
        processes.append(subprocess.Popen(words, stdout=silent, stderr=silent))
    return processes


def put(number: int) -> None:
    """One put, tried again while there is no leader yet."""
    pair = {"key": b"sensor/%d" % (number % 1000), "value": b"v" * VALUE_BYTES}
    body = json.dumps({name: base64.b64encode(data).decode() for name, data in pair.items()})
    url = f"http://127.0.0.1:{CLIENT_PORT}/v3/kv/put"
    for left in reversed(range(TRY_COUNT)):
        try:
            with urllib.request.urlopen(url, data=body.encode(), timeout=20) as answer:
                answer.read()
        except OSError:
            if not left:
                raise
            time.sleep(0.5)
        else:
            return


def measure(binary: str, rate: float, duration_s: float) -> dict[str, float]:
    """Bytes and flushes a put and node."""
    with mounted_image() as image:
        processes = start(binary, image.directory)
        try:
            put(0)
            time.sleep(SETTLE_S)
            return _cost(image, [process.pid for process in processes], rate, duration_s)
        finally:
            for process in processes:
                process.kill()
            for process in processes:
                process.wait()


def _cost(image: CardImage, pids: list[int], rate: float, duration_s: float) -> dict[str, float]:
    def kernel_bytes() -> int:
        return sum(kernel_written_bytes(Path(f"/proc/{pid}/io")) for pid in pids)

    kernel_before, device_before = kernel_bytes(), image.counts()
    count, start_s = 0, time.monotonic()
    while (passed_s := time.monotonic() - start_s) < duration_s:
        if count > passed_s * rate:
            time.sleep(count / rate - passed_s)
        put(count)
        count += 1
    kernel, device = kernel_bytes() - kernel_before, image.counts().since(device_before)
    return {
        "puts_per_s": count / duration_s,
        "kernel_bytes_per_put": kernel / count / len(pids),
        "device_bytes_per_put": device.written_bytes / count / len(pids),
        "device_flushes_per_put": device.flush_count / count / len(pids),
    }


def main() -> None:
    """Measure at 10 puts a second and at full speed, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--etcd", default="etcd", metavar="PATH")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    for name, rate in (("puts-at-10", 10.0), ("puts-sequential", float("inf"))):
        figures = medians(
            lambda rate=rate: measure(options.etcd, rate, options.seconds), options.repeat
        )
        print(name)
        for what, value in figures.items():
            print(f"    {what:28} {value}", flush=True)


if __name__ == "__main__":
    main()
