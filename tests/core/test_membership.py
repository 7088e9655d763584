"""Changes of the membership: joint consensus (thesis 4.3), learners, and leaders that leave."""

from dataclasses import replace

import pytest

from raftpi.core import membership
from raftpi.core.configuration import Configuration, Member
from raftpi.core.entry import EntryKind
from raftpi.core.messages import AppendEntries, RequestVote, TimeoutNow
from raftpi.core.quorum import VoteOutcome, is_quorum, quorum_value, vote_outcome
from raftpi.core.ready import Role
from tests.core.bench import Replica, configuration


def leader_of(count: int = 3) -> Replica:
    """A leader whose no-op, index 2, is committed."""
    replica = Replica(count)
    replica.win()
    for peer in replica.state.peers():
        replica.acknowledge(peer, 2)
    replica.take_said()
    assert replica.state.commit_index == 2
    return replica


def learner(number: int, *, joining: bool = False) -> Member:
    return Member(
        replica_id=number, node_id=number, name=f"pi{number}", voter=False, joining=joining
    )


def change(replica: Replica, members: tuple[Member, ...]) -> str:
    refusal = replica.raft.change_membership(members, replica.now_us)
    replica.take()
    return refusal


def present(replica: Replica) -> Configuration:
    configuration = replica.raft.configuration
    assert configuration is not None
    return configuration


def add_learner(replica: Replica, number: int, *, joining: bool = False) -> None:
    members = membership.with_learner(present(replica), learner(number, joining=joining))
    assert change(replica, members) == ""
    replica.sync()
    commit_all(replica)


def commit_all(replica: Replica, *, but: tuple[int, ...] = ()) -> None:
    """Everybody acknowledges all there is; nothing is left to be committed."""
    replica.sync()
    for peer in replica.state.peers():
        if peer not in but:
            replica.acknowledge(peer, replica.state.log.last_index)
    replica.sync()


JOINT = Configuration(
    cluster_id=7,
    members=(
        Member(replica_id=1, node_id=1, name="pi1", voter=False, outgoing=True),
        Member(replica_id=2, node_id=2, name="pi2", voter=True, outgoing=True),
        Member(replica_id=3, node_id=3, name="pi3", voter=False, outgoing=True),
        Member(replica_id=4, node_id=4, name="pi4", voter=True),
        Member(replica_id=5, node_id=5, name="pi5", voter=True),
        Member(replica_id=6, node_id=6, name="pi6", voter=False),
    ),
    timing=configuration(1).timing,
)


def test_while_joint_both_majorities_must_agree() -> None:
    assert JOINT.is_joint
    assert JOINT.electorates() == ((2, 4, 5), (1, 2, 3))
    assert not is_quorum(JOINT, (4, 5, 6))
    assert not is_quorum(JOINT, (1, 2, 3))
    assert is_quorum(JOINT, (1, 2, 4))
    assert quorum_value(JOINT, {1: 9, 2: 9, 3: 9, 4: 3, 5: 1}) == 3
    assert vote_outcome(JOINT, {4: True, 5: True}) is VoteOutcome.PENDING
    assert vote_outcome(JOINT, {4: True, 5: True, 1: True, 3: True}) is VoteOutcome.WON
    assert vote_outcome(JOINT, {1: False, 3: False, 4: True, 5: True}) is VoteOutcome.LOST


def test_a_learner_is_added_without_a_joint_configuration_and_gets_the_log() -> None:
    replica = leader_of()
    assert change(replica, membership.with_learner(present(replica), learner(4))) == ""
    assert not present(replica).is_joint
    assert 4 in replica.state.progress
    assert present(replica).voters() == (1, 2, 3)
    sent = [m for m in replica.take_said(AppendEntries) if m.receiver == 4]
    assert sent


def test_a_learner_does_not_count() -> None:
    replica = leader_of()
    add_learner(replica, 4)
    index = replica.raft.propose((b"x",), replica.now_us)
    replica.take()
    replica.sync()
    replica.acknowledge(4, index)
    assert replica.state.commit_index < index
    replica.acknowledge(2, index)
    assert replica.state.commit_index == index


