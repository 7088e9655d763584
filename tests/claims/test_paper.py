"""The claims of the paper (extended version), section by section, each as it stands there."""

from dataclasses import replace

from raftpi.core import membership
from raftpi.core.messages import (
    AppendEntries,
    AppendEntriesResponse,
    HeartbeatResponse,
    RequestPreVote,
    RequestVote,
    RequestVoteResponse,
)
from raftpi.core.ready import Role
from tests.core.bench import TIMING, Replica
from tests.scenarios.lab import SECOND_US, Lab

# --- 5.1 Raft basics ------------------------------------------------------------------------


def test_5_1_a_server_whose_term_is_smaller_takes_over_the_larger_one() -> None:
    replica = Replica(3)
    replica.hear(2, 7)
    assert replica.raft.current_term == 7


def test_5_1_a_candidate_or_leader_that_is_out_of_date_reverts_to_follower_at_once() -> None:
    for role in (Role.CANDIDATE, Role.LEADER):
        replica = Replica(3)
        replica.time_out()
        replica.grant_pre_vote(2)
        replica.sync()
        if role is Role.LEADER:
            replica.grant_vote(2)
        assert replica.raft.role is role
        replica.hear(3, 9)
        assert replica.raft.role is Role.FOLLOWER


def test_5_1_a_request_with_a_stale_term_is_rejected() -> None:
    replica = Replica(3, term=5)
    replica.append(2, 4, (1, 1), (4,))
    assert replica.state.log.last_index == 1
    (answer,) = replica.take_said(HeartbeatResponse)
    assert answer.term == 5


# --- 5.2 Leader election --------------------------------------------------------------------


def test_5_2_a_follower_that_hears_nothing_for_an_election_timeout_begins_an_election() -> None:
    replica = Replica(3)
    replica.pass_time(TIMING.election_max_us)
    assert len(replica.take_said(RequestPreVote)) >= 2


def test_5_2_each_server_votes_for_at_most_one_candidate_a_term_first_come_first_served() -> None:
    replica = Replica(3)
    replica.ask_vote(2, 2, (1, 1))
    replica.ask_vote(3, 2, (1, 1))
    replica.ask_vote(2, 2, (1, 1))
    replica.sync()
    answers = replica.take_said(RequestVoteResponse)
    assert [(a.receiver, a.granted) for a in answers if isinstance(a, RequestVoteResponse)] == [
        (2, True),
        (3, False),
        (2, True),
    ]


def test_5_2_a_majority_in_one_term_makes_a_leader_and_no_fewer() -> None:
    replica = Replica(5)
    replica.time_out()
    for peer in (2, 3):
        replica.grant_pre_vote(peer)
    replica.sync()
    replica.grant_vote(2)
    assert replica.raft.role is Role.CANDIDATE
    replica.grant_vote(3)
    assert replica.raft.role is Role.LEADER


def test_5_2_a_candidate_follows_a_leader_of_its_own_term_and_refuses_one_of_an_older() -> None:
    replica = Replica(3)
    replica.time_out()
    replica.grant_pre_vote(2)
    replica.sync()
    assert replica.raft.role is Role.CANDIDATE
    replica.hear(2, replica.raft.current_term - 1)
    assert replica.raft.role is Role.CANDIDATE
    replica.hear(2, replica.raft.current_term)
    assert (replica.raft.role, replica.raft.leader_id) == (Role.FOLLOWER, 2)


def test_5_2_election_timeouts_are_random_so_that_split_votes_are_rare_and_end() -> None:
    deadlines = {
        Replica(3, chance=chance).raft.next_deadline_us() for chance in (0.0, 0.3, 0.6, 0.9)
    }
    assert len(deadlines) == 4
    lab = Lab(5, seed=3)
    for _ in range(5):
        lab.crash(lab.check_one_leader())
        lab.check_one_leader()
        for server in lab.servers:
            lab.start(server)


# --- 5.3 Log replication --------------------------------------------------------------------


def test_5_3_an_entry_is_committed_once_it_is_on_a_majority_and_so_are_those_before_it() -> None:
    replica = Replica(3, terms=(1, 1))
    replica.win()
    replica.acknowledge(2, 4)
    assert replica.state.commit_index == 4
    assert [entry.index for entry in replica.ready.committed] == [1, 2, 3, 4]


def test_5_3_entries_with_the_same_index_and_term_hold_the_same_command_and_history() -> None:
    lab = Lab(5)
    for _ in range(3):
        leader = lab.check_one_leader()
        lab.propose(leader)
        lab.disconnect(leader)
        lab.one(3)
        lab.connect(leader)
    lab.one(5)
    lab.cluster.check_everything()


def test_5_3_a_follower_without_the_entry_before_refuses_the_new_ones() -> None:
    replica = Replica(3, terms=(1,))
    replica.append(2, 2, (5, 2), (2,))
    replica.sync()
    (answer,) = replica.take_said(AppendEntriesResponse)
    assert isinstance(answer, AppendEntriesResponse)
    assert not answer.success
    assert replica.state.log.last_index == 2


def test_5_3_a_followers_conflicting_entries_are_overwritten_with_the_leaders() -> None:
    replica = Replica(3, terms=(1, 1, 1))
    replica.append(2, 2, (2, 1), (2, 2, 2))
    assert [replica.state.log.term_at(index) for index in range(1, 6)] == [1, 1, 2, 2, 2]


