"""What a change of the membership waits for, and what it must not do on the way."""

from dataclasses import replace

from raftpi.core import membership
from raftpi.core.configuration import Member
from raftpi.core.messages import AppendEntries, AppendEntriesResponse, TimeoutNow
from raftpi.core.ready import Role
from tests.core.bench import Replica, configuration
from tests.core.test_membership import (
    add_learner,
    catch_up,
    change,
    commit_all,
    leader_of,
    learner,
    present,
)


def test_a_change_waits_until_the_learner_before_it_is_committed() -> None:
    replica = leader_of()
    assert change(replica, membership.with_learner(present(replica), learner(4))) == ""
    members = membership.with_learner(present(replica), learner(5))
    assert "under way" in change(replica, members)
    replica.sync()
    replica.acknowledge(2, replica.state.log.last_index)
    assert change(replica, members) == ""


def test_a_change_waits_until_a_joint_configuration_is_left_even_if_it_is_committed() -> None:
    replica = leader_of()
    assert change(replica, membership.without(present(replica), 3)) == ""
    replica.sync()
    joint_index = replica.state.log.last_index
    replica.raft.step(
        AppendEntriesResponse(
            sender=2,
            receiver=1,
            term=replica.raft.current_term,
            success=True,
            match_index=joint_index,
            rejected_index=0,
            conflict_index=0,
            conflict_term=0,
        ),
        replica.now_us,
    )
    assert replica.state.commit_index == joint_index
    refusal = replica.raft.change_membership(
        membership.without(present(replica), 2), replica.now_us
    )
    assert "under way" in refusal


def test_a_new_leader_leaves_a_committed_joint_configuration_after_its_own_first_commit() -> None:
    replica = Replica(3)
    joint = replace(
        present(replica),
        members=tuple(
            replace(m, outgoing=True, voter=m.replica_id != 3) for m in present(replica).members
        ),
    )
    replica.step(
        AppendEntries(
            sender=2,
            receiver=1,
            term=2,
            prev_log_index=1,
            prev_log_term=1,
            commit_index=2,
            entries=(replace(replica.state.log.entry(1), index=2, term=2, configuration=joint),),
        )
    )
    replica.sync()
    replica.win()
    assert replica.state.commit_index == 2
    assert present(replica).is_joint
    replica.acknowledge(2, 3)
    assert replica.state.commit_index == 3
    assert present(replica).voters() == (1, 2)


def test_who_has_once_caught_up_may_fall_behind_a_little_again() -> None:
    replica = leader_of()
    add_learner(replica, 4)
    catch_up(replica, 4)
    replica.raft.propose((b"x",), replica.now_us)
    replica.take()
    replica.acknowledge(4, replica.state.log.last_index - 1)
    replica.raft.propose((b"y",), replica.now_us)
    replica.take()
    for peer in (2, 3):
        replica.acknowledge(peer, replica.state.log.last_index)
    replica.now_us += replica.state.timing.election_min_us
    replica.acknowledge(4, replica.state.log.last_index - 1)
    assert change(replica, membership.promoted(present(replica), 4)) == ""


def test_no_round_of_catching_up_begins_before_it_is_known_where_the_logs_agree() -> None:
    replica = leader_of()
    add_learner(replica, 4)
    progress = replica.state.progress[4]
    progress.caught_up = False
    replica.raft.unreachable(4, replica.now_us)
    replica.raft.propose((b"x",), replica.now_us)
    replica.take()
    replica.reject(4, 3, (3, 0))
    assert progress.round_end_index == 0
    replica.take()
    replica.raft.propose((b"y",), replica.now_us)
    replica.acknowledge(4, replica.state.log.last_index - 1)
    assert progress.round_end_index == replica.state.log.last_index


def test_a_learner_that_goes_in_the_same_step_has_no_say_in_it() -> None:
    replica = leader_of()
    for number in (4, 5):
        add_learner(replica, number)
        catch_up(replica, number)
    members = tuple(m for m in membership.promoted(present(replica), 4) if m.replica_id != 5)
    assert change(replica, members) == ""
    assert present(replica).electorates() == ((1, 2, 3, 4), (1, 2, 3))
    assert present(replica).member(5) is None


def test_a_stranger_gets_no_vote() -> None:
    replica = leader_of()
    stranger = replace(learner(9), voter=True)
    refusal = change(replica, (*present(replica).members, stranger))
    assert "pi9 has not caught up yet" in refusal


def test_a_learner_stays_one_through_a_change_of_the_voters() -> None:
    replica = leader_of()
    add_learner(replica, 4)
    assert change(replica, membership.without(present(replica), 3)) == ""
    commit_all(replica)
    assert present(replica).voters() == (1, 2)
    member = present(replica).member(4)
    assert member is not None
    assert not member.voter


def test_who_was_to_replace_a_member_goes_with_it() -> None:
    newcomer = Member(replica_id=33, node_id=3, name="pi3", joining=True)
    members = membership.with_learner(configuration(3), newcomer, replaces=3)
    remaining = membership.without(replace(configuration(3), members=members), 3)
    assert [m.replica_id for m in remaining] == [1, 2]


def test_a_transfer_to_who_leaves_comes_to_nothing_and_does_no_harm() -> None:
    replica = leader_of()
    replica.raft.propose((b"x",), replica.now_us)
    assert change(replica, membership.without(present(replica), 3)) == ""
    assert replica.raft.transfer_leadership(3, replica.now_us) == ""
    commit_all(replica, but=(3,))
    assert present(replica).voters() == (1, 2)
    replica.acknowledge(2, replica.state.log.last_index)
    assert replica.take_said(TimeoutNow) == []
    replica.now_us = replica.state.transfer_deadline_us
    replica.answer_heartbeat(2)
    replica.raft.tick(replica.now_us)
    assert replica.raft.role is Role.LEADER
    assert not replica.raft.is_handing_over
