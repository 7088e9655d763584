"""The work that every peer is given, and what is measured of it."""

import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.faults import hand_over_gap_ms, without_leader_ms
from bench.load.loop import Client, Outcome, closed_loop, open_loop
from bench.peers.peer import NotOffered
from bench.peers.pysyncobj import Pysyncobj
from bench.processes import resident_mb as resident_of

KEY_COUNT = 1000
SMALL_BYTES, LARGE_BYTES = 256, 1280
PIPELINE_DEPTH = 500
OVERWRITE_COUNT = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """`measure(peer, seconds)` gives one figure in `unit`; raises NotOffered.

    `needs`: what a peer must be able to do. `is_long`: one round of it is enough.
    """

    name: str
    unit: str
    measure: Callable[[Any, float], float]
    needs: str = "pids"
    is_long: bool = False


def puts_per_s(client_count: int, value_bytes: int) -> Callable[[Any, float], float]:
    """Durable puts a second by so many clients, each with one put under way."""

    def measure(peer: Any, seconds: float) -> float:
        if isinstance(peer, Pysyncobj):
            return peer.puts(client_count, seconds, value_bytes, KEY_COUNT)["per_s"]
        return _puts(peer, client_count, value_bytes, seconds).per_s

    return measure


def put_p50_us(peer: Any, seconds: float) -> float:
    """The median wait of one client that puts 256 bytes at a time."""
    if isinstance(peer, Pysyncobj):
        return peer.puts(1, seconds, SMALL_BYTES, KEY_COUNT)["p50_us"]
    return _puts(peer, 1, SMALL_BYTES, seconds).percentile_us(0.5)


def pipelined_puts_per_s(peer: Any, seconds: float) -> float:
    """Puts a second of 1.25 KB on one connection with 500 under way."""
    if peer.name not in ("raftpi", "floor"):
        raise NotOffered
    client = peer.put_client(0, LARGE_BYTES, KEY_COUNT, PIPELINE_DEPTH)
    return _closed([client], seconds).per_s


def reads_per_s(client_count: int, value_bytes: int) -> Callable[[Any, float], float]:
    """Linearizable reads a second of keys that hold so many bytes."""

    def measure(peer: Any, seconds: float) -> float:
        _fill(peer, value_bytes)
        return _closed(_readers(peer, client_count), seconds).per_s

    return measure


def mix_per_s(peer: Any, seconds: float) -> float:
    """Operations a second of 64 clients, nine in ten of them reads, of 256 bytes."""
    _fill(peer, SMALL_BYTES)
    clients = [peer.mixed_client(number, SMALL_BYTES, KEY_COUNT) for number in range(64)]
    return _closed(clients, seconds).per_s


def put_p99_us(rate: float) -> Callable[[Any, float], float]:
    """The wait that 99 of 100 puts of 256 bytes keep within, at so many puts a second."""

    def measure(peer: Any, seconds: float) -> float:
        clients = [peer.put_client(number, SMALL_BYTES, KEY_COUNT) for number in range(64)]
        try:
            return open_loop(clients, rate, seconds).percentile_us(0.99)
        finally:
            _close(clients)

    return measure


def resident_mb(peer: Any, seconds: float) -> float:
    """The memory of the largest process, in MB of 10^6 bytes, after overwriting 1,000 keys."""
    if isinstance(peer, Pysyncobj):
        done, pids = 0.0, peer.pids
        while done < OVERWRITE_COUNT:
            done += peer.puts(PIPELINE_DEPTH, 5 * seconds, SMALL_BYTES, KEY_COUNT)["per_s"] * (
                5 * seconds
            )
        return max(map(resident_of, pids))
    done_count = 0
    while done_count < OVERWRITE_COUNT:
        done_count += len(_puts(peer, 64, SMALL_BYTES, 5 * seconds).latencies_us)
    return max(map(resident_of, peer.pids))


def _puts(peer: Any, client_count: int, value_bytes: int, seconds: float) -> Outcome:
    return _closed(
        [peer.put_client(number, value_bytes, KEY_COUNT) for number in range(client_count)], seconds
    )


def _readers(peer: Any, count: int) -> list[Client]:
    return [peer.read_client(number, KEY_COUNT) for number in range(count)]


def _fill(peer: Any, value_bytes: int) -> None:
    """Give every key a value: each client begins at another one, and together they reach all."""
    _puts(peer, 64, value_bytes, 1.0)


def _closed(clients: Sequence[Client], seconds: float) -> Outcome:
    try:
        return closed_loop(clients, seconds)
    finally:
        _close(clients)


def _close(clients: Sequence[Client]) -> None:
    for client in clients:
        client.close()


WORKS = (
    Work(name="puts_1280B_500c", unit="1/s", measure=puts_per_s(500, LARGE_BYTES)),
    Work(name="puts_1280B_64c", unit="1/s", measure=puts_per_s(64, LARGE_BYTES)),
    Work(name="puts_1280B_1c", unit="1/s", measure=puts_per_s(1, LARGE_BYTES)),
    Work(name="puts_256B_500c", unit="1/s", measure=puts_per_s(500, SMALL_BYTES)),
    Work(name="puts_256B_64c", unit="1/s", measure=puts_per_s(64, SMALL_BYTES)),
    Work(name="puts_256B_1c", unit="1/s", measure=puts_per_s(1, SMALL_BYTES)),
    Work(name="put_256B_1c_p50", unit="us", measure=put_p50_us),
    Work(name="puts_1280B_pipelined", unit="1/s", measure=pipelined_puts_per_s),
    Work(
        name="reads_256B_500c",
        unit="1/s",
        measure=reads_per_s(500, SMALL_BYTES),
        needs="read_client",
    ),
    Work(
        name="reads_256B_64c",
        unit="1/s",
        measure=reads_per_s(64, SMALL_BYTES),
        needs="read_client",
    ),
    Work(
        name="reads_256B_1c",
        unit="1/s",
        measure=reads_per_s(1, SMALL_BYTES),
        needs="read_client",
    ),
    Work(
        name="reads_1280B_500c",
        unit="1/s",
        measure=reads_per_s(500, LARGE_BYTES),
        needs="read_client",
    ),
    Work(
        name="reads_1280B_64c",
        unit="1/s",
        measure=reads_per_s(64, LARGE_BYTES),
        needs="read_client",
    ),
    Work(
        name="reads_1280B_1c",
        unit="1/s",
        measure=reads_per_s(1, LARGE_BYTES),
        needs="read_client",
    ),
    Work(name="mix90_256B_64c", unit="1/s", measure=mix_per_s, needs="read_client"),
    Work(name="put_256B_p99_at_1500", unit="us", measure=put_p99_us(1500), needs="put_client"),
    Work(name="resident_after_overwrites", unit="MB", measure=resident_mb, is_long=True),
    Work(
        name="sigkill_to_next_write",
        unit="ms",
        measure=without_leader_ms(signal.SIGKILL),
        needs="leader_pid",
        is_long=True,
    ),
    Work(
        name="sigstop_to_next_write",
        unit="ms",
        measure=without_leader_ms(signal.SIGSTOP),
        needs="leader_pid",
        is_long=True,
    ),
    Work(
        name="hand_over_longest_gap",
        unit="ms",
        measure=hand_over_gap_ms,
        needs="hand_over",
        is_long=True,
    ),
)
