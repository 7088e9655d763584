"""The writer thread: one write at a time, failures handed to the loop, nothing retried."""

import select
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from raftpi.core.ready import Batch
from raftpi.daemon.writer import Completion, Writer
from raftpi.errors import NoSpace, StorageFailure
from raftpi.node.card_job import CardJob, DiscardSnapshot, JobDone, Origin
from raftpi.storage.shortage import Shortage

WAIT_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    written_bytes: int = 512
    sync_count: int = 1


class GatedLog:
    """A log whose syncs return when the test opens the gate."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.gate = threading.Semaphore(0)
        self.entered = threading.Semaphore(0)
        self.written: list[list[int]] = []
        self.failure = failure
        self.upkeep_count = 0
        self.shortage: Shortage | None = None

    @property
    def upkeep_is_due(self) -> bool:
        return self.upkeep_count > 0

    def upkeep(self) -> Report:
        self.upkeep_count -= 1
        self.written.append([])
        self.entered.release()
        return Report()

    def append(self, batches: Sequence[Batch]) -> Report:
        self.written.append([batch.number for batch in batches])
        self.entered.release()
        assert self.gate.acquire(timeout=WAIT_S)
        if self.failure is not None:
            raise self.failure
        return Report()


class NoJobs:
    """A card that is asked for nothing but the log."""

    def run(self, job: CardJob) -> JobDone:
        raise AssertionError(f"{job} was not expected")


class NotedJobs:
    """A card that notes what is done on it, and by which thread."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.done: list[CardJob] = []
        self.threads: set[str] = set()
        self.failure = failure

    def run(self, job: CardJob) -> JobDone:
        self.done.append(job)
        self.threads.add(threading.current_thread().name)
        if self.failure is not None:
            raise self.failure
        return JobDone(job=job, chunk=None)


def discard(origin: Origin) -> CardJob:
    return DiscardSnapshot(origin=origin)


def batch(number: int) -> Batch:
    return Batch(number=number, hard_state=None, entries=())


def completions(writer: Writer) -> list[Completion]:
    """Wait until the loop would wake, then take what came back."""
    assert select.select([writer.wake_fd], [], [], WAIT_S)[0], "nothing came back"
    return writer.completions()


def test_batches_that_queue_up_behind_a_stalled_sync_share_the_next_one() -> None:
    log = GatedLog()
    writer = Writer(log, NoJobs(), lambda: 0)
    writer.write([batch(1)])
    assert log.entered.acquire(timeout=WAIT_S)
    writer.write([batch(2)])
    writer.write([batch(3)])
    assert log.written == [[1]], "a byte was written before the sync before it returned"
    log.gate.release()
    assert [c.number for c in completions(writer)] == [1]
    log.gate.release()
    assert [c.number for c in completions(writer)] == [3]
    assert log.written == [[1], [2, 3]]
    assert writer.is_idle
    assert writer.close(WAIT_S)


def test_a_failed_sync_is_handed_over_and_nothing_is_written_after_it() -> None:
    log = GatedLog(StorageFailure("the card is gone"))
    writer = Writer(log, NoJobs(), lambda: 0)
    writer.write([batch(1)])
    writer.write([batch(2)])
    log.gate.release()
    [completion] = completions(writer)
    assert isinstance(completion.error, StorageFailure)
    writer.write([batch(3)])
    assert writer.close(WAIT_S)
    assert log.written == [[1]]


def test_an_unexpected_exception_becomes_a_storage_failure_with_its_cause() -> None:
    log = GatedLog(RuntimeError("a bug"))
    writer = Writer(log, NoJobs(), lambda: 0)
    writer.write([batch(1)])
    log.gate.release()
    [completion] = completions(writer)
    assert isinstance(completion.error, StorageFailure)
    assert isinstance(completion.error.__cause__, RuntimeError)
    assert writer.close(WAIT_S)


def test_the_age_of_the_write_under_way_and_the_durations_are_known() -> None:
    now_us = [1000]
    log = GatedLog()
    writer = Writer(log, NoJobs(), lambda: now_us[0])
    writer.write([batch(1)])
    assert log.entered.acquire(timeout=WAIT_S)
    now_us[0] = 4000
    assert writer.pending_us(now_us[0]) == 3000
    log.gate.release()
    completions(writer)
    assert writer.pending_us(now_us[0]) == 0
    status = writer.meter.status(0)
    assert (status.count, status.max_us, status.written_bytes) == (1, 3000, 512)
    assert writer.close(WAIT_S)