def test_any_set_becomes_any_other_in_one_step() -> None:
    replica = leader_of()
    for number in (4, 5, 6):
        add_learner(replica, number)
        catch_up(replica, number)
    newcomers = tuple(replace(learner(n), voter=True) for n in (4, 5, 6))
    assert change(replica, newcomers) == ""
    joint = present(replica)
    assert joint.electorates() == ((4, 5, 6), (1, 2, 3))
    commit_all(replica)
    assert present(replica).electorates() == ((4, 5, 6),)
    assert [m.replica_id for m in present(replica).members] == [4, 5, 6]


def catch_up(replica: Replica, number: int) -> None:
    """It says that it has everything."""
    replica.acknowledge(number, replica.state.log.last_index)
    assert replica.state.progress[number].caught_up


def test_the_joint_configuration_is_left_by_itself_once_it_is_committed() -> None:
    replica = leader_of()
    without_three = membership.without(present(replica), 3)
    assert change(replica, without_three) == ""
    assert present(replica).is_joint
    joint_index = replica.state.log.configuration_index
    replica.sync()
    assert present(replica).is_joint
    replica.acknowledge(2, joint_index)
    assert replica.state.commit_index == joint_index
    assert not present(replica).is_joint
    assert present(replica).voters() == (1, 2)
    assert 3 not in replica.state.progress


def test_while_joint_nothing_commits_without_the_old_majority() -> None:
    replica = leader_of()
    for number in (4, 5):
        add_learner(replica, number)
        catch_up(replica, number)
    newcomers = tuple(replace(learner(n), voter=True) for n in (4, 5))
    assert change(replica, newcomers) == ""
    index = replica.state.log.last_index
    replica.sync()
    replica.acknowledge(4, index)
    replica.acknowledge(5, index)
    assert replica.state.commit_index < index
    replica.acknowledge(2, index)
    assert replica.state.commit_index >= index


def test_a_second_change_during_the_first_is_refused() -> None:
    replica = leader_of()
    assert change(replica, membership.without(present(replica), 3)) == ""
    refusal = change(replica, membership.without(present(replica), 2))
    assert "another change of the membership is under way" in refusal


def test_no_change_before_an_entry_of_the_own_term_has_committed() -> None:
    replica = Replica(3)
    replica.win()
    refusal = change(replica, membership.without(present(replica), 3))
    assert "has not committed anything yet" in refusal


def test_no_change_during_a_transfer_and_none_where_nobody_leads() -> None:
    replica = leader_of()
    members = membership.without(present(replica), 3)
    assert replica.raft.transfer_leadership(2, replica.now_us) == ""
    assert "handed over" in change(replica, members)
    follower = Replica(3)
    assert "does not lead" in change(follower, members)


@pytest.mark.parametrize("members", [(), (learner(4),)])
def test_a_cluster_without_voters_is_refused(members: tuple[Member, ...]) -> None:
    assert "one voter at least" in change(leader_of(), members)


def test_a_member_named_twice_is_refused() -> None:
    replica = leader_of()
    members = (*present(replica).members, present(replica).members[0])
    assert "twice" in change(replica, members)


def test_a_newcomer_gets_no_vote_before_it_has_caught_up() -> None:
    replica = leader_of()
    add_learner(replica, 4)
    replica.state.progress[4].caught_up = False
    members = membership.promoted(present(replica), 4)
    assert "pi4 has not caught up yet" in change(replica, members)
    catch_up(replica, 4)
    assert change(replica, members) == ""


def test_a_learner_that_never_quite_gets_there_has_not_caught_up() -> None:
    replica = leader_of()
    assert change(replica, membership.with_learner(present(replica), learner(4))) == ""
    progress = replica.state.progress[4]
    for _ in range(3):
        end = replica.state.log.last_index
        replica.acknowledge(4, end - 1)
        replica.raft.propose((b"x",), replica.now_us)
        replica.now_us += replica.state.timing.election_min_us
        replica.acknowledge(4, end)
        assert not progress.caught_up
    replica.now_us += replica.state.timing.election_min_us - 1
    replica.raft.propose((b"x",), replica.now_us)
    replica.acknowledge(4, progress.round_end_index)
    assert progress.caught_up


