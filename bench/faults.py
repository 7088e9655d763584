"""How long nothing is acknowledged: the leader is killed, stopped, or hands over."""

import os
import signal
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

# A put that is not acknowledged does not tell when the next would be: another is begun so often.
ATTEMPT_S = 0.02
ATTEMPT_TIMEOUT_S = 8.0
GIVE_UP_S = 20.0
FAULT_COUNT = 7
HAND_OVER_COUNT = 7
VALUE_BYTES, KEY_COUNT = 256, 1000


def without_leader_ms(number: int) -> Callable[[Any, float], float]:
    """From this signal at the leader to the next acknowledged put: the median of several."""

    def measure(peer: Any, seconds: float) -> float:
        gaps = sorted(_gap_ms(peer, number) for _ in range(FAULT_COUNT))
        return gaps[len(gaps) // 2]

    return measure


def hand_over_gap_ms(peer: Any, seconds: float) -> float:
    """The longest time without an acknowledged put around a planned hand-over: the median."""
    gaps = sorted(_hand_over_ms(peer) for _ in range(HAND_OVER_COUNT))
    return gaps[len(gaps) // 2]


def _gap_ms(peer: Any, number: int) -> float:
    leader = peer.leader_pid()
    peer.put_somewhere(0, ATTEMPT_TIMEOUT_S)
    began_s = time.perf_counter()
    os.kill(leader, number)
    try:
        return (_first_acknowledged_s(peer, leader) - began_s) * 1000
    finally:
        if number == signal.SIGSTOP:
            os.kill(leader, signal.SIGCONT)
        peer.heal()


def _first_acknowledged_s(peer: Any, avoided_pid: int) -> float:
    """When the first of the puts that are begun from now on is acknowledged."""
    done = threading.Event()
    moments: list[float] = []

    def attempt() -> None:
        try:
            acknowledged = peer.put_somewhere(avoided_pid, ATTEMPT_TIMEOUT_S)
        except Exception:  # noqa: BLE001  # of whatever kind: it was not acknowledged
            return
        if acknowledged:
            moments.append(time.perf_counter())
            done.set()

    threads: list[threading.Thread] = []
    end_s = time.perf_counter() + GIVE_UP_S
    while not done.is_set() and time.perf_counter() < end_s:
        threads.append(threading.Thread(target=attempt, daemon=True))
        threads[-1].start()
        done.wait(ATTEMPT_S if peer.name != "raftpi" else GIVE_UP_S)
    for thread in threads:
        thread.join(ATTEMPT_TIMEOUT_S)
    return min(moments)


def _hand_over_ms(peer: Any) -> float:
    """One hand-over under a client that puts without pause, as each peer's client does it."""
    peer.leader_pid()
    moments = [time.perf_counter()]
    over = threading.Event()
    writer = threading.Thread(target=_write, args=(peer, moments, over), daemon=True)
    writer.start()
    time.sleep(0.5)
    began_s = time.perf_counter()
    peer.hand_over()
    time.sleep(0.5)
    over.set()
    writer.join(GIVE_UP_S)
    around = [m for m in moments if began_s - 0.1 < m]
    return max(after - before for before, after in pairwise(around)) * 1000


def _write(peer: Any, moments: list[float], over: threading.Event) -> None:
    with peer.writer() as put:
        while not over.is_set():
            put()
            moments.append(time.perf_counter())
