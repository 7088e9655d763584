"""Clients at work: each sends, waits for the answer, and sends again, or at a rate that is given.

One thread and one epoll for all clients, whatever they speak, so that no peer has a better load
than another.
"""

import select
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.load.protocol import Speaker

# Small enough that the allocator does not map pages for each read.
READ_BYTES = 16_384
CONNECT_TIMEOUT_S = 10.0
# Without an answer for so long the run is given up.
SILENCE_S = 30.0


class NoAnswers(Exception):
    """No client has had an answer for a long time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`latencies_us` of all operations that were answered within `duration_s`, in that order."""

    duration_s: float
    latencies_us: Sequence[float]

    @property
    def per_s(self) -> float:
        """Operations a second."""
        return len(self.latencies_us) / self.duration_s

    def percentile_us(self, part: float) -> float:
        """The latency that this part of the operations kept within; 0.5 is the median."""
        ordered = sorted(self.latencies_us)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


class Client:
    """A connection with `depth` requests under way at most."""

    def __init__(self, address: tuple[str, int], speaker: Speaker, depth: int = 1) -> None:
        """Connect and greet."""
        self.speaker = speaker
        self.depth = depth
        self.socket = socket.create_connection(address, CONNECT_TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.begun_s: list[float] = []
        self._number = 0
        self._in = bytearray()
        self.socket.sendall(speaker.greeting())
        while not speaker.is_ready(self._in):
            self._in += self._read_some()
        self.socket.settimeout(SILENCE_S)

    @property
    def asked_count(self) -> int:
        """How many requests were sent, or skipped."""
        return self._number

    def skip(self, count: int) -> None:
        """The first request is number `count`, counted from 0."""
        self._number = count

    def send(self, moment_s: float) -> None:
        """Send the next request, which counts as begun at `moment_s`."""
        data = self.speaker.request(self._number)
        self._number += 1
        self.begun_s.append(moment_s)
        self.socket.sendall(data)

    def receive(self) -> int:
        """Read what is there; how many answers it held."""
        self._in += self._read_some()
        count = self.speaker.answers(self._in)
        if self.speaker.owed:
            self.socket.sendall(self.speaker.owed)
            self.speaker.owed = b""
        return count

    def close(self) -> None:
        """Leave."""
        self.socket.close()

    def _read_some(self) -> bytes:
        data = self.socket.recv(READ_BYTES)
        if not data:
            raise ConnectionError("the peer closed the connection")
        return data


def closed_loop(clients: Sequence[Client], duration_s: float, warm_up_s: float = 1.0) -> Outcome:
    """Every client sends as soon as it has its answer; what the warm-up holds is not counted."""
    with _Loop(clients) as loop:
        now_s = time.perf_counter()
        for client in clients:
            for _ in range(client.depth):
                client.send(time.perf_counter())
        counted_from_s, until_s = now_s + warm_up_s, now_s + warm_up_s + duration_s

        def again(client: Client, answered_s: float) -> None:
            if answered_s < until_s:
                client.send(answered_s)

        latencies = loop.run(counted_from_s, until_s, again)
        loop.drain()
    return Outcome(duration_s=duration_s, latencies_us=latencies)


def open_loop(
    clients: Sequence[Client], rate: float, duration_s: float, warm_up_s: float = 1.0
) -> Outcome:
    """`rate` requests a second, whether answers come or not; latencies from when each was due.

    So a peer that stands still for a while is charged with all that was due meanwhile.
    """
    with _Loop(clients) as loop:
        start_s = time.perf_counter()
        idle = list(reversed(clients))
        due = 0

        def dispatch() -> float:
            nonlocal due
            now_s = time.perf_counter()
            while idle and start_s + due / rate <= now_s:
                idle.pop().send(start_s + due / rate)
                due += 1
            return max(0.0, start_s + due / rate - time.perf_counter()) if idle else 0.05

        latencies = loop.run(
            start_s + warm_up_s,
            start_s + warm_up_s + duration_s,
            lambda client, _: idle.append(client),
            dispatch,
        )
        loop.drain()
    return Outcome(duration_s=duration_s, latencies_us=latencies)


class _Loop:
    def __init__(self, clients: Sequence[Client]) -> None:
        self._by_fd = {client.socket.fileno(): client for client in clients}
        self._epoll = select.epoll()
        for fd in self._by_fd:
            self._epoll.register(fd, select.EPOLLIN)

    def __enter__(self) -> "_Loop":
        return self

    def __exit__(self, *_: object) -> None:
        self._epoll.close()

    def run(
        self,
        from_s: float,
        until_s: float,
        answered: Callable[[Client, float], None],
        dispatch: Callable[[], float] = lambda: 0.05,
    ) -> list[float]:
        """Latencies in µs of what was answered between the two moments."""
        latencies: list[float] = []
        last_s = time.perf_counter()
        while (now_s := time.perf_counter()) < until_s:
            wait_s = min(dispatch(), until_s - now_s)
            for fd, _ in self._epoll.poll(max(0.0, wait_s)):
                client = self._by_fd[fd]
                for _ in range(client.receive()):
                    last_s = time.perf_counter()
                    begun_s = client.begun_s.pop(0)
                    if last_s >= from_s:
                        latencies.append((last_s - begun_s) * 1e6)
                    answered(client, last_s)
            if now_s - last_s > SILENCE_S:
                raise NoAnswers(f"no answer for {SILENCE_S:.0f} s")
        return latencies

    def drain(self) -> None:
        """Take the answers that are still under way, so that the next run begins with none."""
        end_s = time.perf_counter() + SILENCE_S
        while any(client.begun_s for client in self._by_fd.values()):
            for fd, _ in self._epoll.poll(1.0):
                client = self._by_fd[fd]
                for _ in range(client.receive()):
                    client.begun_s.pop(0)
            if time.perf_counter() > end_s:
                raise NoAnswers("answers are missing at the end")