def test_5_3_a_leader_never_overwrites_or_deletes_entries_of_its_own() -> None:
    replica = Replica(3, terms=(1, 1))
    replica.win()
    before = replica.state.log.between(1, 4)
    replica.append(2, replica.raft.current_term, (1, 1), (2,))
    replica.reject(2, 3, (1, 0))
    assert replica.state.log.between(1, 4) == before
    assert replica.state.refused_counts == {"a second leader in one term": 1}


def test_5_3_one_refusal_a_term_is_enough_not_one_an_entry() -> None:
    replica = Replica(3, terms=(1,) * 40 + (3,) * 10, term=3)
    replica.win()
    replica.take_said()
    refusals = 0
    rejected = replica.state.progress[2].next_index - 1
    # The follower has the first ten entries, and thirty of term 2 behind them.
    while rejected > 10:
        refusals += 1
        replica.reject(2, rejected, (11, 2))
        rejected = replica.state.progress[2].next_index - 1
    assert refusals <= 2


# --- 5.4 Safety -----------------------------------------------------------------------------


def test_5_4_1_a_voter_denies_its_vote_to_a_log_less_up_to_date_than_its_own() -> None:
    for last, granted in (((3, 2), True), ((9, 1), False), ((2, 2), False), ((1, 3), True)):
        replica = Replica(3, terms=(2, 2), term=3)
        replica.ask_vote(2, 4, last)
        replica.sync()
        (answer,) = replica.take_said(RequestVoteResponse)
        assert answer.granted is granted, last


def test_5_4_2_only_entries_of_the_own_term_are_committed_by_counting_replicas() -> None:
    replica = Replica(3, terms=(1, 1))
    replica.win()
    replica.acknowledge(2, 3)
    assert replica.state.commit_index == 0
    replica.acknowledge(2, 4)
    assert replica.state.commit_index == 4


def test_5_4_3_a_committed_entry_is_in_the_log_of_every_leader_of_a_later_term() -> None:
    lab = Lab(5)
    for _ in range(6):
        index = lab.one(3)
        leader = lab.check_one_leader()
        lab.crash(leader)
        later = lab.check_one_leader()
        assert lab.last_index(later) >= index
        lab.start(leader)
    lab.cluster.check_everything()


def test_5_5_a_request_that_comes_twice_does_no_harm() -> None:
    replica = Replica(3)
    for _ in range(2):
        replica.append(2, 2, (1, 1), (2, 2))
    assert replica.state.log.last_index == 3


def test_5_6_who_cannot_talk_to_a_majority_makes_no_progress_and_who_can_does() -> None:
    lab = Lab(5)
    leader = lab.check_one_leader()
    partner = next(server for server in lab.servers if server != leader)
    lab.disconnect(leader, partner)
    key = lab.propose(leader)
    lab.one(3)
    lab.sleep(SECOND_US)
    assert lab.committed_on(key) == []


# --- 6 Cluster membership changes -----------------------------------------------------------


def test_6_while_joint_agreement_needs_majorities_of_both_configurations() -> None:
    replica = Replica(3)
    replica.win()
    replica.acknowledge(2, 2)
    present = replica.raft.configuration
    assert present is not None
    assert replica.raft.change_membership(membership.without(present, 3), replica.now_us) == ""
    replica.take()
    replica.sync()
    joint_index = replica.state.log.last_index
    replica.acknowledge(3, joint_index)
    assert replica.state.commit_index < joint_index
    replica.acknowledge(2, joint_index)
    assert replica.state.commit_index >= joint_index


def test_6_a_server_uses_the_latest_configuration_in_its_log_committed_or_not() -> None:
    replica = Replica(3)
    entry = replica.state.log.entry(1)
    assert entry.configuration is not None
    smaller = replace(entry.configuration, members=entry.configuration.members[:2])
    replica.step(
        AppendEntries(
            sender=2,
            receiver=1,
            term=2,
            prev_log_index=1,
            prev_log_term=1,
            commit_index=0,
            entries=(replace(entry, index=2, term=2, configuration=smaller),),
        )
    )
    assert replica.raft.configuration == smaller
    assert replica.state.commit_index == 0


def test_6_removed_servers_do_not_disrupt_for_votes_are_refused_while_a_leader_is_heard() -> None:
    replica = Replica(3)
    replica.hear(2, 2)
    replica.ask_vote(3, 9, (9, 9))
    assert replica.raft.current_term == 2
    assert replica.take_said(RequestVote) == []


# --- 7 Log compaction -----------------------------------------------------------------------


def test_7_each_server_takes_snapshots_by_itself_and_a_laggard_gets_the_leaders() -> None:
    lab = Lab(3, snapshot_entry_count=10)
    lab.one(3)
    away = next(server for server in lab.servers if server != lab.check_one_leader())
    lab.crash(away)
    for _ in range(30):
        lab.one(2)
    for server in lab.servers:
        if server != away:
            assert lab.cluster.node(server).raft.state.snapshot is not None
    lab.start(away)
    lab.one(3)


def test_8_reads_and_commits_wait_for_a_no_op_of_the_own_term() -> None:
    replica = Replica(3, terms=(1,))
    replica.win()
    assert replica.state.log.term_at(3) == replica.raft.current_term
    assert replica.raft.read(1, replica.now_us)
    replica.take()
    replica.answer_heartbeat(2)
    assert replica.ready.reads == ()
