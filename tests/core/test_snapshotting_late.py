"""Answers and refusals that come late, while a snapshot is under way or after it."""

from dataclasses import replace

from raftpi.core import membership
from raftpi.core.configuration import Member
from raftpi.core.limits import Limits
from raftpi.core.messages import AppendEntries, InstallSnapshot, InstallSnapshotResponse
from raftpi.core.progress import ProgressState
from raftpi.core.ready import ChunkWanted, Role
from raftpi.core.snapshot import SnapshotMeta
from tests.core.bench import TIMING, Replica, configuration
from tests.core.test_snapshotting import (
    chunk,
    chunk_response,
    compacted_leader,
    give,
    lag,
    meta,
)


def test_a_late_refusal_of_an_append_does_not_end_the_snapshot() -> None:
    replica = compacted_leader()
    lag(replica)
    chunk_response(replica, 4)
    replica.reject(3, 6, (1, 0))
    progress = replica.state.progress[3]
    assert progress.state is ProgressState.SNAPSHOT
    assert (progress.snapshot_index, progress.snapshot_offset) == (6, 4)
    assert replica.take_said(AppendEntries) == []


def test_a_late_acknowledgement_of_what_the_snapshot_holds_does_not_begin_it_anew() -> None:
    replica = compacted_leader()
    lag(replica)
    chunk_response(replica, 4)
    replica.acknowledge(3, 2)
    progress = replica.state.progress[3]
    assert (progress.state, progress.match_index) == (ProgressState.SNAPSHOT, 2)
    assert (progress.snapshot_index, progress.snapshot_offset) == (6, 4)
    assert replica.ready.chunks_wanted == ()


def test_an_answer_about_an_older_snapshot_does_not_move_the_newer_one() -> None:
    replica = compacted_leader()
    (wanted,) = lag(replica)
    replica.raft.compacted(meta(7, term=2), replica.now_us)
    replica.raft.chunk_is_gone(wanted, replica.now_us)
    replica.take()
    chunk_response(replica, 4, index=6)
    progress = replica.state.progress[3]
    assert (progress.snapshot_index, progress.snapshot_offset) == (7, 0)
    chunk_response(replica, 4, index=7)
    assert progress.snapshot_offset == 4


def test_a_follower_that_lacks_just_the_last_entry_in_the_snapshot_gets_the_snapshot() -> None:
    replica = compacted_leader()
    replica.reject(3, 6, (6, 0))
    assert replica.state.progress[3].next_index == 6
    assert replica.state.progress[3].state is ProgressState.SNAPSHOT
    assert replica.take_said(AppendEntries) == []


def test_the_log_is_not_told_of_the_same_snapshot_again() -> None:
    replica = compacted_leader()
    replica.raft.compacted(meta(6), replica.now_us)
    assert replica.take().batch is None


def test_what_is_committed_to_its_last_entry_needs_no_snapshot() -> None:
    replica = Replica(3, terms=(1, 1, 1, 1, 1))
    replica.hear(2, 2, commit=6)
    replica.sync()
    replica.take_said()
    replica.step(chunk(0, b"abcd"))
    assert replica.ready.chunks_received == ()
    (answer,) = replica.take_said(InstallSnapshotResponse)
    assert answer.installed
    assert not replica.raft.install(meta(6), 2, replica.now_us)
    assert replica.state.log.first_index == 1


def test_a_learner_goes_on_following_who_sent_it_the_snapshot() -> None:
    replica = Replica(3, replica_id=4)
    replica.hear(2, 2)
    assert replica.raft.install(meta(6), 2, replica.now_us)
    replica.take()
    assert (replica.raft.role, replica.raft.leader_id) == (Role.LEARNER, 2)


def test_a_snapshot_that_leaves_the_vote_does_not_end_the_campaign() -> None:
    replica = Replica(3)
    replica.hear(2, 2)
    replica.sync()
    replica.time_out()
    assert replica.raft.install(meta(6), 2, replica.now_us)
    replica.take()
    replica.grant_pre_vote(2)
    assert replica.raft.role is Role.CANDIDATE


def test_a_chunk_that_is_read_after_the_snapshot_is_installed_is_not_sent() -> None:
    replica = compacted_leader()
    (wanted,) = lag(replica)
    chunk_response(replica, 0, installed=True)
    replica.acknowledge(3, 7)
    replica.take_said()
    give(replica, wanted)
    replica.raft.chunk_is_gone(wanted, replica.now_us)
    assert replica.take().chunks_wanted == ()
    assert replica.take_said(InstallSnapshot) == []
    assert replica.state.progress[3].state is ProgressState.REPLICATE


def test_who_needs_no_snapshot_is_sent_none() -> None:
    replica = compacted_leader()
    assert [p.state for p in replica.state.progress.values()] == [
        ProgressState.REPLICATE,
        ProgressState.PROBE,
    ]
    assert replica.take().chunks_wanted == ()


