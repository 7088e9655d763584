"""The claims of the thesis that go beyond the paper."""

from raftpi.command import Put, Stamp, Written, pack_command, unpack_result
from raftpi.core.messages import AppendEntries, Heartbeat, RequestVote, TimeoutNow
from raftpi.core.ready import Role
from raftpi.kv.machine import Machine
from tests.core.bench import Replica
from tests.scenarios.lab import SECOND_US, Lab


def committed_leader() -> Replica:
    replica = Replica(3)
    replica.win()
    for peer in (2, 3):
        replica.acknowledge(peer, 2)
    replica.take_said()
    return replica


def test_3_10_a_transfer_brings_the_target_up_to_date_and_then_has_it_campaign_at_once() -> None:
    replica = committed_leader()
    index = replica.raft.propose((b"x",), replica.now_us)
    assert replica.raft.transfer_leadership(2, replica.now_us) == ""
    replica.take()
    assert replica.take_said(TimeoutNow) == []
    replica.acknowledge(2, index)
    assert len(replica.take_said(TimeoutNow)) == 1
    target = Replica(3, replica_id=2)
    target.hear(1, 2)
    target.told_to_campaign(1, 2)
    target.sync()
    asked = target.take_said(RequestVote)
    assert [m.leadership_transfer for m in asked if isinstance(m, RequestVote)] == [True, True]


def test_3_10_a_leader_that_hands_over_takes_no_requests_until_that_came_to_nothing() -> None:
    replica = committed_leader()
    assert replica.raft.transfer_leadership(2, replica.now_us) == ""
    assert replica.raft.propose((b"x",), replica.now_us) == 0
    for _ in range(8):
        replica.pass_time(50_000)
        for peer in (2, 3):
            replica.answer_heartbeat(peer)
    assert replica.raft.propose((b"x",), replica.now_us) > 0


def test_4_2_3_a_vote_is_refused_within_a_minimum_election_timeout_of_hearing_a_leader() -> None:
    replica = Replica(3)
    replica.hear(2, 2)
    replica.ask_vote(3, 3, (9, 9))
    assert replica.raft.current_term == 2
    replica.ask_vote(3, 3, (9, 9), transfer=True)
    assert replica.raft.current_term == 3


def test_6_2_a_leader_that_no_majority_answers_for_an_election_timeout_steps_down() -> None:
    replica = committed_leader()
    replica.pass_time(replica.state.timing.election_max_us)
    assert replica.raft.role is Role.FOLLOWER


def test_6_3_a_command_that_is_sent_again_takes_effect_once() -> None:
    machine = Machine()
    stamp = Stamp(session_id=5, sequence=1, first_pending=1, began_index=0)
    command = pack_command(stamp, Put(key=b"k", value=b"v"))
    first = machine.apply(3, command)
    again = machine.apply(4, command)
    assert unpack_result(first) == unpack_result(again) == Written(revision=3)


def test_6_4_a_read_needs_no_entry_of_the_log_but_a_round_of_heartbeats() -> None:
    replica = committed_leader()
    last_index = replica.state.log.last_index
    assert replica.raft.read(1, replica.now_us)
    replica.take()
    assert len(replica.take_said(Heartbeat)) == 2
    replica.answer_heartbeat(2)
    assert [read.read_id for read in replica.ready.reads] == [1]
    assert replica.state.log.last_index == last_index


def test_9_6_a_server_that_was_cut_off_does_not_raise_the_term_when_it_comes_back() -> None:
    lab = Lab(3)
    leader = lab.check_one_leader()
    term = lab.cluster.node(leader).raft.current_term
    away = next(server for server in lab.servers if server != leader)
    lab.disconnect(away)
    lab.sleep(5 * SECOND_US)
    lab.connect(away)
    lab.one(3)
    assert lab.check_one_leader() == leader
    assert lab.cluster.node(leader).raft.current_term == term


def test_10_2_1_the_leader_writes_to_its_disk_in_parallel_with_replicating() -> None:
    replica = committed_leader()
    index = replica.raft.propose((b"x",), replica.now_us)
    ready = replica.take()
    assert ready.batch is not None
    assert any(isinstance(m, AppendEntries) and m.entries for m in replica.take_said())
    # A majority without the leader's own card is enough, and its own alone is not.
    replica.acknowledge(2, index)
    assert replica.state.commit_index < index
    replica.acknowledge(3, index)
    assert replica.state.commit_index == index
