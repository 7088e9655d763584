"""What a replica knows of itself and of the cluster."""

from dataclasses import replace

from raftpi.core.configuration import Member
from raftpi.core.messages import AppendEntries
from raftpi.core.quorum import VoteOutcome, is_quorum, vote_outcome
from raftpi.core.raft import Raft
from raftpi.core.ready import HardState, Role
from tests.core.bench import TIMING, FixedRandom, Replica, configuration


def test_who_leaves_campaigns_until_its_leaving_is_known_to_be_committed() -> None:
    replica = Replica(3)
    leaving = tuple(
        replace(m, outgoing=True, voter=m.replica_id != 1) for m in configuration(3).members
    )
    entry = replica.state.log.entry(1)
    joint = replace(configuration(3), members=leaving)
    final = replace(configuration(3), members=configuration(3).members[1:])
    for index, changed, role in ((2, joint, Role.FOLLOWER), (3, final, Role.LEARNER)):
        replica.step(
            AppendEntries(
                sender=2,
                receiver=1,
                term=1,
                prev_log_index=index - 1,
                prev_log_term=1,
                commit_index=0,
                entries=(replace(entry, index=index, configuration=changed),),
            )
        )
        replica.sync()
        assert replica.raft.role is role
        assert replica.state.is_voter is (role is Role.FOLLOWER)
        replica.time_out()
        assert replica.state.role is Role.PRE_CANDIDATE
    replica.hear(2, 1, commit=3)
    replica.pass_time(20 * TIMING.election_max_us)
    assert replica.raft.role is Role.LEARNER


def test_who_never_had_a_vote_does_not_campaign_for_an_entry_that_is_not_committed() -> None:
    learning = Member(replica_id=4, node_id=4, name="pi4", voter=False)
    changed = replace(configuration(3), members=(*configuration(3).members, learning))
    replica = Replica(3, replica_id=4)
    replica.step(
        AppendEntries(
            sender=2,
            receiver=4,
            term=1,
            prev_log_index=1,
            prev_log_term=1,
            commit_index=0,
            entries=(replace(replica.state.log.entry(1), index=2, configuration=changed),),
        )
    )
    replica.sync()
    replica.pass_time(20 * TIMING.election_max_us)
    assert replica.raft.role is Role.LEARNER


def test_who_holds_nothing_before_the_configuration_in_force_does_not_campaign() -> None:
    assert not Replica(3, replica_id=4).state.may_stand


def test_before_the_founding_nobody_is_a_majority() -> None:
    raft = Raft(
        replica_id=1,
        hard_state=HardState(term=0, voted_for=0),
        entries=(),
        random=FixedRandom(0.5),
        now_us=0,
    )
    assert raft.configuration is None
    assert not is_quorum(raft.state.cluster, (1,))
    assert vote_outcome(raft.state.cluster, {1: True}) is VoteOutcome.LOST
    assert raft.state.peers() == ()
    raft.state.advance_commit(9)
    assert raft.state.commit_index == 0
