"""Compaction, and snapshots for followers whose next entry is gone (paper 7)."""

import pytest

from raftpi.core.limits import Limits
from raftpi.core.messages import (
    AppendEntries,
    AppendEntriesResponse,
    InstallSnapshot,
    InstallSnapshotResponse,
)
from raftpi.core.progress import ProgressState
from raftpi.core.ready import ChunkWanted
from raftpi.core.snapshot import SnapshotMeta
from tests.core.bench import Replica, configuration

NO_TAIL = Limits(trailing_count=0)


def meta(index: int, term: int = 1) -> SnapshotMeta:
    return SnapshotMeta(
        index=index, term=term, configuration_index=1, configuration=configuration(3)
    )


def compacted_leader(limits: Limits = NO_TAIL) -> Replica:
    """Leads term 2 with entries 1 to 7; replica 2 has all, 3 nothing; a snapshot up to 6."""
    replica = Replica(3, terms=(1, 1, 1, 1, 1), limits=limits)
    replica.win()
    replica.acknowledge(2, 7)
    replica.raft.compacted(meta(6), replica.now_us)
    replica.take()
    replica.take_said()
    return replica


def lag(replica: Replica, peer: int = 3) -> list[ChunkWanted]:
    """The peer says that its log is empty; the chunks that are wanted for it."""
    replica.reject(peer, replica.state.progress[peer].next_index - 1, (1, 0))
    return list(replica.ready.chunks_wanted)


def chunk_response(
    replica: Replica, offset: int, *, index: int = 6, installed: bool = False, peer: int = 3
) -> None:
    replica.step(
        InstallSnapshotResponse(
            sender=peer,
            receiver=1,
            term=replica.raft.current_term,
            snapshot_index=index,
            offset_bytes=offset,
            installed=installed,
        )
    )


def give(replica: Replica, wanted: ChunkWanted, data: bytes = b"data") -> None:
    replica.raft.send_chunk(wanted, meta(6), 10, data, replica.now_us)
    replica.take()


def chunk(
    offset: int, data: bytes, *, index: int = 6, size: int = 10, term: int = 2
) -> InstallSnapshot:
    return InstallSnapshot(
        sender=2,
        receiver=1,
        term=term,
        size_bytes=size,
        offset_bytes=offset,
        snapshot=meta(index),
        data=data,
    )


# --- compaction -----------------------------------------------------------------------------


def test_compaction_forgets_what_the_snapshot_holds_and_keeps_term_and_configuration() -> None:
    replica = compacted_leader()
    log = replica.state.log
    assert (log.first_index, log.last_index) == (7, 7)
    assert log.term_at(6) == 1
    assert log.matches(6, 1)
    assert log.configuration == configuration(3)
    assert log.configuration_index == 1
    with pytest.raises(IndexError):
        log.entry(6)


def test_the_log_is_told_of_a_snapshot_once() -> None:
    replica = Replica(3, terms=(1, 1, 1, 1, 1), limits=NO_TAIL)
    replica.win()
    replica.acknowledge(2, 7)
    replica.raft.compacted(meta(6), replica.now_us)
    batch = replica.take().batch
    assert batch is not None
    assert batch.snapshot == meta(6)
    assert batch.entries == ()
    assert replica.take().batch is None
    replica.raft.compacted(meta(5), replica.now_us)
    assert replica.take().batch is None


def test_a_tail_is_kept_for_those_who_are_only_a_little_behind() -> None:
    assert compacted_leader(Limits(trailing_count=2)).state.log.first_index == 5
    assert compacted_leader(Limits(trailing_count=99)).state.log.first_index == 1
    assert compacted_leader(Limits(trailing_bytes=70)).state.log.first_index == 5


def test_a_replica_goes_on_from_a_snapshot_and_the_entries_behind_it() -> None:
    entries = Replica(3, terms=(1, 1, 1, 1, 1)).state.log.between(7, 7)
    replica = Replica(3)
    log = type(replica.state.log)(entries, meta(6))
    assert (log.first_index, log.last_term, log.configuration) == (7, 1, configuration(3))


# --- the leader -----------------------------------------------------------------------------


def test_a_follower_behind_the_compacted_log_gets_the_snapshot() -> None:
    replica = compacted_leader()
    wanted = lag(replica)
    assert wanted == [ChunkWanted(peer=3, snapshot_index=6, offset_bytes=0)]
    assert replica.state.progress[3].state is ProgressState.SNAPSHOT
    give(replica, wanted[0])
    (sent,) = replica.take_said(InstallSnapshot)
    assert isinstance(sent, InstallSnapshot)
    assert (sent.snapshot, sent.size_bytes, sent.offset_bytes, sent.data) == (
        meta(6),
        10,
        0,
        b"data",
    )


