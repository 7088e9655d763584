"""Card jobs, on a store that only notes what is asked of it."""

import pytest

from raftpi.core.ready import ChunkWanted
from raftpi.core.snapshot import SnapshotMeta
from raftpi.errors import NoSpace
from raftpi.node.card_job import (
    BeginSnapshot,
    CardJob,
    DiscardSnapshot,
    FinishSnapshot,
    LookForSpace,
    Origin,
    ReadChunk,
    ScrubSlice,
    WriteSnapshot,
)
from raftpi.node.snapshot_store import SYNC_EVERY_BYTES, SnapshotStore, payload_of
from raftpi.storage.scrub_step import ScrubStep
from tests.core.bench import configuration

PAYLOAD = bytes(range(256)) * 1_000
TOO_MUCH = b"too much"
META = SnapshotMeta(index=7, term=2, configuration_index=1, configuration=configuration(3))


class NotedFile:
    """Both an unfinished file and a whole one."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self.meta = META
        self.size_bytes = len(PAYLOAD)
        self._name = name
        self._notes = notes

    def write(self, data: bytes) -> None:
        if data == TOO_MUCH:
            raise NoSpace("no room")
        self._notes.append(f"{self._name} write {len(data)}")

    def sync(self) -> None:
        self._notes.append(f"{self._name} sync")

    def finish(self) -> None:
        self._notes.append(f"{self._name} finish")

    def discard(self) -> None:
        self._notes.append(f"{self._name} discard")

    def read(self, offset_bytes: int, length_bytes: int) -> bytes:
        return PAYLOAD[offset_bytes : offset_bytes + length_bytes]


class NotedStore:
    """One snapshot is whole in it."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def begin_snapshot(self, meta: SnapshotMeta, *, received: bool) -> NotedFile:
        name = "received" if received else "own"
        self.notes.append(f"{name} begin {meta.index}")
        return NotedFile(name, self.notes)

    def open_snapshot(self, index: int) -> NotedFile:
        assert index == META.index
        return NotedFile("read", self.notes)

    def snapshots(self) -> list[SnapshotMeta]:
        return [META]

    def look_for_space(self) -> None:
        self.notes.append("look for space")

    def met_no_space(self, error: NoSpace) -> None:
        self.notes.append(f"met {error}")


def run(*jobs: CardJob) -> list[str]:
    """What the store was asked for."""
    store = NotedStore()
    runner = SnapshotStore(store)
    for job in jobs:
        assert runner.run(job).job is job
    return store.notes


def begin(origin: Origin) -> BeginSnapshot:
    return BeginSnapshot(origin=origin, snapshot=META)


def write(origin: Origin, count: int) -> WriteSnapshot:
    return WriteSnapshot(origin=origin, data=bytes(count))


def test_a_snapshot_is_begun_written_and_finished() -> None:
    finish = FinishSnapshot(origin=Origin.OWN, snapshot=META)
    assert run(begin(Origin.OWN), write(Origin.OWN, 5), finish) == [
        "own begin 7",
        "own write 5",
        "own finish",
    ]


def test_a_long_one_is_synced_piece_by_piece_so_that_the_log_can_write_in_between() -> None:
    half = SYNC_EVERY_BYTES // 2
    notes = run(begin(Origin.OWN), *[write(Origin.OWN, half) for _ in range(5)])
    assert [note for note in notes if "sync" in note] == ["own sync"] * 2
    assert notes[3] == "own sync", "after the second write"


def test_own_and_received_ones_are_apart() -> None:
    half = SYNC_EVERY_BYTES // 2
    notes = run(
        begin(Origin.OWN),
        begin(Origin.RECEIVED),
        write(Origin.OWN, half),
        write(Origin.RECEIVED, half),
        DiscardSnapshot(origin=Origin.RECEIVED),
        FinishSnapshot(origin=Origin.OWN, snapshot=META),
    )
    assert notes[2:] == [
        f"own write {half}",
        f"received write {half}",
        "received discard",
        "own finish",
    ]


def test_one_that_is_begun_anew_discards_the_one_before() -> None:
    notes = run(begin(Origin.RECEIVED), begin(Origin.RECEIVED))
    assert notes == ["received begin 7", "received discard", "received begin 7"]


def test_nothing_to_discard_is_no_harm() -> None:
    assert run(DiscardSnapshot(origin=Origin.OWN)) == []


@pytest.mark.parametrize(
    ("offset_bytes", "expected"),
    [(0, PAYLOAD[:1_000]), (255_500, PAYLOAD[255_500:]), (256_000, b""), (300_000, b"")],
)
def test_a_chunk_is_read_as_far_as_there_is_something(offset_bytes: int, expected: bytes) -> None:
    wanted = ChunkWanted(peer=2, snapshot_index=7, offset_bytes=offset_bytes)
    done = SnapshotStore(NotedStore()).run(ReadChunk(wanted=wanted, length_bytes=1_000))
    assert done.chunk is not None
    assert (done.chunk.snapshot, done.chunk.size_bytes) == (META, len(PAYLOAD))
    assert done.chunk.data == expected


def test_a_chunk_of_a_snapshot_that_is_gone_says_so() -> None:
    wanted = ChunkWanted(peer=2, snapshot_index=6, offset_bytes=0)
    done = SnapshotStore(NotedStore()).run(ReadChunk(wanted=wanted, length_bytes=1_000))
    assert done.chunk is not None
    assert done.chunk.snapshot is None


def test_the_payload_comes_in_pieces() -> None:
    pieces = list(payload_of(NotedFile("read", [])))
    assert len(pieces) > 1
    assert b"".join(pieces) == PAYLOAD


def test_a_slice_is_read_by_the_scrub_that_was_handed_in() -> None:
    class NotedScrub:
        def step(self, limit_bytes: int) -> ScrubStep:
            return ScrubStep(read_bytes=limit_bytes)

    job = ScrubSlice(limit_bytes=512)
    done = SnapshotStore(NotedStore(), NotedScrub()).run(job)
    assert (done.job, done.scrub) == (job, ScrubStep(read_bytes=512))
    assert SnapshotStore(NotedStore()).run(job).scrub == ScrubStep()


def test_a_snapshot_that_finds_no_room_is_thrown_away_and_the_rest_of_it_comes_to_nothing() -> None:
    store = NotedStore()
    runner = SnapshotStore(store)
    jobs: tuple[CardJob, ...] = (
        BeginSnapshot(origin=Origin.RECEIVED, snapshot=META),
        WriteSnapshot(origin=Origin.RECEIVED, data=TOO_MUCH),
        WriteSnapshot(origin=Origin.RECEIVED, data=b"more"),
        FinishSnapshot(origin=Origin.RECEIVED, snapshot=META),
    )
    assert [runner.run(job).no_space for job in jobs] == [False, True, True, True]
    assert store.notes == ["received begin 7", "received discard", "met no room"]
    assert not runner.run(jobs[0]).no_space


def test_space_is_looked_for_in_the_store() -> None:
    assert run(LookForSpace()) == ["look for space"]
