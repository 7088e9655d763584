"""What a replica knows of itself and of the cluster."""

from dataclasses import replace

from raftpi.core.messages import AppendEntries
from raftpi.core.quorum import VoteOutcome, is_quorum, vote_outcome
from raftpi.core.raft import Raft
from raftpi.core.ready import HardState, Role
from tests.core.bench import FixedRandom, Replica, configuration


def test_who_leaves_counts_and_campaigns_until_the_joint_configuration_is_left() -> None:
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
        replica.time_out()
        assert (replica.raft.role is Role.PRE_CANDIDATE) is (role is Role.FOLLOWER)


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
