"""How a replica changes its role: the transition table, and what each change resets."""

from raftpi.core.progress import Progress
from raftpi.core.ready import Role
from raftpi.core.state import ReplicaState

# (from, why, to). Every change of role is one of these; the invariants check it, and the
# state diagram in the documentation is drawn from it.
TRANSITIONS: tuple[tuple[Role, str, Role], ...] = (
    (Role.FOLLOWER, "no leader heard, or its connection dropped", Role.PRE_CANDIDATE),
    (Role.PRE_CANDIDATE, "a majority would vote for it", Role.CANDIDATE),
    (Role.FOLLOWER, "TimeoutNow", Role.CANDIDATE),
    (Role.CANDIDATE, "a majority voted for it", Role.LEADER),
    (Role.PRE_CANDIDATE, "refused, or a leader or a newer term is heard", Role.FOLLOWER),
    (Role.CANDIDATE, "refused, or a leader or a newer term is heard", Role.FOLLOWER),
    (Role.LEADER, "a newer term is heard, no quorum answers, or it was removed", Role.FOLLOWER),
    (Role.CANDIDATE, "no majority in time", Role.PRE_CANDIDATE),
)


def become_follower(state: ReplicaState, term: int, leader_id: int) -> None:
    """Follow `leader_id` (0: nobody yet) in `term`, which is the current one or newer.

    Within a term the vote stays as it is (paper 5.2): only a newer term clears it.
    """
    if term > state.current_term:
        state.current_term = term
        state.voted_for = 0
    was_leader = state.role is Role.LEADER
    was_follower = state.role is Role.FOLLOWER
    if state.leader_id != leader_id:
        lose_reads(state)
    state.role = Role.FOLLOWER
    state.leader_id = leader_id
    state.votes = {}
    if was_leader:
        _leave_leadership(state)
    if not was_follower or leader_id != 0:
        reset_election_deadline(state)
    state.report_role()


def become_pre_candidate(state: ReplicaState) -> None:
    """Ask whether an election could be won, without touching the term (thesis 9.6)."""
    lose_reads(state)
    state.role = Role.PRE_CANDIDATE
    state.leader_id = 0
    state.votes = {state.replica_id: True}
    if state.hint_attempts_left > 0:
        state.hint_attempts_left -= 1
        postpone_hint(state)
    else:
        reset_election_deadline(state)
    state.report_role()


def become_candidate(state: ReplicaState) -> None:
    """Start an election in a new term with a vote for itself (paper 5.2).

    The own vote counts, and the timer starts, only when that vote is durable.
    """
    lose_reads(state)
    state.role = Role.CANDIDATE
    state.current_term += 1
    state.voted_for = state.replica_id
    state.leader_id = 0
    state.votes = {}
    state.election_deadline_us = None
    state.report_role()


def become_leader(state: ReplicaState) -> None:
    """Lead the current term (paper 5.2): nothing is known of the others' logs yet."""
    state.role = Role.LEADER
    state.leader_id = state.replica_id
    state.votes = {}
    state.hint_attempts_left = 0
    state.election_deadline_us = None
    state.progress = {}
    follow_membership(state, state.log.last_index + 1)
    state.round_sent_us = {}
    state.lease_from_us = -1
    state.lease_is_spent = False
    state.transfer_target = 0
    state.timeout_now_sent = False
    state.report_role()


def follow_membership(state: ReplicaState, next_index: int) -> None:
    """Keep progress of exactly the other members; newcomers are first sent `next_index`."""
    peers = state.peers()
    for replica_id in sorted(state.progress):
        if replica_id not in peers:
            del state.progress[replica_id]
    for replica_id in peers:
        if replica_id not in state.progress:
            state.progress[replica_id] = Progress(next_index=next_index, now_us=state.now_us)


def reset_election_deadline(state: ReplicaState) -> None:
    """Wait a fresh random election timeout from now."""
    timing = state.timing
    state.election_deadline_us = state.now_us + state.random_us(
        timing.election_min_us, timing.election_max_us
    )


def postpone_hint(state: ReplicaState) -> None:
    """Wait a few random milliseconds from now: the leader's connection dropped."""
    retry_us = state.limits.hint_retry_us
    state.election_deadline_us = state.now_us + state.random_us(retry_us // 2, retry_us * 3 // 2)


def hears_leader(state: ReplicaState) -> bool:
    """Whether this voter is sticky: it leads, or heard its leader of late (thesis 4.2.3, 6.2).

    Leases rest on that, so where reads use them nothing but time ends it: not a newer term, and
    not a restart, after which it is not known when a leader was heard last.
    """
    if state.role is Role.LEADER:
        return True
    return (state.leader_id != 0 or state.cluster.lease_reads) and (
        state.now_us - state.leader_contact_us < state.timing.election_min_us
    )


def _leave_leadership(state: ReplicaState) -> None:
    """Forget what only a leader keeps; whoever waits for a read must ask elsewhere."""
    state.progress = {}
    state.round_sent_us = {}
    state.lease_from_us = -1
    state.transfer_target = 0
    state.timeout_now_sent = False
    state.leader_contact_us = state.now_us


def lose_reads(state: ReplicaState) -> None:
    """Another leader, or none: who waits here for a read must ask again, elsewhere or later."""
    waiting = list(state.reads_waiting)
    for _, _, reads in state.reads_in_round:
        waiting.extend(reads)
    for replica_id, number in waiting:
        if replica_id == state.replica_id:
            state.reads_lost.append(number)
    state.reads_lost.extend(state.reads_forwarded)
    state.reads_in_round = []
    state.reads_waiting = []
    state.reads_forwarded = []
