"""Who leaves: told of it, needed until it is committed, and silent afterwards."""

from raftpi.core import membership
from raftpi.core.messages import AppendEntries, TimeoutNow
from raftpi.core.ready import Role
from tests.core.bench import Replica
from tests.core.test_membership import change, commit_all, leader_of, present


def test_who_leaves_is_sent_the_configuration_that_says_so() -> None:
    replica = leader_of()
    assert change(replica, membership.without(present(replica), 3)) == ""
    replica.take_said()
    commit_all(replica)
    final = replica.state.log.last_index
    sent = [m for m in replica.take_said(AppendEntries) if m.receiver == 3]
    assert any(final in [entry.index for entry in m.entries] for m in sent)


def test_who_left_is_told_when_that_is_committed() -> None:
    replica = leader_of()
    assert change(replica, membership.without(present(replica), 3)) == ""
    commit_all(replica)
    final_index = replica.state.log.last_index
    assert present(replica).voters() == (1, 2)
    replica.take_said()
    replica.acknowledge(2, final_index)
    [told] = [m for m in replica.take_said(AppendEntries) if m.receiver == 3]
    assert (told.prev_log_index, told.prev_log_term) == (final_index, 2)
    assert told.commit_index == final_index
    assert told.entries == ()
    replica.pass_time(1_000)
    replica.acknowledge(2, final_index)
    assert [m for m in replica.take_said(AppendEntries) if m.receiver == 3] == []


def test_who_left_is_told_by_its_leader_once_that_leads_again() -> None:
    replica = leader_of()
    assert change(replica, membership.without(present(replica), 3)) == ""
    commit_all(replica)
    while replica.raft.role is Role.LEADER:
        replica.pass_time(1_000)
    replica.take_said()
    replica.time_out()
    replica.grant_pre_vote(2)
    replica.sync()
    replica.grant_vote(2)
    replica.sync()
    assert [m for m in replica.take_said(AppendEntries) if m.receiver == 3] == []
    replica.acknowledge(2, replica.state.log.last_index)
    [told] = [m for m in replica.take_said(AppendEntries) if m.receiver == 3]
    assert told.commit_index == replica.state.log.last_index
    assert told.prev_log_index == replica.state.log.configuration_index


def test_a_removed_replica_that_nobody_can_do_without_is_elected_and_leaves() -> None:
    """The one that stays lacks the entry that leaves it alone, so it cannot win (thesis 4.2.2)."""
    replica = Replica(2)
    replica.win()
    replica.acknowledge(2, 2)
    assert change(replica, membership.without(present(replica), 1)) == ""
    replica.sync()
    replica.acknowledge(2, 3)
    assert present(replica).voters() == (2,)
    replica.sync()
    while replica.raft.role is Role.LEADER:
        replica.pass_time(1_000)
    replica.time_out()
    assert replica.state.role is Role.PRE_CANDIDATE
    assert replica.raft.role is Role.LEARNER
    replica.grant_pre_vote(2)
    replica.sync()
    replica.grant_vote(2)
    assert replica.raft.role is Role.LEADER
    replica.sync()
    replica.take_said()
    replica.acknowledge(2, replica.state.log.last_index)
    assert replica.raft.role is Role.LEARNER
    assert [m.receiver for m in replica.take_said(TimeoutNow)] == [2]
    replica.pass_time(3_000_000)
    assert replica.raft.role is Role.LEARNER


def test_who_leaves_unreached_is_sent_nothing_blindly() -> None:
    replica = leader_of()
    replica.raft.unreachable(3, replica.now_us)
    assert change(replica, membership.without(present(replica), 3)) == ""
    commit_all(replica, but=(3,))
    assert present(replica).voters() == (1, 2)
    assert [m for m in replica.take_said(AppendEntries) if m.receiver == 3] == []


def test_a_removed_leader_does_not_count_itself_and_leads_until_the_change_has_committed() -> None:
    replica = leader_of()
    assert change(replica, membership.without(present(replica), 1)) == ""
    joint_index = replica.state.log.last_index
    replica.sync()
    replica.acknowledge(2, joint_index)
    assert replica.state.log.last_index == joint_index
    replica.acknowledge(3, joint_index)
    final_index = replica.state.log.last_index
    assert final_index == joint_index + 1
    assert present(replica).voters() == (2, 3)
    replica.sync()
    # Two of three cards hold it, but one of them has no vote any more.
    replica.acknowledge(2, final_index)
    assert replica.raft.role is Role.LEADER
    assert replica.state.commit_index == joint_index
    replica.take_said()
    replica.acknowledge(3, final_index)
    assert replica.state.commit_index == final_index
    assert replica.raft.role is Role.LEARNER
    assert [m.receiver for m in replica.take_said(TimeoutNow)] in ([2], [3])


def test_a_removed_leader_tells_nobody_whose_card_stalls_to_campaign() -> None:
    replica = leader_of()
    assert change(replica, membership.without(present(replica), 1)) == ""
    for peer in (2, 3):
        replica.state.progress[peer].disk_healthy = False
    for _ in range(2):
        commit_all(replica)
    assert replica.raft.role is Role.LEARNER
    assert replica.take_said(TimeoutNow) == []
