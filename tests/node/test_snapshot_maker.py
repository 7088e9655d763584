"""The own snapshot, made slice by slice."""

from raftpi.core.snapshot import SnapshotMeta
from raftpi.node.block_stream import framed
from raftpi.node.card_job import (
    BeginSnapshot,
    CardJob,
    DiscardSnapshot,
    FinishSnapshot,
    JobDone,
    Origin,
    WriteSnapshot,
)
from raftpi.node.snapshot_maker import SnapshotMaker
from tests.core.bench import configuration
from tests.node.fake_machine import FakeMachine

META = SnapshotMeta(index=9, term=2, configuration_index=1, configuration=configuration(3))


def due_maker() -> SnapshotMaker:
    maker = SnapshotMaker(entry_limit_count=10, log_limit_bytes=1000)
    maker.applied(10, 50)
    return maker


def done(job: CardJob) -> JobDone:
    return JobDone(job=job, chunk=None)


def test_a_snapshot_is_due_after_so_many_entries_or_bytes() -> None:
    maker = SnapshotMaker(entry_limit_count=10, log_limit_bytes=1000)
    assert not maker.is_due()
    maker.applied(9, 999)
    assert not maker.is_due()
    maker.applied(0, 1)
    assert maker.is_due()
    assert due_maker().is_due()


def test_the_air_in_the_logs_files_counts_until_the_next_one_is_begun() -> None:
    maker = SnapshotMaker(entry_limit_count=10, log_limit_bytes=1000)
    maker.log_has_air(990)
    assert not maker.is_due()
    maker.applied(1, 10)
    assert maker.is_due()
    maker.begin(FakeMachine([]), META)
    maker.abandon()
    maker.job_done(done(DiscardSnapshot(origin=Origin.OWN)))
    maker.applied(1, 10)
    assert not maker.is_due()


def test_it_is_made_block_by_block_each_when_the_one_before_is_on_the_card() -> None:
    maker, machine = due_maker(), FakeMachine([b"one", b"two"])
    (job,) = maker.begin(machine, META)
    assert job == BeginSnapshot(origin=Origin.OWN, snapshot=META)
    assert not maker.is_due()
    seen: list[CardJob] = []
    snapshot = None
    while snapshot is None:
        jobs, snapshot = maker.job_done(done(job))
        if jobs:
            (job,) = jobs
            seen.append(job)
    assert seen == [
        WriteSnapshot(origin=Origin.OWN, data=framed(b"one")),
        WriteSnapshot(origin=Origin.OWN, data=framed(b"two")),
        FinishSnapshot(origin=Origin.OWN, snapshot=META),
    ]
    assert snapshot == META
    assert machine.views[0].is_closed
    assert not maker.is_making
    assert not maker.is_due()


def test_one_that_is_abandoned_is_discarded_before_the_next_begins() -> None:
    maker, machine = due_maker(), FakeMachine([b"one"])
    (job,) = maker.begin(machine, META)
    (discard,) = maker.abandon()
    assert discard == DiscardSnapshot(origin=Origin.OWN)
    assert machine.views[0].is_closed
    maker.applied(10, 50)
    assert not maker.is_due()
    assert maker.job_done(done(job)) == ([], None)
    assert maker.job_done(done(discard)) == ([], None)
    assert maker.is_due()
    assert maker.abandon() == []


def test_one_that_is_asked_for_is_due_once_however_little_was_applied() -> None:
    maker, machine = SnapshotMaker(entry_limit_count=10, log_limit_bytes=100), FakeMachine([])
    assert not maker.is_due()
    maker.ask()
    assert maker.is_due()
    maker.begin(machine, META)
    assert not maker.is_due()
    maker.abandon()
    maker.job_done(done(DiscardSnapshot(origin=Origin.OWN)))
    assert not maker.is_due()
