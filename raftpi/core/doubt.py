"""A replica in doubt: its log's end was damaged, and what stood there may have been promised.

Recovery cannot tell whether a last batch that is partly unwritten and partly spoilt was ever
acknowledged. If it was, this replica has forgotten entries that it vouched for, or a vote. So it
neither votes nor campaigns, and its answers carry a `doubt_id`, new after each start: a leader
that has read one counts neither its acknowledgements nor its answers to heartbeats.

The leader appends a configuration in which this member's `cleared_doubt_id` is that number. Once
the replica knows that entry to be committed, and hears a leader, it counts and votes again. Then

- it holds everything committed, what it forgot as well: the others were a majority without it,
  so their leader lacks nothing that was ever committed;
- a vote that it forgot elects nobody any more. In the present term somebody leads already, and
  that is whom it has voted for from now on. A candidate of a later term with the forgotten vote
  needs one more of the majority that took the entry: who had voted for it before could not have
  taken the entry, for that is of a lower term; and who took the entry first votes only for a log
  that has it, which the candidate's, older than the restart, has not.

A cluster that has no majority without the replica stays as it is: nobody can know better.
"""

from dataclasses import replace

from raftpi.core.configuration import Member
from raftpi.core.state import ReplicaState


def end_if_cleared(state: ReplicaState) -> None:
    """Count and vote again, if a leader has said so and that is committed."""
    if state.leader_id == 0 or state.log.configuration_index > state.commit_index:
        return
    member = state.cluster.member(state.replica_id)
    if member is not None and member.cleared_doubt_id == state.doubt_id:
        state.doubt_id = 0
        if state.voted_for == 0:
            state.voted_for = state.leader_id
        state.report_role()


def is_of_now(state: ReplicaState, peer: int, doubt_id: int) -> bool:
    """Whether an answer with this number may be taken in: not if it left before the doubt did.

    A new number says that what was known of the follower's log is not true any more.
    """
    progress = state.progress[peer]
    if doubt_id not in (0, progress.doubt_id):
        progress.doubt_id = doubt_id
        progress.forget(state.log.last_index + 1)
    return doubt_id == progress.doubt_id or counts(state, peer)


def counts(state: ReplicaState, peer: int) -> bool:
    """Whether a leader may count what this follower answers."""
    doubt_id = state.progress[peer].doubt_id
    if doubt_id == 0:
        return True
    member = state.cluster.member(peer)
    return (
        member is not None
        and member.cleared_doubt_id == doubt_id
        and state.log.configuration_index <= state.commit_index
    )


def cleared(state: ReplicaState) -> tuple[Member, ...] | None:
    """The members, those in doubt cleared of it; None if there are none."""
    found = False
    members: list[Member] = []
    for member in state.cluster.members:
        progress = state.progress.get(member.replica_id)
        if progress is not None and progress.doubt_id not in (0, member.cleared_doubt_id):
            member = replace(member, cleared_doubt_id=progress.doubt_id)
            found = True
        members.append(member)
    return tuple(members) if found else None
