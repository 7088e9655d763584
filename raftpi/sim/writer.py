"""The card's queue: what the daemon's writer thread is to a node, on virtual time.

Log writes first, all that wait as one; then the other jobs, one at a time. The storage's code
runs when the time of the work is over; a crash before that runs it in part.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from raftpi.core.ready import Batch
from raftpi.errors import NoSpace, RaftpiError
from raftpi.node.card_job import CardJob, FinishSnapshot, JobDone
from raftpi.node.snapshot_store import SnapshotStore
from raftpi.sim.agenda import Agenda
from raftpi.sim.card import Card
from raftpi.sim.disk import PowerCut
from raftpi.storage.scrubbed_store import ScrubbedStore
from raftpi.storage.shortage import Shortage
from raftpi.storage.store import Store

# A snapshot is read and written without a sync but for its last job: in this part of its time.
UNSYNCED_PART = 4


@dataclass(frozen=True, slots=True)
class Work:
    """What is under way: batches of the log, or another job; the log's upkeep, if neither."""

    batches: tuple[Batch, ...]
    job: CardJob | None

    @property
    def holds_vote(self) -> bool:
        """Whether a vote is among what is written."""
        return any(
            batch.hard_state is not None and batch.hard_state.voted_for != 0
            for batch in self.batches
        )


class Owner(Protocol):
    """Who hands work in: told of each that came back, or of the error that ends all."""

    def written(self, number: int, /) -> None:
        """Batch `number` and all before it are durable."""

    def job_done(self, done: JobDone, /) -> None:
        """A job was done."""

    def write_refused(self, shortage: Shortage | None, /) -> None:
        """Nothing of what was handed in and not yet reported was written, for lack of room."""

    def told_shortage(self, shortage: Shortage | None, /) -> None:
        """What the card lacks, after each piece of work and before its result is told."""

    def advance(self) -> None:
        """Something was done that is nobody's: go on."""

    def card_failed(self, error: RaftpiError, /) -> None:
        """Nothing will be done any more."""

    def power_went(self) -> None:
        """Nor will there, and the card is without power."""


class VirtualWriter:
    """One process's access to its card; `close` ends it.

    Invariant: at most one piece of work is under way.
    """

    __slots__ = (
        "_agenda",
        "_batches",
        "_card",
        "_jobs",
        "_owner",
        "_snapshots",
        "_started_us",
        "_store",
        "_work",
    )

    def __init__(self, agenda: Agenda, card: Card, store: Store, owner: Owner) -> None:
        """`store` is open on the card's disk."""
        self._agenda = agenda
        self._card = card
        self._store = store
        self._snapshots = SnapshotStore(store, ScrubbedStore(store))
        self._owner: Owner | None = owner
        self._batches: list[Batch] = []
        self._jobs: deque[CardJob] = deque()
        self._work: Work | None = None
        self._started_us = 0

    @property
    def writing_since_us(self) -> int | None:
        """Since when (virtual time) the log has waited for the card; None: it does not wait."""
        work = self._work
        if work is None or not (work.batches or self._batches):
            return None
        return self._started_us

    def write(self, batches: Sequence[Batch]) -> None:
        """Queue batches of the log."""
        self._batches.extend(batches)
        self._start_next()

    def run(self, jobs: Sequence[CardJob]) -> None:
        """Queue jobs."""
        self._jobs.extend(jobs)
        self._start_next()

    def hurry(self) -> None:
        """The card has recovered: what is under way ends after the usual time."""
        if self._work is not None:
            self._finish_later(self._work)

    def interrupt(self) -> None:
        """The process or the power is gone: of what is under way some effects may happen.

        Raises what the storage raises while it does.
        """
        work = self._work
        self.close()
        if work is not None:
            self._card.interrupt(lambda: self._do(work))

    def close(self) -> None:
        """No more work is begun, and what is under way comes back to nobody."""
        self._owner = None
        self._work = None
        self._batches = []
        self._jobs.clear()

    def _start_next(self) -> None:
        if self._work is not None:
            return
        if self._batches:
            work = Work(tuple(self._batches), None)
            self._batches = []
        elif self._store.upkeep_is_due:
            work = Work((), None)
        elif not self._jobs:
            return
        else:
            work = Work((), self._jobs.popleft())
        self._work = work
        self._started_us = self._agenda.now_us
        self._finish_later(work)

    def _finish_later(self, work: Work) -> None:
        delay_us = self._card.duration_us(self._agenda.now_us)
        if work.job is not None and not isinstance(work.job, FinishSnapshot):
            delay_us = 1 + delay_us // UNSYNCED_PART
        self._card.work_begins(delay_us, holds_vote=work.holds_vote)

        def finish() -> None:
            if self._work is work:
                self._finish(work)

        self._agenda.after(delay_us, finish)

    def _finish(self, work: Work) -> None:
        owner = self._owner
        assert owner is not None, "work comes back to nobody"
        done: JobDone | None = None
        is_refused = False
        try:
            done = self._do(work)
        except PowerCut:
            self.close()
            owner.power_went()
            return
        except NoSpace:
            is_refused = True
            self._batches = []
        except RaftpiError as error:
            self.close()
            owner.card_failed(error)
            return
        shortage = self._store.shortage
        self._work = None
        self._start_next()
        if is_refused:
            owner.write_refused(shortage)
            return
        owner.told_shortage(shortage)
        if done is not None:
            owner.job_done(done)
        elif work.batches:
            owner.written(work.batches[-1].number)
        else:
            owner.advance()

    def _do(self, work: Work) -> JobDone | None:
        if work.job is not None:
            return self._snapshots.run(work.job)
        if work.batches:
            self._store.append(work.batches)
        else:
            self._store.upkeep()
        return None
