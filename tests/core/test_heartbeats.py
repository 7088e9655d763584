"""Heartbeats, check-quorum (thesis 6.2) and the lease of the lamp."""

from raftpi.core.heartbeats import KEPT_ROUND_COUNT
from raftpi.core.messages import Heartbeat
from raftpi.core.ready import Role
from tests.core.bench import TIMING, Replica


def test_a_leader_beats_at_the_interval_whatever_its_card_does() -> None:
    replica = Replica(3)
    replica.win()
    replica.raft.propose((b"never synced",), replica.now_us)
    replica.take()
    replica.take_said()
    replica.pass_time(2 * TIMING.heartbeat_us)
    assert len(replica.take_said(Heartbeat)) == 4


def test_a_heartbeat_commits_no_more_than_what_matched_there() -> None:
    replica = Replica(3)
    replica.win()
    replica.acknowledge(2, 2)
    replica.take_said()
    replica.pass_time(TIMING.heartbeat_us)
    beats = {m.receiver: m.commit_index for m in replica.take_said(Heartbeat)}
    assert beats == {2: 2, 3: 0}


def test_a_leader_that_no_quorum_answers_steps_down_within_an_election_timeout() -> None:
    replica = Replica(3)
    replica.win()
    replica.pass_time(TIMING.election_max_us)
    assert replica.raft.role is not Role.LEADER


def test_a_leader_that_a_quorum_answers_stays() -> None:
    replica = Replica(5)
    replica.win()
    for _ in range(20):
        replica.pass_time(TIMING.heartbeat_us)
        replica.answer_heartbeat(2)
        replica.answer_heartbeat(3)
    assert replica.raft.role is Role.LEADER


def test_one_answer_of_four_is_no_quorum() -> None:
    replica = Replica(5)
    replica.win()
    for _ in range(20):
        replica.pass_time(TIMING.heartbeat_us)
        if replica.raft.role is Role.LEADER:
            replica.answer_heartbeat(2)
    assert replica.raft.role is not Role.LEADER


def test_at_the_end_of_an_election_timeout_of_silence_a_leader_steps_down() -> None:
    replica = Replica(3)
    replica.win()
    replica.now_us += TIMING.election_max_us - 1
    replica.raft.tick(replica.now_us)
    assert replica.raft.role is Role.LEADER
    replica.now_us += 1
    replica.raft.tick(replica.now_us)
    assert replica.raft.role is Role.FOLLOWER


def test_what_was_heard_since_puts_stepping_down_off_by_just_so_long() -> None:
    replica = Replica(3)
    replica.win()
    replica.pass_time(TIMING.heartbeat_us)
    replica.answer_heartbeat(2)
    replica.pass_time(TIMING.election_max_us - 1)
    assert replica.raft.role is Role.LEADER
    replica.pass_time(1)
    assert replica.raft.role is Role.FOLLOWER


def test_a_leader_whose_new_voters_are_long_silent_steps_down_at_once() -> None:
    replica = Replica(5)
    replica.win()
    for peer in (2, 3):
        replica.acknowledge(peer, 2)
    replica.sync()
    for _ in range(2 * TIMING.election_max_us // TIMING.heartbeat_us):
        replica.pass_time(TIMING.heartbeat_us)
        replica.answer_heartbeat(2)
        replica.answer_heartbeat(3)
    assert replica.raft.role is Role.LEADER
    members = replica.state.cluster.members
    assert not replica.raft.change_membership([members[0], *members[3:]], replica.now_us)
    replica.raft.tick(replica.now_us)
    assert replica.raft.role is Role.FOLLOWER


def test_there_is_no_lease_before_a_quorum_has_answered_a_heartbeat() -> None:
    replica = Replica(3)
    replica.win()
    replica.acknowledge(2, 2)
    assert replica.state.commit_index == 2
    assert replica.raft.lease_until_us() == 0


def test_there_is_no_lease_before_an_entry_of_the_own_term_has_committed() -> None:
    replica = Replica(3)
    replica.win()
    replica.answer_heartbeat(2)
    assert replica.raft.lease_until_us() == 0
    replica.acknowledge(2, 2)
    assert replica.raft.lease_until_us() > replica.now_us


def test_the_lease_counts_from_the_sending_and_is_shorter_than_an_election() -> None:
    replica = Replica(3)
    replica.win()
    replica.acknowledge(2, 2)
    replica.pass_time(TIMING.heartbeat_us)
    sent_us = replica.now_us
    replica.now_us += 30_000
    replica.answer_heartbeat(2)
    assert sent_us < replica.raft.lease_until_us() < sent_us + TIMING.election_min_us


def test_an_answer_to_an_old_round_does_not_extend_the_lease() -> None:
    replica = Replica(3)
    replica.win()
    replica.acknowledge(2, 2)
    replica.answer_heartbeat(2, round=1)
    until_us = replica.raft.lease_until_us()
    replica.pass_time(TIMING.heartbeat_us)
    replica.answer_heartbeat(2, round=1)
    assert replica.raft.lease_until_us() == until_us


def test_an_answer_to_a_round_never_sent_is_refused_and_counted() -> None:
    replica = Replica(3)
    replica.win()
    replica.answer_heartbeat(2, round=99)
    assert replica.state.refused_counts == {"answer to a heartbeat that was never sent": 1}


def test_an_idle_second_costs_at_most_sixty_messages_with_their_answers() -> None:
    replica = Replica(3)
    replica.win()
    for peer in (2, 3):
        replica.acknowledge(peer, 2)
    replica.take_said()
    exchanges = 0
    for _ in range(1_000_000 // TIMING.heartbeat_us):
        replica.pass_time(TIMING.heartbeat_us)
        for peer in (2, 3):
            replica.answer_heartbeat(peer)
        exchanges += len(replica.take_said())
    assert exchanges <= 60


def test_quorum_silence_grows_while_nobody_is_heard() -> None:
    replica = Replica(3)
    replica.hear(2, 3)
    assert replica.raft.quorum_silence_us(replica.now_us) == 0
    assert replica.raft.quorum_silence_us(replica.now_us + 5) == 5


def test_the_slowest_tells_its_delay_though_a_later_round_is_confirmed() -> None:
    replica = Replica(3)
    replica.win()
    replica.pass_time(TIMING.heartbeat_us)
    replica.now_us += 7_000
    replica.answer_heartbeat(2)
    assert replica.state.progress[2].delay_us == 7_000
    replica.answer_heartbeat(3, round=1)
    assert replica.state.progress[3].delay_us == TIMING.heartbeat_us + 7_000
    assert replica.state.progress[3].heard_us == replica.now_us
    replica.now_us += 2_000
    replica.answer_heartbeat(3)
    assert replica.state.progress[3].delay_us == 9_000


def test_an_answer_to_a_round_long_confirmed_says_nothing_of_the_delay() -> None:
    replica = Replica(3)
    replica.win()
    for _ in range(2 * KEPT_ROUND_COUNT):
        replica.pass_time(TIMING.heartbeat_us)
        replica.answer_heartbeat(2)
    assert len(replica.state.round_sent_us) <= KEPT_ROUND_COUNT + 1
    replica.answer_heartbeat(3, round=1)
    assert replica.state.progress[3].delay_us == -1


def test_a_leaders_silence_counts_from_when_a_quorum_was_heard_last() -> None:
    replica = Replica(5)
    replica.win()
    for peer in (2, 3, 4):
        replica.now_us += 1_000
        replica.answer_heartbeat(peer)
    # Of the five, itself and two more: 4 was heard last, 3 before it.
    assert replica.raft.quorum_silence_us(replica.now_us) == 1_000