def test_one_chunk_at_a_time_is_under_way() -> None:
    replica = compacted_leader()
    lag(replica)
    assert replica.take().chunks_wanted == ()
    chunk_response(replica, 4)
    assert [w.offset_bytes for w in replica.ready.chunks_wanted] == [4]
    chunk_response(replica, 4)
    assert replica.ready.chunks_wanted == ()


def test_a_lost_chunk_is_sent_again_when_heartbeats_come_back() -> None:
    replica = compacted_leader()
    lag(replica)
    replica.answer_heartbeat(3)
    assert replica.ready.chunks_wanted == ()
    replica.answer_heartbeat(3)
    assert [w.offset_bytes for w in replica.ready.chunks_wanted] == [0]


def test_a_follower_that_was_restarted_gets_the_snapshot_from_its_beginning() -> None:
    replica = compacted_leader()
    lag(replica)
    chunk_response(replica, 4)
    chunk_response(replica, 0)
    assert [w.offset_bytes for w in replica.ready.chunks_wanted] == [0]


def test_a_chunk_that_is_wanted_no_more_is_not_sent() -> None:
    replica = compacted_leader()
    (wanted,) = lag(replica)
    chunk_response(replica, 4)
    replica.take_said()
    give(replica, wanted)
    assert replica.take_said(InstallSnapshot) == []


def test_after_the_snapshot_the_entries_go_on() -> None:
    replica = compacted_leader()
    lag(replica)
    replica.take_said()
    chunk_response(replica, 0, installed=True)
    assert replica.state.progress[3].match_index == 6
    (append,) = replica.take_said(AppendEntries)
    assert isinstance(append, AppendEntries)
    assert (append.prev_log_index, append.prev_log_term) == (6, 1)
    assert [entry.index for entry in append.entries] == [7]
    replica.acknowledge(3, 7)
    assert replica.state.progress[3].state is ProgressState.REPLICATE


def test_a_follower_returns_to_entries_even_if_its_snapshot_is_older_than_expected() -> None:
    replica = compacted_leader()
    lag(replica)
    replica.acknowledge(3, 6)
    assert replica.state.progress[3].state is ProgressState.REPLICATE


def test_a_snapshot_that_was_removed_meanwhile_is_replaced_by_the_newest() -> None:
    replica = compacted_leader()
    (wanted,) = lag(replica)
    replica.acknowledge(2, 7)
    replica.raft.compacted(meta(7, term=2), replica.now_us)
    replica.raft.chunk_is_gone(wanted, replica.now_us)
    assert [w.snapshot_index for w in replica.take().chunks_wanted] == [7]


def test_an_answer_to_a_snapshot_never_sent_is_refused() -> None:
    replica = compacted_leader()
    chunk_response(replica, 4, index=99)
    assert replica.state.refused_counts == {"answer to a snapshot that was never sent": 1}


def test_a_connection_that_dropped_does_not_end_the_snapshot() -> None:
    replica = compacted_leader()
    lag(replica)
    replica.raft.peer_lost(3, replica.now_us)
    assert replica.state.progress[3].state is ProgressState.SNAPSHOT


# --- the follower ---------------------------------------------------------------------------


def test_a_chunk_is_handed_to_the_driver_and_answered_when_it_says_so() -> None:
    replica = Replica(3)
    replica.step(chunk(0, b"abcd"))
    assert [m.data for m in replica.ready.chunks_received] == [b"abcd"]
    replica.sync()
    assert replica.take_said(InstallSnapshotResponse) == []
    replica.raft.chunk_taken(2, 6, 4, replica.now_us)
    replica.take()
    (answer,) = replica.take_said(InstallSnapshotResponse)
    assert isinstance(answer, InstallSnapshotResponse)
    assert (answer.snapshot_index, answer.offset_bytes, answer.installed) == (6, 4, False)


def test_a_chunk_is_a_sign_of_life_of_the_leader() -> None:
    replica = Replica(3)
    replica.step(chunk(0, b"abcd", term=5))
    assert replica.raft.leader_id == 2
    assert replica.raft.current_term == 5


def test_a_chunk_beyond_its_snapshot_is_refused() -> None:
    replica = Replica(3)
    replica.step(chunk(8, b"abcd"))
    assert replica.ready.chunks_received == ()
    assert replica.state.refused_counts == {"chunk beyond its snapshot": 1}


