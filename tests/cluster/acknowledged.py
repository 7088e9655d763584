"""Clients that write keys of their own, and an account of those that were acknowledged."""

import random
import threading
from collections.abc import Sequence

from raftpi.client import Client
from raftpi.errors import Timeout, Unavailable
from tests.cluster.waiting import wait_until

# From a part of a sector to several, so that batches are torn in all ways.
VALUE_BYTES = (1, 100, 600, 3000)


class AcknowledgedWrites:
    """`client_count` threads that put one new key after the other, whatever happens to the nodes.

    `acknowledged` only grows; what failed in between may be there or not. The keys begin with
    `prefix`.
    """

    def __init__(
        self, endpoints: Sequence[str], client_count: int, seed: int, prefix: bytes = b"ack"
    ) -> None:
        self.acknowledged: dict[bytes, bytes] = {}
        self._prefix = prefix
        self._endpoints = endpoints
        self._failures: list[BaseException] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(number, random.Random(seed + number)))
            for number in range(client_count)
        ]

    def __enter__(self) -> "AcknowledgedWrites":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a client hangs"
        assert not self._failures, self._failures

    def wait_for_more(self, count: int, timeout_s: float) -> None:
        """Until so many more were acknowledged."""
        wanted = len(self.acknowledged) + count
        wait_until(
            lambda: len(self.acknowledged) >= wanted or bool(self._failures),
            f"{count} more writes are acknowledged",
            timeout_s,
        )
        assert not self._failures, self._failures

    def missing(self) -> dict[bytes, bytes]:
        """What was acknowledged before this call and is not there, or is another value."""
        expected = dict(self.acknowledged)
        with Client(self._endpoints, timeout_s=30) as client:
            found = {entry.key: entry.value for entry in client.list(self._prefix)}
        return {key: value for key, value in expected.items() if found.get(key) != value}

    def _run(self, number: int, chance: random.Random) -> None:
        try:
            with Client(self._endpoints, timeout_s=5) as client:
                turn = 0
                while not self._stop.is_set():
                    turn += 1
                    key = self._prefix + b"%d.%d" % (number, turn)
                    value = key + b"v" * chance.choice(VALUE_BYTES)
                    try:
                        client.put(key, value)
                    except (Timeout, Unavailable):
                        continue
                    self.acknowledged[key] = value
        except BaseException as error:  # noqa: BLE001  # shown by the thread that waits
            self._failures.append(error)
