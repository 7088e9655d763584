"""The writer thread: it alone touches the card, so that heartbeats go out while a sync stalls."""

import os
import queue
import signal
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from raftpi.core.ready import Batch
from raftpi.daemon.sync_meter import SyncMeter
from raftpi.errors import RaftpiError, StorageFailure


class WriteReport(Protocol):
    """What the store says of a write."""

    @property
    def written_bytes(self) -> int:
        """Bytes that went to the card."""

    @property
    def sync_count(self) -> int:
        """Syncs it took."""


class Log(Protocol):
    """What the writer needs of the store."""

    def append(self, batches: Sequence[Batch], /) -> WriteReport:
        """Write and sync; returns only when the batches are durable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One write came back: durable up to batch `number`, or failed with `error`."""

    number: int
    error: RaftpiError | None


class Writer:
    """Hands batches to the log, one write at a time; several queued ones share one sync.

    `wake_fd` becomes readable when a completion is there to be taken.
    Invariant: at most one write is under way, so no byte of a batch is written before the
    sync of the one before it has returned. After a failure nothing is written any more.
    """

    def __init__(self, log: Log, clock_us: Callable[[], int]) -> None:
        """Start the thread."""
        self.meter = SyncMeter()
        self._log = log
        self._clock_us = clock_us
        self._queued: list[Batch] = []
        self._busy = False
        self._failed = False
        self._started_us = 0
        self._jobs: queue.SimpleQueue[Sequence[Batch] | None] = queue.SimpleQueue()
        self._done: deque[Completion] = deque()
        self.wake_fd, self._signal_fd = os.pipe()
        os.set_blocking(self.wake_fd, False)
        os.set_blocking(self._signal_fd, False)
        self._thread = threading.Thread(target=self._run, name="raftpi-writer", daemon=True)
        self._thread.start()

    def write(self, batches: Sequence[Batch]) -> None:
        """Queue batches; they are written as soon as the card is free."""
        self._queued.extend(batches)
        self._start_next()

    def completions(self) -> list[Completion]:
        """The writes that came back since the last call; starts the next one."""
        self._drain_signal()
        taken: list[Completion] = []
        while self._done:
            completion = self._done.popleft()
            taken.append(completion)
            self._busy = False
            self._failed = self._failed or completion.error is not None
        self._start_next()
        return taken

    @property
    def is_idle(self) -> bool:
        """Whether everything handed in so far is durable."""
        return not self._busy and not self._queued

    def pending_us(self, now_us: int) -> int:
        """For how long the write under way has taken so far, 0 when there is none."""
        return now_us - self._started_us if self._busy else 0

    def close(self, timeout_s: float) -> bool:
        """End the thread after the write under way; False if the card did not return in time."""
        self._jobs.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _start_next(self) -> None:
        if self._busy or self._failed or not self._queued:
            return
        batches, self._queued = self._queued, []
        self._busy = True
        self._started_us = self._clock_us()
        self._jobs.put(batches)

    def _drain_signal(self) -> None:
        try:
            os.read(self.wake_fd, 4096)
        except BlockingIOError:
            return

    def _run(self) -> None:
        # The watchdog's SIGABRT is the main thread's: there all threads' tracebacks are written.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGABRT})
        while True:
            batches = self._jobs.get()
            if batches is None:
                return
            self._done.append(self._write(batches))
            os.write(self._signal_fd, b"\0")

    def _write(self, batches: Sequence[Batch]) -> Completion:
        number = batches[-1].number
        started_us = self._clock_us()
        try:
            report = self._log.append(batches)
        except RaftpiError as error:
            return Completion(number=number, error=error)
        except Exception as error:  # noqa: BLE001  # handed to the loop, which stops the node
            failure = StorageFailure(f"the log failed unexpectedly: {error!r}")
            failure.__cause__ = error
            return Completion(number=number, error=failure)
        self.meter.add(self._clock_us() - started_us, report.written_bytes, report.sync_count)
        return Completion(number=number, error=None)
