"""Membership changes through a joint configuration (thesis 4.3), and learners that catch up.

Any set of voters can become any other in one step. The leader appends a configuration in which
old and new voters both must agree; once that is committed, it appends the one that leaves the
old voters out. Whoever leads then does so: what is under way is in the log. A change that moves
no vote (a learner added or removed) needs no joint configuration.
"""

from collections.abc import Sequence
from dataclasses import replace

from raftpi.core import card, doubt, replication, roles, transfer
from raftpi.core.configuration import Configuration, Member
from raftpi.core.progress import ProgressState
from raftpi.core.ready import Role
from raftpi.core.state import ReplicaState


def begin(state: ReplicaState, members: Sequence[Member]) -> str:
    """Begin to change the membership to `members`; why not, or "".

    `members` are those of the end: none is outgoing. Refused while an earlier change is under
    way, before an entry of the own term has committed (thesis 4.1, and the correction of 2015),
    during a transfer, and for new voters that have not caught up as learners.
    """
    present = state.cluster
    if state.role is not Role.LEADER:
        return "this node does not lead"
    if state.transfer_target != 0:
        return "leadership is being handed over"
    if not card.is_roomy(state):
        return "this leader's card is full"
    if state.log.term_at(state.commit_index) != state.current_term:
        return "this leader has not committed anything yet: try again in a moment"
    if is_under_way(state):
        return "another change of the membership is under way"
    fault = _fault_of(members)
    if fault:
        return fault
    for member in members:
        if member.voter and member.replica_id not in present.voters():
            progress = state.progress.get(member.replica_id)
            if progress is None or not progress.caught_up:
                return f"{member.name} has not caught up yet: it must be a learner until then"
    replication.append_configuration(state, _first_step(present, members))
    return ""


def is_under_way(state: ReplicaState) -> bool:
    """Whether a change of the membership has not come to its end, as far as this log tells."""
    return state.cluster.is_joint or state.log.configuration_index > state.commit_index


def go_on(state: ReplicaState) -> None:
    """Do what is next of a change under way, once what went before is committed.

    The leader leaves a joint configuration, makes learners that have caught up voters, and ends
    its leadership if it is no voter any more.
    """
    if (
        state.role is not Role.LEADER
        or state.log.configuration_index > state.commit_index
        or state.log.term_at(state.commit_index) != state.current_term
    ):
        return
    if state.leaving:
        replication.tell_who_left(state)
    configuration = state.cluster
    if configuration.is_joint:
        replication.append_configuration(state, _last_step(configuration))
    elif not state.is_voter:
        _step_aside(state)
    elif state.transfer_target == 0:
        cleared = doubt.cleared(state)
        if cleared is not None:
            replication.append_configuration(state, replace(configuration, members=cleared))
            return
        for member in configuration.members:
            progress = state.progress.get(member.replica_id)
            if member.joining and progress is not None and progress.caught_up:
                members = promoted(configuration, member.replica_id)
                replication.append_configuration(state, _first_step(configuration, members))
                return


def note_round(state: ReplicaState, peer: int) -> None:
    """See whether a learner has caught up: a round of what the log held at its beginning.

    One that took less than a minimum election timeout shows that the learner keeps pace (thesis
    4.2.1); so does a learner that has everything when a round would begin.
    """
    progress = state.progress[peer]
    if progress.caught_up or progress.state is not ProgressState.REPLICATE:
        return
    if 0 < progress.round_end_index <= progress.match_index:
        took_us = state.now_us - progress.round_began_us
        progress.caught_up = took_us < state.timing.election_min_us
        progress.round_end_index = 0
    if progress.match_index == state.log.last_index:
        progress.caught_up = True
    elif progress.round_end_index == 0:
        progress.round_end_index = state.log.last_index
        progress.round_began_us = state.now_us


def with_learner(
    configuration: Configuration, learner: Member, *, replaces: int = 0
) -> tuple[Member, ...]:
    """The members and one learner more, which takes the place of `replaces` when it votes."""
    newcomer = replace(learner, voter=False, outgoing=False, replaces=replaces)
    members = list(configuration.members)
    members.append(newcomer)
    return _ordered(members)


def without(configuration: Configuration, replica_id: int) -> tuple[Member, ...]:
    """The members but for one, and for who was to replace it."""
    return tuple(
        member
        for member in configuration.members
        if member.replica_id != replica_id and member.replaces != replica_id
    )


def promoted(configuration: Configuration, replica_id: int) -> tuple[Member, ...]:
    """The members, one of the learners a voter; whom it replaces is no member any more."""
    replaced = 0
    for member in configuration.members:
        if member.replica_id == replica_id:
            replaced = member.replaces
    members: list[Member] = []
    for member in configuration.members:
        if member.replica_id == replica_id:
            members.append(replace(member, voter=True, joining=False, replaces=0))
        elif member.replica_id != replaced:
            members.append(member)
    return tuple(members)


def _first_step(present: Configuration, members: Sequence[Member]) -> Configuration:
    """The joint configuration, or the final one where no vote moves."""
    old_voters = present.voters()
    new_voters = tuple(member.replica_id for member in members if member.voter)
    if sorted(old_voters) == sorted(new_voters):
        return replace(present, members=_ordered(members))
    joint: list[Member] = []
    for member in members:
        joint.append(replace(member, outgoing=member.replica_id in old_voters))
    staying = [member.replica_id for member in members]
    for member in present.members:
        if member.voter and member.replica_id not in staying:
            joint.append(replace(member, voter=False, outgoing=True))
    return replace(present, members=_ordered(joint))


def _last_step(joint: Configuration) -> Configuration:
    """The configuration behind the joint one."""
    staying = [m for m in joint.members if m.voter or not m.outgoing]
    return replace(joint, members=tuple(replace(member, outgoing=False) for member in staying))


def _ordered(members: Sequence[Member]) -> tuple[Member, ...]:
    return tuple(sorted(members, key=_order))


def _order(member: Member) -> tuple[int, int]:
    return (member.node_id, member.replica_id)


def _fault_of(members: Sequence[Member]) -> str:
    """Why these cannot be the members of a cluster, or ""."""
    seen: list[int] = []
    voter_count = 0
    for member in members:
        if member.replica_id in seen:
            return f"{member.name} is in the list twice"
        seen.append(member.replica_id)
        voter_count += 1 if member.voter else 0
    if voter_count == 0:
        return "nobody would have a vote: a cluster needs one voter at least"
    return ""


def _step_aside(state: ReplicaState) -> None:
    """A leader that is no member any more has done its last: another is to campaign at once."""
    target = transfer.best_target(state)
    if target != 0:
        transfer.send_timeout_now(state, target)
    roles.become_follower(state, state.current_term, 0)
