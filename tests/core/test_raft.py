"""The one way in and the one way out."""

from raftpi.core.entry import Entry
from raftpi.core.founding import founding_entry
from raftpi.core.messages import (
    AppendEntries,
    AppendEntriesResponse,
    Heartbeat,
    HeartbeatResponse,
    RequestPreVote,
    RequestVoteResponse,
    TimeoutNow,
)
from raftpi.core.raft import Raft
from raftpi.core.ready import HardState, Role
from raftpi.core.snapshot import SnapshotMeta
from tests.core.bench import TIMING, FixedRandom, Replica, configuration


def test_a_newer_term_makes_a_leader_follow() -> None:
    replica = Replica(3)
    replica.win()
    replica.hear(2, replica.raft.current_term + 1)
    assert (replica.raft.role, replica.raft.leader_id) == (Role.FOLLOWER, 2)


def test_a_term_is_told_to_nobody_before_it_is_durable() -> None:
    replica = Replica(3)
    replica.hear(2, 9)
    assert replica.take_said(HeartbeatResponse) == []
    replica.sync()
    [answer] = replica.take_said(HeartbeatResponse)
    assert answer.term == 9


def test_in_a_durable_term_a_heartbeat_is_answered_whatever_the_card_does() -> None:
    replica = Replica(3, term=9)
    replica.hear(2, 9)
    replica.append(2, 9, (1, 1), (9,))
    replica.take_said()
    replica.hear(2, 9, round=2)
    assert [m.round for m in replica.take_said(HeartbeatResponse)] == [2]
    assert replica.take_said(AppendEntriesResponse) == []


def test_everything_is_handed_out_once() -> None:
    replica = Replica(3)
    replica.time_out()
    ready = replica.take()
    assert ready.messages == ()
    assert ready.batch is None
    assert ready.role_changes == ()


def test_a_batch_has_only_what_is_new() -> None:
    replica = Replica(3, term=2)
    replica.append(2, 2, (1, 1), (2, 2))
    assert replica.ready.batch is not None
    assert replica.ready.batch.hard_state is None
    replica.append(2, 2, (3, 2), (2,))
    assert replica.ready.batch is not None
    assert [e.index for e in replica.ready.batch.entries] == [4]


def test_an_idle_follower_sleeps_until_its_election_deadline() -> None:
    replica = Replica(3, chance=0.5)
    replica.hear(2, 2)
    expected_us = (TIMING.election_min_us + TIMING.election_max_us) // 2
    assert replica.raft.next_deadline_us() == replica.now_us + expected_us


def test_an_idle_leader_sleeps_until_its_next_heartbeat() -> None:
    replica = Replica(3)
    replica.win()
    assert replica.raft.next_deadline_us() == replica.now_us + TIMING.heartbeat_us


def test_a_replica_without_a_configuration_never_campaigns() -> None:
    raft = Raft(
        replica_id=1,
        hard_state=HardState(term=0, voted_for=0),
        entries=(),
        random=FixedRandom(0.5),
        now_us=0,
    )
    for _ in range(5):
        deadline_us = raft.next_deadline_us()
        assert deadline_us is not None
        raft.tick(deadline_us)
        assert raft.ready().messages == ()
    assert raft.role is Role.LEARNER


def test_the_founding_record_is_the_first_batch() -> None:
    raft = Raft(
        replica_id=1,
        hard_state=HardState(term=0, voted_for=0),
        entries=(),
        random=FixedRandom(0.5),
        now_us=0,
    )
    raft.found(founding_entry(configuration(3)), 0)
    batch = raft.ready().batch
    assert batch is not None
    assert batch.hard_state == HardState(term=1, voted_for=0)
    assert [e.configuration for e in batch.entries] == [configuration(3)]


def test_the_founding_record_does_not_lower_a_term_heard_before_it() -> None:
    raft = Raft(
        replica_id=3,
        hard_state=HardState(term=0, voted_for=0),
        entries=(),
        random=FixedRandom(0.5),
        now_us=0,
    )
    raft.step(
        Heartbeat(sender=2, receiver=3, term=4, round=1, commit_index=0, leader_commit_index=1), 1
    )
    raft.found(founding_entry(configuration(3)), 2)
    assert (raft.current_term, raft.leader_id) == (4, 2)
    batch = raft.ready().batch
    assert batch is not None
    assert batch.hard_state == HardState(term=4, voted_for=0)


