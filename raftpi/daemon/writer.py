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
from raftpi.errors import NoSpace, RaftpiError, StorageFailure
from raftpi.node.card_job import CardJob, JobDone
from raftpi.storage.shortage import Shortage


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
        """Write and sync; returns only when the batches are durable.

        Raises NoSpace with nothing of them written.
        """

    @property
    def upkeep_is_due(self) -> bool:
        """Whether there is something to do behind a batch."""

    def upkeep(self) -> WriteReport:
        """Do one piece of it."""

    @property
    def shortage(self) -> Shortage | None:
        """What the card lacks, None while there is room."""


class Jobs(Protocol):
    """What the writer needs for everything else that touches the card."""

    def run(self, job: CardJob, /) -> JobDone:
        """Do one job; it has been done when this returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One write came back, or one job, or upkeep: durable up to batch `number`, `done`, or failed.

    `is_refused`: nothing was written, of this write and of those handed in since, for lack of
    room. `shortage` is how the card was left.
    """

    number: int = 0
    done: JobDone | None = None
    error: RaftpiError | None = None
    is_refused: bool = False
    shortage: Shortage | None = None


class Upkeep:
    """Work that is nobody's: what the log needs behind a batch."""


UPKEEP = Upkeep()
Work = Sequence[Batch] | CardJob | Upkeep


class Writer:
    """Hands batches to the log, one write at a time; several queued ones share one sync.

    Other work for the card is done in between, one piece at a time, whenever no batch waits:
    the log's upkeep first, then the jobs.
    `wake_fd` becomes readable when a completion is there to be taken.
    Invariant: at most one write is under way, so no byte of a batch is written before the
    sync of the one before it has returned. After a failure nothing is written any more.
    """

    def __init__(self, log: Log, jobs: Jobs, clock_us: Callable[[], int]) -> None:
        """Start the thread."""
        self.meter = SyncMeter()
        self._log = log
        self._job_runner = jobs
        self._waiting_jobs: deque[CardJob] = deque()
        self._is_writing = False
        self._clock_us = clock_us
        self._queued: list[Batch] = []
        self._busy = False
        self._failed = False
        self._started_us = 0
        self._work: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
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

    def run(self, jobs: Sequence[CardJob]) -> None:
        """Queue jobs; each is done when its turn comes and no batch waits."""
        self._waiting_jobs.extend(jobs)
        self._start_next()

    def completions(self) -> list[Completion]:
        """The writes that came back since the last call; starts the next one."""
        taken: list[Completion] = []
        if self._done:
            self.drain_signal()
        while self._done:
            completion = self._done.popleft()
            taken.append(completion)
            self._busy = False
            self._failed = self._failed or completion.error is not None
            if completion.is_refused:
                self._queued.clear()
        self._start_next()
        return taken

    def drain_signal(self) -> None:
        """Make `wake_fd` wait again; for whoever found it readable."""
        try:
            os.read(self.wake_fd, 4096)
        except BlockingIOError:
            return

    @property
    def is_idle(self) -> bool:
        """Whether everything handed in so far is durable, and nothing is left to do."""
        return not (self._busy or self._queued or self._waiting_jobs or self._log.upkeep_is_due)

    @property
    def writing_since_us(self) -> int | None:
        """Since when the card has been at what the log waits for; None: it waits for nothing."""
        return self._started_us if self._busy and (self._is_writing or self._queued) else None

    def pending_us(self, now_us: int) -> int:
        """For how long the log has waited for the card so far, 0 when it does not."""
        since_us = self.writing_since_us
        return now_us - since_us if since_us is not None else 0

    def close(self, timeout_s: float) -> bool:
        """End the thread after the write under way; False if the card did not return in time."""
        self._work.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _start_next(self) -> None:
        if self._busy or self._failed or self.is_idle:
            return
        self._busy = True
        self._is_writing = bool(self._queued)
        self._started_us = self._clock_us()
        if self._queued:
            batches, self._queued = self._queued, []
            self._work.put(batches)
        elif self._log.upkeep_is_due:
            self._work.put(UPKEEP)
        else:
            self._work.put(self._waiting_jobs.popleft())

    def _run(self) -> None:
        # The watchdog's SIGABRT is the main thread's: there all threads' tracebacks are written.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGABRT})
        while True:
            work = self._work.get()
            if work is None:
                return
            self._done.append(self._do(work))  # from here on the log is the loop's to look at
            os.write(self._signal_fd, b"\0")

    def _do(self, work: Work) -> Completion:
        try:
            if isinstance(work, Sequence):
                return self._write(work)
            if isinstance(work, Upkeep):
                return self._tend()
            done = self._job_runner.run(work)
            return Completion(done=done, shortage=self._log.shortage)
        except RaftpiError as error:
            return Completion(error=error)
        except Exception as error:  # noqa: BLE001  # handed to the loop, which stops the node
            failure = StorageFailure(f"the storage failed unexpectedly: {error!r}")
            failure.__cause__ = error
            return Completion(error=failure)

    def _write(self, batches: Sequence[Batch]) -> Completion:
        started_us = self._clock_us()
        try:
            report = self._log.append(batches)
        except NoSpace:
            return Completion(is_refused=True, shortage=self._log.shortage)
        self.meter.add(self._clock_us() - started_us, report.written_bytes, report.sync_count)
        return Completion(number=batches[-1].number, shortage=self._log.shortage)

    def _tend(self) -> Completion:
        report = self._log.upkeep()
        self.meter.add_upkeep(report.written_bytes, report.sync_count)
        return Completion(shortage=self._log.shortage)