def test_a_chunk_of_an_older_snapshot_is_not_sent_as_one_of_the_newer() -> None:
    replica = compacted_leader()
    (wanted,) = lag(replica)
    replica.raft.compacted(meta(7, term=2), replica.now_us)
    replica.raft.chunk_is_gone(wanted, replica.now_us)
    replica.take()
    give(replica, wanted)
    assert replica.take_said(InstallSnapshot) == []


def test_while_a_snapshot_is_under_way_an_answered_heartbeat_asks_about_no_entries() -> None:
    replica = compacted_leader()
    lag(replica)
    replica.take_said()
    for _ in range(3):
        replica.answer_heartbeat(3)
    assert replica.take_said(AppendEntries) == []


def test_that_a_snapshot_is_installed_may_be_said_twice() -> None:
    replica = compacted_leader()
    lag(replica)
    chunk_response(replica, 0, installed=True)
    replica.acknowledge(3, 7)
    replica.take_said()
    chunk_response(replica, 0, installed=True)
    progress = replica.state.progress[3]
    assert (progress.state, progress.match_index) == (ProgressState.REPLICATE, 7)
    assert replica.take_said(AppendEntries) == []


def test_who_leads_no_more_sends_no_chunk_and_takes_no_answer() -> None:
    replica = compacted_leader()
    (wanted,) = lag(replica)
    replica.hear(2, replica.raft.current_term + 1)
    replica.sync()
    replica.take_said()
    chunk_response(replica, 4)
    give(replica, wanted)
    replica.raft.chunk_is_gone(wanted, replica.now_us)
    assert replica.take().chunks_wanted == ()
    assert replica.take_said() == []


def test_an_answer_of_who_is_no_member_is_not_taken() -> None:
    replica = compacted_leader()
    lag(replica)
    chunk_response(replica, 4, peer=9)
    assert replica.ready.chunks_wanted == ()
    assert replica.state.progress[3].snapshot_offset == 0


def test_that_an_older_snapshot_was_removed_does_not_begin_the_newest_anew() -> None:
    replica = compacted_leader()
    lag(replica)
    chunk_response(replica, 4)
    replica.raft.chunk_is_gone(
        ChunkWanted(peer=3, snapshot_index=5, offset_bytes=0), replica.now_us
    )
    assert replica.take().chunks_wanted == ()
    assert replica.state.progress[3].snapshot_offset == 4


def test_a_snapshot_that_takes_the_vote_away_ends_the_campaign() -> None:
    replica = Replica(3)
    replica.hear(2, 2)
    replica.sync()
    replica.time_out()
    assert replica.raft.role is Role.PRE_CANDIDATE
    members = tuple(
        Member(replica_id=i, node_id=i, name=f"pi{i}", voter=i != 1) for i in range(1, 4)
    )
    snapshot = SnapshotMeta(
        index=6,
        term=2,
        configuration_index=5,
        configuration=replace(configuration(3), members=members),
    )
    assert replica.raft.install(snapshot, 2, replica.now_us)
    replica.take()
    assert replica.raft.role is Role.LEARNER
    replica.grant_pre_vote(2)
    replica.grant_pre_vote(3)
    assert replica.raft.role is Role.LEARNER


def test_who_leaves_while_behind_the_compacted_log_is_sent_no_entries() -> None:
    replica = Replica(3, limits=Limits(trailing_count=0, inflight_count=1))
    replica.win()
    for peer in (2, 3):
        replica.acknowledge(peer, 2)
    for _ in range(6):
        index = replica.raft.propose((b"x",), replica.now_us)
        replica.take()
        replica.acknowledge(2, index)
        replica.sync()
    assert replica.state.progress[3].next_index == 4
    replica.take_said()
    assert (
        replica.raft.change_membership(membership.without(configuration(3), 3), replica.now_us)
        == ""
    )
    replica.take()
    replica.take_said()
    replica.raft.persisted(replica.unsynced, replica.now_us)
    replica.raft.compacted(meta(8, term=2), replica.now_us)
    replica.acknowledge(2, 9)
    assert replica.raft.configuration is not None
    assert not replica.raft.configuration.is_joint
    assert [m for m in replica.take_said() if m.receiver == 3] == []


def test_a_new_snapshot_waits_for_a_live_follower_that_gets_one() -> None:
    replica = compacted_leader()
    lag(replica)
    assert replica.raft.has_followers_to_catch_up
    replica.now_us += TIMING.election_max_us
    replica.answer_heartbeat(2)
    assert not replica.raft.has_followers_to_catch_up
    chunk_response(replica, 4)
    assert replica.raft.has_followers_to_catch_up
    chunk_response(replica, 0, installed=True)
    replica.acknowledge(3, 7)
    assert not replica.raft.has_followers_to_catch_up


def test_a_new_snapshot_waits_for_a_live_follower_that_lacks_more_than_would_stay() -> None:
    replica = Replica(3, terms=(1, 1), limits=Limits(trailing_count=2))
    assert not replica.raft.has_followers_to_catch_up
    replica.win()
    replica.acknowledge(2, 4)
    replica.acknowledge(3, 1)
    assert replica.raft.has_followers_to_catch_up
    replica.acknowledge(3, 2)
    assert not replica.raft.has_followers_to_catch_up