def test_a_card_that_hangs_does_not_hang_the_end() -> None:
    log = GatedLog()
    writer = Writer(log, NoJobs(), lambda: 0)
    writer.write([batch(1)])
    assert log.entered.acquire(timeout=WAIT_S)
    assert not writer.close(0.01)
    log.gate.release()
    assert writer.close(WAIT_S)


def test_jobs_run_one_at_a_time_on_the_cards_thread_and_after_the_log() -> None:
    log, jobs = GatedLog(), NotedJobs()
    writer = Writer(log, jobs, lambda: 0)
    writer.write([batch(1)])
    assert log.entered.acquire(timeout=WAIT_S)
    writer.run([discard(Origin.OWN), discard(Origin.RECEIVED)])
    writer.write([batch(2)])
    log.gate.release()
    assert [c.number for c in completions(writer)] == [1]
    assert log.entered.acquire(timeout=WAIT_S)
    assert jobs.done == [], "a job went before the log"
    log.gate.release()
    assert [c.number for c in completions(writer)] == [2]
    for origin in (Origin.OWN, Origin.RECEIVED):
        (back,) = completions(writer)
        assert back.done == JobDone(job=discard(origin), chunk=None)
    assert jobs.threads == {"raftpi-writer"}
    assert writer.is_idle
    assert writer.close(WAIT_S)


def test_a_job_that_fails_is_handed_over_and_nothing_is_done_after_it() -> None:
    jobs = NotedJobs(StorageFailure("no"))
    writer = Writer(GatedLog(), jobs, lambda: 0)
    writer.run([discard(Origin.OWN), discard(Origin.RECEIVED)])
    (back,) = completions(writer)
    assert isinstance(back.error, StorageFailure)
    writer.write([batch(1)])
    assert len(jobs.done) == 1
    assert not writer.is_idle
    assert writer.close(WAIT_S)


def test_the_log_waits_for_the_card_only_while_it_has_something_to_write() -> None:
    log = GatedLog()
    writer = Writer(log, NotedJobs(), lambda: 5)
    assert writer.writing_since_us is None
    writer.run([discard(Origin.OWN)])
    assert writer.writing_since_us is None
    completions(writer)
    writer.write([batch(1)])
    assert writer.writing_since_us == 5
    assert log.entered.acquire(timeout=WAIT_S)
    log.gate.release()
    completions(writer)
    assert writer.writing_since_us is None
    assert writer.close(WAIT_S)


def test_upkeep_comes_behind_the_batch_that_was_reported_and_after_one_that_waits() -> None:
    log, jobs = GatedLog(), NotedJobs()
    writer = Writer(log, jobs, lambda: 0)
    writer.write([batch(1)])
    assert log.entered.acquire(timeout=WAIT_S)
    log.upkeep_count = 2
    writer.write([batch(2)])
    writer.run([discard(Origin.OWN)])
    log.gate.release()
    assert [done.number for done in completions(writer)] == [1]
    log.gate.release()
    told: list[Completion] = []
    while not writer.is_idle:
        told += completions(writer)
    assert log.written == [[1], [2], [], []]
    assert [done.number for done in told] == [2, 0, 0, 0]
    assert [done.done is not None for done in told] == [False, False, False, True]
    assert writer.close(WAIT_S)


def test_a_write_without_room_is_told_drops_what_waits_behind_it_and_ends_nothing() -> None:
    shortage = Shortage(text="no room", free_bytes=0, wanted_bytes=1, takes_votes=True)
    log = GatedLog(NoSpace("no room"))
    log.shortage = shortage
    writer = Writer(log, NoJobs(), lambda: 0)
    writer.write([batch(1)])
    assert log.entered.acquire(timeout=WAIT_S)
    writer.write([batch(2)])
    log.gate.release()
    [refused] = completions(writer)
    assert refused.is_refused
    assert refused.error is None
    assert refused.shortage == shortage
    assert writer.is_idle
    log.failure, log.shortage = None, None
    log.gate.release()
    writer.write([batch(3)])
    [written] = completions(writer)
    assert (written.number, written.shortage) == (3, None)
    assert log.written == [[1], [3]]
    assert writer.close(WAIT_S)
