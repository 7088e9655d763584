"""Leadership transfer (thesis 3.10)."""

from raftpi.core import membership
from raftpi.core.configuration import Member
from raftpi.core.messages import TimeoutNow
from raftpi.core.ready import Role
from tests.core.bench import TIMING, Replica, configuration
from tests.core.test_reads import committed_leader


def test_a_target_that_is_up_to_date_is_told_at_once() -> None:
    replica = committed_leader()
    assert replica.raft.transfer_leadership(3, replica.now_us) == ""
    replica.take()
    assert [m.receiver for m in replica.take_said(TimeoutNow)] == [3]


def test_a_target_that_lags_is_told_only_when_it_has_caught_up() -> None:
    replica = committed_leader()
    replica.raft.propose((b"x",), replica.now_us)
    replica.take()
    replica.raft.transfer_leadership(3, replica.now_us)
    replica.take()
    assert replica.take_said(TimeoutNow) == []
    replica.acknowledge(3, 3)
    assert len(replica.take_said(TimeoutNow)) == 1


def test_no_proposal_is_taken_during_a_transfer() -> None:
    replica = committed_leader()
    replica.raft.transfer_leadership(3, replica.now_us)
    assert replica.raft.propose((b"x",), replica.now_us) == 0


def test_a_transfer_that_does_not_happen_is_given_up_after_an_election_timeout() -> None:
    replica = committed_leader()
    replica.raft.transfer_leadership(3, replica.now_us)
    end_us = replica.now_us + TIMING.election_max_us
    while replica.now_us < end_us:
        replica.pass_time(TIMING.heartbeat_us)
        replica.answer_heartbeat(2)
    assert replica.raft.role is Role.LEADER
    assert replica.raft.propose((b"x",), replica.now_us) == 3


def test_without_a_target_the_one_furthest_along_is_taken() -> None:
    replica = committed_leader(5)
    replica.raft.propose((b"x",), replica.now_us)
    replica.sync()
    replica.acknowledge(4, 3)
    replica.take_said()
    replica.raft.transfer_leadership(0, replica.now_us)
    replica.take()
    assert [m.receiver for m in replica.take_said(TimeoutNow)] == [4]


def test_who_was_not_heard_of_late_is_not_chosen() -> None:
    replica = committed_leader()
    replica.now_us += TIMING.election_min_us
    assert "no other voter" in replica.raft.transfer_leadership(0, replica.now_us)


def test_what_cannot_be_done_is_said() -> None:
    replica = committed_leader()
    assert "not a voter" in replica.raft.transfer_leadership(9, replica.now_us)
    assert replica.raft.transfer_leadership(1, replica.now_us) == ""
    assert not replica.raft.is_handing_over
    replica.raft.transfer_leadership(2, replica.now_us)
    assert "another transfer" in replica.raft.transfer_leadership(3, replica.now_us)
    assert "does not lead" in Replica(3).raft.transfer_leadership(2, 1_000_000)


def test_the_lease_ends_when_the_target_is_told() -> None:
    replica = committed_leader()
    replica.answer_heartbeat(2)
    assert replica.raft.lease_until_us() > 0
    replica.raft.transfer_leadership(3, replica.now_us)
    assert replica.raft.lease_until_us() == 0


def test_the_target_is_told_once() -> None:
    replica = committed_leader()
    replica.raft.transfer_leadership(3, replica.now_us)
    replica.take()
    for peer in (2, 3):
        replica.acknowledge(peer, 2)
    assert len(replica.take_said(TimeoutNow)) == 1


def test_at_its_deadline_a_transfer_is_given_up() -> None:
    replica = committed_leader()
    replica.raft.transfer_leadership(3, replica.now_us)
    replica.now_us += TIMING.election_max_us - 1
    replica.answer_heartbeat(2)
    assert replica.raft.is_handing_over
    replica.now_us += 1
    replica.raft.tick(replica.now_us)
    assert replica.raft.role is Role.LEADER
    assert not replica.raft.is_handing_over


def test_a_learner_is_not_chosen_however_far_along_it_is() -> None:
    replica = committed_leader()
    newcomer = Member(replica_id=4, node_id=4, name="pi4")
    members = membership.with_learner(configuration(3), newcomer)
    assert replica.raft.change_membership(members, replica.now_us) == ""
    replica.take()
    replica.sync()
    for peer in (2, 3):
        replica.acknowledge(peer, 3)
    replica.raft.propose((b"x",), replica.now_us)
    replica.take()
    replica.acknowledge(4, 4)
    replica.acknowledge(3, 4)
    replica.take_said()
    for peer in (2, 3):
        replica.state.progress[peer].disk_healthy = False
    assert "no other voter" in replica.raft.transfer_leadership(0, replica.now_us)
    for peer in (2, 3):
        replica.state.progress[peer].disk_healthy = True
    replica.raft.transfer_leadership(0, replica.now_us)
    replica.take()
    assert [m.receiver for m in replica.take_said(TimeoutNow)] == [3]