def test_losing_the_connection_to_a_follower_makes_its_leader_probe() -> None:
    replica = Replica(3)
    replica.win()
    replica.acknowledge(2, 2)
    replica.raft.propose((b"x",), replica.now_us)
    replica.take()
    replica.raft.peer_lost(2, replica.now_us)
    assert replica.state.progress[2].next_index == 3
    assert replica.state.progress[2].probe_sent


def test_a_vote_asked_for_in_an_old_term_is_refused_with_the_newer_one() -> None:
    replica = Replica(3, term=9)
    replica.ask_vote(2, 5, (9, 9))
    [answer] = replica.take_said(RequestVoteResponse)
    assert (answer.granted, answer.term) == (False, 9)


def test_a_learner_that_is_told_to_campaign_refuses() -> None:
    raft = Raft(
        replica_id=9,
        hard_state=HardState(term=2, voted_for=0),
        entries=(founding_entry(configuration(3)),),
        random=FixedRandom(0.5),
        now_us=0,
    )
    raft.step(TimeoutNow(sender=2, receiver=9, term=2), 1)
    assert raft.role is Role.LEARNER
    assert raft.state.refused_counts == {"TimeoutNow to a learner": 1}


def test_entries_with_a_gap_or_a_term_beyond_the_leaders_are_refused_and_counted() -> None:
    replica = Replica(3, term=2)
    for entry in (Entry(index=4, term=2), Entry(index=2, term=7)):
        replica.step(
            AppendEntries(
                sender=2,
                receiver=1,
                term=2,
                prev_log_index=1,
                prev_log_term=1,
                commit_index=0,
                entries=(entry,),
            )
        )
    assert replica.state.log.last_index == 1
    assert replica.state.refused_counts == {"append with a gap": 2}


def test_answers_to_who_leads_no_more_are_ignored() -> None:
    replica = Replica(3, term=2)
    replica.acknowledge(2, 1)
    replica.answer_heartbeat(2, round=0)
    replica.grant_vote(2)
    replica.grant_pre_vote(2)
    assert replica.raft.role is Role.FOLLOWER
    assert replica.take_said() == []


def test_the_world_is_told_once_of_a_role_that_two_things_of_a_turn_lead_to() -> None:
    replica = Replica(3)
    replica.raft.step(
        Heartbeat(sender=2, receiver=1, term=2, round=1, commit_index=0, leader_commit_index=0),
        replica.now_us,
    )
    snapshot = SnapshotMeta(index=6, term=2, configuration_index=1, configuration=configuration(3))
    assert replica.raft.install(snapshot, 2, replica.now_us)
    told = replica.take().role_changes
    assert [(c.role, c.term, c.leader) for c in told] == [
        (Role.FOLLOWER, 2, 0),
        (Role.FOLLOWER, 2, 2),
    ]


def test_a_replica_without_a_configuration_knows_of_nobody_who_holds_anything() -> None:
    raft = Raft(
        replica_id=1,
        hard_state=HardState(term=0, voted_for=0),
        entries=(),
        random=FixedRandom(0.5),
        now_us=0,
    )
    assert raft.durable_indexes() == ()
    assert raft.lease_until_us() == 0
    assert raft.change_membership(configuration(1).members, 0) == "this node does not lead"


def test_a_tick_before_anything_is_due_does_nothing() -> None:
    replica = Replica(3)
    deadline_us = replica.raft.next_deadline_us()
    assert deadline_us is not None
    replica.now_us = deadline_us - 1
    replica.raft.tick(replica.now_us)
    replica.take()
    assert (replica.raft.role, replica.take_said()) == (Role.FOLLOWER, [])
    replica.win()
    replica.raft.tick(replica.now_us + TIMING.heartbeat_us - 1)
    replica.take()
    assert replica.take_said() == []


def test_a_candidate_whose_vote_is_on_its_way_to_the_card_is_not_hurried_by_ticks() -> None:
    replica = Replica(3)
    replica.time_out()
    replica.grant_pre_vote(2)
    replica.raft.tick(replica.now_us + 10 * TIMING.election_max_us)
    assert (replica.raft.role, replica.raft.current_term) == (Role.CANDIDATE, 2)


def test_what_is_left_to_be_sent_is_told() -> None:
    replica = Replica(3)
    assert not replica.raft.has_more
    replica.raft.step(
        RequestPreVote(sender=2, receiver=1, term=2, last_log_index=1, last_log_term=1),
        replica.now_us,
    )
    assert replica.raft.has_more
    replica.take()
    assert not replica.raft.has_more
