"""Clients that read, write and swap unique values, and a record of all that they were told."""

import random
import threading
import time
from collections.abc import Sequence

from raftpi.client import Client
from raftpi.errors import Timeout, Unavailable
from raftpi.sim.linearizability.history import Kind, Outcome
from tests.cluster.recorder import Recorder

KEY_COUNT = 16


class Workload:
    """`client_count` threads, each with a client of its own, on 16 keys."""

    def __init__(self, endpoints: Sequence[str], client_count: int, seed: int) -> None:
        self.recorder = Recorder()
        self.done_count = 0
        self.unknown_count = 0
        self.failures: list[BaseException] = []
        self._endpoints = endpoints
        self._stop = threading.Event()
        self._progress = threading.Condition()
        self._threads = [
            threading.Thread(target=self._run, args=(number, random.Random(seed + number)))
            for number in range(client_count)
        ]

    def __enter__(self) -> "Workload":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a client hangs"

    def wait_for_progress(self, operation_count: int, timeout_s: float) -> None:
        """Wait until so many more operations were answered; the cluster has a quorum."""
        with self._progress:
            wanted = self.done_count + operation_count
            assert self._progress.wait_for(
                lambda: self.done_count >= wanted or bool(self.failures), timeout_s
            ), f"no progress within {timeout_s} s though a quorum is up"
        assert not self.failures, self.failures

    def _run(self, number: int, chance: random.Random) -> None:
        try:
            with Client(self._endpoints, timeout_s=10) as client:
                turn = 0
                while not self._stop.is_set():
                    turn += 1
                    self._operate(client, number, b"%d.%d" % (number, turn), chance)
        except BaseException as error:  # noqa: BLE001  # shown by the thread that waits
            self.failures.append(error)

    def _operate(self, client: Client, number: int, unique: bytes, chance: random.Random) -> None:
        key = b"key%d" % chance.randrange(KEY_COUNT)
        kind = chance.random()
        try:
            if kind < 0.4:
                self._put(client, number, key, unique)
            elif kind < 0.6:
                self._swap(client, number, key, unique)
            else:
                self._get(client, number, key)
        except Timeout:
            self.unknown_count += 1
            return
        except Unavailable:
            return
        with self._progress:
            self.done_count += 1
            self._progress.notify_all()

    def _put(self, client: Client, number: int, key: bytes, value: bytes) -> None:
        ticket = self.recorder.begin(number, key, Kind.PUT, value, called_at=time.monotonic())
        try:
            revision = client.put(key, value)
        except Unavailable:
            self.recorder.forget(ticket)
            raise
        self._finish(ticket, Outcome(done=True, revision=revision))

    def _get(self, client: Client, number: int, key: bytes) -> bytes | None:
        ticket = self.recorder.begin(number, key, Kind.GET, called_at=time.monotonic())
        try:
            entry = client.get(key)
        except (Timeout, Unavailable):
            self.recorder.forget(ticket)
            raise
        value = None if entry is None else entry.value
        revision = 0 if entry is None else entry.revision
        self._finish(ticket, Outcome(done=entry is not None, value=value, revision=revision))
        return value

    def _swap(self, client: Client, number: int, key: bytes, value: bytes) -> None:
        expected = self._get(client, number, key)
        ticket = self.recorder.begin(
            number, key, Kind.CAS, expected, value, called_at=time.monotonic()
        )
        try:
            swapped = client.cas(key, expected, value)
        except Unavailable:
            self.recorder.forget(ticket)
            raise
        self._finish(ticket, Outcome(done=swapped))

    def _finish(self, ticket: int, outcome: Outcome) -> None:
        self.recorder.finish(ticket, outcome, returned_at=time.monotonic())
