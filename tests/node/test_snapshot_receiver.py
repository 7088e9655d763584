"""A leader's snapshot, chunk by chunk."""

import pytest

from raftpi.core.messages import InstallSnapshot
from raftpi.core.snapshot import SnapshotMeta
from raftpi.errors import ProtocolError
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
from raftpi.node.snapshot_receiver import SnapshotReceiver
from tests.core.bench import configuration
from tests.node.fake_machine import FakeMachine

PAYLOAD = framed(b"one") + framed(b"two")
MACHINE = FakeMachine([])


def meta(index: int = 9) -> SnapshotMeta:
    return SnapshotMeta(index=index, term=2, configuration_index=1, configuration=configuration(3))


def chunk(
    offset: int, length: int = 5, *, index: int = 9, data: bytes = PAYLOAD
) -> InstallSnapshot:
    return InstallSnapshot(
        sender=2,
        receiver=1,
        term=2,
        size_bytes=len(data),
        offset_bytes=offset,
        snapshot=meta(index),
        data=data[offset : offset + length],
    )


def all_done(receiver: SnapshotReceiver, jobs: list[CardJob]) -> bool:
    return [receiver.job_done(JobDone(job=job, chunk=None)) for job in jobs][-1]


def test_the_chunks_go_to_the_card_and_the_state_is_ready_with_the_last() -> None:
    receiver = SnapshotReceiver()
    jobs, answer = receiver.take(chunk(0), MACHINE)
    assert jobs == [
        BeginSnapshot(origin=Origin.RECEIVED, snapshot=meta()),
        WriteSnapshot(origin=Origin.RECEIVED, data=PAYLOAD[:5]),
    ]
    assert not answer
    assert receiver.is_card_behind
    assert not all_done(receiver, jobs)
    assert not receiver.is_card_behind
    jobs, answer = receiver.take(chunk(5, 99), MACHINE)
    assert jobs[-1] == FinishSnapshot(origin=Origin.RECEIVED, snapshot=meta())
    assert all_done(receiver, jobs)
    machine = receiver.finish()
    assert isinstance(machine, FakeMachine)
    assert machine.blocks == [b"one", b"two"]
    assert receiver.snapshot is None


@pytest.mark.parametrize("offset", [0, 9])
def test_a_chunk_that_is_not_the_next_is_answered_with_what_is(offset: int) -> None:
    receiver = SnapshotReceiver()
    jobs, _ = receiver.take(chunk(0), MACHINE)
    all_done(receiver, jobs)
    assert receiver.take(chunk(offset), MACHINE) == ([], True)
    assert receiver.offset_bytes == 5


def test_a_chunk_that_comes_twice_while_the_card_is_at_it_is_not_answered_twice() -> None:
    receiver = SnapshotReceiver()
    receiver.take(chunk(0), MACHINE)
    assert receiver.take(chunk(0), MACHINE) == ([], False)


def test_a_snapshot_that_does_not_begin_at_its_beginning_is_asked_for_from_there() -> None:
    receiver = SnapshotReceiver()
    assert receiver.take(chunk(5), MACHINE) == ([], True)
    assert receiver.offset_bytes == 0
    assert receiver.snapshot is None


def test_another_snapshot_takes_the_place_of_the_one_that_was_coming() -> None:
    receiver = SnapshotReceiver()
    first, _ = receiver.take(chunk(0), MACHINE)
    second, _ = receiver.take(chunk(0, 99, index=12), MACHINE)
    assert second[0] == BeginSnapshot(origin=Origin.RECEIVED, snapshot=meta(12))
    assert not all_done(receiver, first)
    assert all_done(receiver, second)


def test_the_end_of_a_snapshot_that_was_given_up_is_not_taken_for_the_present_ones() -> None:
    receiver = SnapshotReceiver()
    first, _ = receiver.take(chunk(0, 99), MACHINE)
    receiver.take(chunk(0, index=12), MACHINE)
    assert not all_done(receiver, first)


def test_bytes_that_no_machine_wrote_are_an_error_and_given_up() -> None:
    receiver = SnapshotReceiver()
    with pytest.raises(ProtocolError):
        receiver.take(chunk(0, 99, data=framed(b"bad")), MACHINE)
    assert receiver.abandon() == [DiscardSnapshot(origin=Origin.RECEIVED)]
    assert receiver.abandon() == []
    with pytest.raises(ProtocolError, match="ends inside a block"):
        receiver.take(chunk(0, 99, data=PAYLOAD[:-1]), MACHINE)


def test_nothing_can_be_finished_when_nothing_comes() -> None:
    with pytest.raises(ProtocolError, match="no snapshot is coming"):
        SnapshotReceiver().finish()
