"""How the addresses of other boards answer: plain TCP connections, all at the same time."""

import errno
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from raftpi.config.endpoint import parse_endpoint

CONNECT_TIMEOUT_S = 1.0
# Within this all must have answered; a name that takes longer to resolve has no address.
DEADLINE_S = 2.0
TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What came of connecting to one endpoint.

    `address` is the one that its host name stands for, `round_trips_us` the times of the
    connections that stood, `error` why none did, else "".
    """

    endpoint: str
    address: str = ""
    round_trips_us: tuple[int, ...] = ()
    error: str = ""


def reach_all(endpoints: Sequence[str], *, deadline_s: float = DEADLINE_S) -> dict[str, Reach]:
    """Connect to every endpoint `TRIES` times; never takes longer than the deadline."""
    probes = [_Probe(endpoint) for endpoint in endpoints]
    # Daemon threads: a resolver that hangs must not keep the command from ending.
    threads = [threading.Thread(target=probe.run, daemon=True) for probe in probes]
    until_s = time.monotonic() + deadline_s
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until_s - time.monotonic()))
    return {probe.endpoint: probe.result() for probe in probes}


@dataclass(slots=True)
class _Probe:
    endpoint: str
    address: str = ""
    error: str = ""
    times_us: list[int] = field(default_factory=list)
    is_done: bool = False

    def run(self) -> None:
        parts = parse_endpoint(self.endpoint)
        try:
            found = socket.getaddrinfo(parts.host, parts.port, type=socket.SOCK_STREAM)
            family, kind, protocol, _, where = found[0]
            self.address = str(where[0])
            for _ in range(TRIES):
                before_ns = time.perf_counter_ns()
                with socket.socket(family, kind, protocol) as link:
                    link.settimeout(CONNECT_TIMEOUT_S)
                    link.connect(where)
                    self.times_us.append((time.perf_counter_ns() - before_ns) // 1000)
        except OSError as error:
            self.error = _reason(error, parts.host)
        self.is_done = True

    def result(self) -> Reach:
        error = self.error
        if not self.is_done and not self.times_us:
            error = "no answer in time" if self.address else "its name was not resolved in time"
        return Reach(
            endpoint=self.endpoint,
            address=self.address,
            round_trips_us=tuple(self.times_us),
            error="" if self.times_us else error,
        )


def _reason(error: OSError, host: str) -> str:
    if isinstance(error, socket.gaierror):
        return f"the name {host} is not known"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if error.errno == errno.ECONNREFUSED:
        return "nobody listens there"
    return error.strerror or str(error)