def test_an_installed_snapshot_replaces_a_shorter_log_and_is_answered_once_durable() -> None:
    replica = Replica(3, terms=(1,))
    replica.hear(2, 2)
    replica.sync()
    replica.take_said()
    assert replica.raft.install(meta(6), 2, replica.now_us)
    batch = replica.take().batch
    assert batch is not None
    assert batch.snapshot == meta(6)
    log = replica.state.log
    assert (log.first_index, log.last_index, log.last_term) == (7, 6, 1)
    assert (replica.state.commit_index, replica.state.handed_out_index) == (6, 6)
    assert replica.take_said(InstallSnapshotResponse) == []
    replica.sync()
    (answer,) = replica.take_said(InstallSnapshotResponse)
    assert isinstance(answer, InstallSnapshotResponse)
    assert answer.installed
    replica.append(2, 2, (6, 1), (2, 2))
    replica.sync()
    assert log.last_index == 8
    (ack,) = replica.take_said(AppendEntriesResponse)
    assert isinstance(ack, AppendEntriesResponse)
    assert (ack.success, ack.match_index) == (True, 8)


def test_a_snapshot_keeps_the_suffix_that_it_agrees_with() -> None:
    replica = Replica(3, terms=(1, 1, 1, 1, 1, 1, 1))
    replica.hear(2, 2)
    assert replica.raft.install(meta(6), 2, replica.now_us)
    log = replica.state.log
    assert (log.first_index, log.last_index) == (7, 8)


def test_entries_that_a_snapshot_holds_are_not_written_any_more() -> None:
    replica = Replica(3, terms=(1,))
    replica.hear(2, 2)
    replica.raft.step(
        AppendEntries(
            sender=2,
            receiver=1,
            term=2,
            prev_log_index=2,
            prev_log_term=1,
            commit_index=0,
            entries=Replica(3, terms=(1,) * 9).state.log.between(3, 10),
        ),
        replica.now_us,
    )
    assert replica.raft.install(meta(6), 2, replica.now_us)
    batch = replica.take().batch
    assert batch is not None
    assert batch.snapshot == meta(6)
    assert [entry.index for entry in batch.entries] == [7, 8, 9, 10]


def test_a_snapshot_replaces_a_suffix_that_it_contradicts() -> None:
    replica = Replica(3, terms=(1, 1, 2, 2, 2, 2, 2), term=2)
    replica.hear(2, 3)
    assert replica.raft.install(meta(6, term=3), 2, replica.now_us)
    log = replica.state.log
    assert (log.first_index, log.last_index, log.last_term) == (7, 6, 3)
    assert replica.state.durability.durable_index <= 6


def test_a_snapshot_that_holds_nothing_new_is_not_installed_but_answered() -> None:
    replica = Replica(3, terms=(1, 1, 1, 1, 1, 1, 1))
    replica.hear(2, 2, commit=8)
    replica.sync()
    replica.take_said()
    replica.step(chunk(0, b"abcd"))
    assert replica.ready.chunks_received == ()
    assert not replica.raft.install(meta(6), 2, replica.now_us)
    replica.take()
    answers = replica.take_said(InstallSnapshotResponse)
    assert [m.installed for m in answers if isinstance(m, InstallSnapshotResponse)] == [True, True]
    assert replica.state.log.first_index == 1


@pytest.mark.parametrize("prev", [(0, 0), (3, 1), (5, 1)])
def test_an_append_from_before_the_snapshot_is_answered_with_what_is_committed(
    prev: tuple[int, int],
) -> None:
    replica = Replica(3, terms=(1, 1, 1, 1, 1, 1, 1), limits=NO_TAIL)
    replica.hear(2, 2, commit=6)
    replica.raft.compacted(meta(6), replica.now_us)
    replica.take()
    replica.sync()
    replica.take_said()
    replica.append(2, 2, prev, (1, 1))
    (ack,) = replica.take_said(AppendEntriesResponse)
    assert isinstance(ack, AppendEntriesResponse)
    assert (ack.success, ack.match_index) == (True, 6)
    assert (replica.state.log.first_index, replica.state.log.last_index) == (7, 8)


def test_a_replica_without_a_log_takes_a_snapshot_but_gives_no_vote() -> None:
    replica = Replica(3)
    fresh = type(replica.raft)(
        replica_id=9,
        hard_state=replica.state.hard_state.__class__(term=0, voted_for=0),
        entries=(),
        random=replica.state.random,
        now_us=replica.now_us,
    )
    replica.raft, replica.id = fresh, 9
    replica.ask_vote(2, 2, (1, 1))
    replica.ask_pre_vote(2, 2, (1, 1))
    assert replica.take_said() == []
    assert fresh.state.refused_counts == {"a vote asked of a replica without a log": 2}
    fresh.step(
        InstallSnapshot(
            sender=2,
            receiver=9,
            term=2,
            size_bytes=4,
            offset_bytes=0,
            snapshot=meta(6),
            data=b"abcd",
        ),
        replica.now_us,
    )
    ready = replica.take()
    assert ready.batch is None
    assert len(ready.chunks_received) == 1
    assert fresh.install(meta(6), 2, replica.now_us)
    batch = replica.take().batch
    assert batch is not None
    assert batch.snapshot == meta(6)
    assert batch.hard_state is not None
    assert batch.hard_state.term == 2
