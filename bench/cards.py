"""What the card bears, and what can be done on a slow one (root): an ext4 image of its own."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.card_image import mounted_image
from bench.cgroup import slow_card, slow_processors
from bench.load.loop import closed_loop, open_loop
from bench.peers.peer import NotOffered
from bench.processes import processor_s

WRITES_PER_S = 100
PROCESSOR_SHARE = 0.1
RATE = 10.0
VALUE_BYTES, LARGE_BYTES, KEY_COUNT = 256, 1280, 1000
CLIENT_COUNT = 500
FEW_COUNT = 64

MakePeer = Callable[[Path], Any]


def device_bytes_per_put(make: MakePeer, seconds: float) -> float:
    """Bytes that reach the device for each put and node, at ten puts a second."""
    with mounted_image() as image:
        peer = make(image.directory)
        try:
            if not hasattr(peer, "read_client"):
                raise NotOffered
            client = peer.put_client(0, VALUE_BYTES, KEY_COUNT)
            open_loop([client], RATE, 2.0)
            before = image.counts()
            outcome = open_loop([client], RATE, seconds, warm_up_s=0.0)
            client.close()
            written = image.counts().since(before).written_bytes
            return written / len(outcome.latencies_us) / len(peer.pids)
        finally:
            peer.close()


def puts_on_slow_card(make: MakePeer, seconds: float) -> float:
    """Durable puts a second of 1.25 KB by 500 clients, with 100 write operations a second."""
    with mounted_image() as image, tempfile.TemporaryDirectory():
        with slow_card(image.device, WRITES_PER_S):
            peer = make(image.directory)
        try:
            return _puts_per_s(peer, CLIENT_COUNT, LARGE_BYTES, seconds)
        finally:
            peer.close()


def puts_on_slow_processor(make: MakePeer, seconds: float) -> float:
    """Durable puts a second of 256 bytes by 64 clients; each node has a tenth of a core."""
    with tempfile.TemporaryDirectory() as directory:
        peer = make(Path(directory))
        try:
            with slow_processors(peer.pids, PROCESSOR_SHARE):
                return _puts_per_s(peer, FEW_COUNT, VALUE_BYTES, seconds)
        finally:
            peer.close()


def _puts_per_s(peer: Any, count: int, value_bytes: int, seconds: float) -> float:
    if not hasattr(peer, "put_client"):
        return float(peer.puts(count, seconds, value_bytes, KEY_COUNT)["per_s"])
    clients = [peer.put_client(number, value_bytes, KEY_COUNT) for number in range(count)]
    try:
        return closed_loop(clients, seconds, warm_up_s=2.0).per_s
    finally:
        for client in clients:
            client.close()


def idle_percent(makes: dict[str, MakePeer], seconds: float) -> dict[str, float]:
    """Processor of an idle node, in percent of a core: of all peers at once, for the same time.

    The mean of a peer's nodes. Together they use little, so they do not disturb one another.
    """
    peers: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as directory:
        try:
            for name, make in makes.items():
                place = Path(directory) / name
                place.mkdir()
                peers[name] = make(place)
            time.sleep(5.0)
            before = {name: sum(map(processor_s, peer.pids)) for name, peer in peers.items()}
            began_s = time.perf_counter()
            time.sleep(seconds)
            lasted_s = time.perf_counter() - began_s
            return {
                name: 100
                * (sum(map(processor_s, peer.pids)) - before[name])
                / lasted_s
                / len(peer.pids)
                for name, peer in peers.items()
            }
        finally:
            for peer in peers.values():
                peer.close()