def test_a_learner_that_has_everything_has_caught_up() -> None:
    replica = leader_of()
    assert change(replica, membership.with_learner(present(replica), learner(4))) == ""
    replica.acknowledge(4, replica.state.log.last_index)
    assert replica.state.progress[4].caught_up


def test_a_learner_that_joins_is_promoted_once_it_has_caught_up() -> None:
    replica = leader_of()
    members = membership.with_learner(present(replica), learner(4, joining=True))
    assert change(replica, members) == ""
    replica.sync()
    replica.acknowledge(2, replica.state.log.last_index)
    assert not present(replica).is_joint
    catch_up(replica, 4)
    assert present(replica).is_joint
    commit_all(replica)
    assert present(replica).voters() == (1, 2, 3, 4)
    assert not any(member.joining for member in present(replica).members)


def test_a_replacement_takes_the_place_of_the_old_member_in_one_step() -> None:
    replica = leader_of()
    newcomer = Member(replica_id=33, node_id=3, name="pi3", joining=True)
    members = membership.with_learner(present(replica), newcomer, replaces=3)
    assert change(replica, members) == ""
    assert present(replica).member_by_node_id(3) == replace(newcomer, voter=False, replaces=3)
    commit_all(replica, but=(3, 33))
    assert not present(replica).is_joint
    catch_up(replica, 33)
    commit_all(replica, but=(3,))
    assert present(replica).voters() == (1, 2, 33)
    assert present(replica).member(3) is None


def test_a_leader_elected_while_joint_ends_the_change() -> None:
    replica = Replica(3)
    replica.hear(2, 2)
    joint = replace(
        present(replica),
        members=tuple(
            replace(m, outgoing=True, voter=m.replica_id != 3) for m in present(replica).members
        ),
    )
    entry = replica.state.log.entry(1)
    replica.step(
        AppendEntries(
            sender=2,
            receiver=1,
            term=2,
            prev_log_index=1,
            prev_log_term=1,
            commit_index=1,
            entries=(replace(entry, index=2, term=2, configuration=joint),),
        )
    )
    replica.sync()
    replica.win()
    assert present(replica).is_joint
    replica.acknowledge(2, replica.state.log.last_index)
    assert not present(replica).is_joint
    assert present(replica).voters() == (1, 2)


def test_an_uncommitted_configuration_is_in_force_and_gone_with_its_entry() -> None:
    replica = Replica(3)
    replica.hear(2, 2)
    entry = replica.state.log.entry(1)
    smaller = replace(present(replica), members=present(replica).members[:2])
    append = AppendEntries(
        sender=2,
        receiver=1,
        term=2,
        prev_log_index=1,
        prev_log_term=1,
        commit_index=1,
        entries=(replace(entry, index=2, term=2, configuration=smaller),),
    )
    replica.step(append)
    assert present(replica).voters() == (1, 2)
    replica.hear(3, 3)
    replica.append(3, 3, (1, 1), (3,))
    assert present(replica).voters() == (1, 2, 3)


def test_a_replica_without_a_vote_does_not_campaign() -> None:
    replica = Replica(3, replica_id=4)
    assert replica.raft.role is Role.LEARNER
    replica.time_out()
    replica.time_out()
    assert replica.raft.role is Role.LEARNER
    replica.hear(1, 2)
    replica.told_to_campaign(1, 2)
    assert replica.raft.role is Role.LEARNER
    assert replica.take_said(RequestVote) == []


def test_a_promoted_learner_that_does_not_know_it_yet_still_votes() -> None:
    replica = Replica(3, replica_id=4)
    replica.now_us += 1_000_000
    replica.ask_vote(1, 2, (1, 1))
    replica.sync()
    assert replica.state.voted_for == 1


def test_leadership_can_be_handed_over_while_joint() -> None:
    replica = leader_of()
    assert change(replica, membership.without(present(replica), 3)) == ""
    replica.sync()
    assert replica.raft.transfer_leadership(2, replica.now_us) == ""
    replica.take_said()
    replica.acknowledge(2, replica.state.log.last_index)
    assert [m.receiver for m in replica.take_said(TimeoutNow)] == [2]


def test_the_founding_record_is_a_configuration() -> None:
    assert Replica(3).state.log.entry(1).kind is EntryKind.CONFIGURATION
