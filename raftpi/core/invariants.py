"""What must always hold, as code: of one state, of one step, and of a whole cluster.

Every test and every simulated step runs these. They are about our own state only; a peer's
bad input is refused and counted, never asserted on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from raftpi.core.ready import HardState, Role
from raftpi.core.roles import TRANSITIONS
from raftpi.core.state import ReplicaState


class InvariantError(AssertionError):
    """An invariant does not hold: a bug in this program."""


@dataclass(slots=True, kw_only=True)
class StepView:
    """What of a state is compared across one step. Not frozen: one is made for every step."""

    role: Role
    hard_state: HardState
    commit_index: int
    handed_out_index: int
    commit_term: int
    last_index: int
    last_term: int


def _broken(state: ReplicaState, text: str) -> InvariantError:
    return InvariantError(f"replica {state.replica_id}: {text}")


def view(state: ReplicaState) -> StepView:
    """A view of the state as it is now, to compare with the one after a step."""
    log = state.log
    return StepView(
        role=state.role,
        hard_state=state.hard_state,
        commit_index=state.commit_index,
        handed_out_index=state.handed_out_index,
        commit_term=log.term_at(state.commit_index),
        last_index=log.last_index,
        last_term=log.last_term,
    )


def check_state(state: ReplicaState) -> None:
    """Check what must hold of one replica at any time."""
    log = state.log
    durability = state.durability
    if state.commit_index > log.last_index:
        raise _broken(state, "commit beyond the log")
    if log.snapshot_index > state.handed_out_index:
        raise _broken(state, "compacted before applied")
    if log.snapshot_index > state.snapshot_index:
        raise _broken(state, "compacted without a snapshot")
    if state.handed_out_index > state.commit_index:
        raise _broken(state, "applied before commit")
    if durability.durable_index > durability.issued_index:
        raise _broken(state, "durable, never issued")
    if durability.issued_index > log.last_index:
        raise _broken(state, "issued beyond the log")
    if log.last_term > state.current_term:
        raise _broken(state, "an entry of a future term")
    if durability.durable_hard_state.term > state.current_term:
        raise _broken(state, "a future term on disk")
    if state.role is Role.LEADER:
        _check_leader(state)
    else:
        _check_non_leader(state)


def check_step(before: StepView, state: ReplicaState) -> None:
    """Check what one step may change."""
    log = state.log
    term_before, vote_before = before.hard_state.term, before.hard_state.voted_for
    if state.current_term < term_before:
        raise _broken(state, "the term fell")
    if state.current_term == term_before and vote_before not in (0, state.voted_for):
        raise _broken(state, "the vote changed in a term")
    if state.doubt_id != 0 and state.voted_for not in (0, vote_before):
        raise _broken(state, "votes in doubt")
    if state.commit_index < before.commit_index:
        raise _broken(state, "the commit index fell")
    if state.handed_out_index < before.handed_out_index:
        raise _broken(state, "applied index fell")
    if (
        before.commit_index >= log.first_index
        and log.term_at(before.commit_index) != before.commit_term
    ):
        raise _broken(state, "a committed entry changed")
    if (
        before.role is Role.LEADER
        and state.role is Role.LEADER
        and not _still_holds_end(state, before)
    ):
        raise _broken(state, "a leader's log lost its end")
    if before.role is not state.role and state.role not in _reachable(before.role):
        raise _broken(state, f"no way from {before.role.value} to {state.role.value}")


def check_cluster(states: Sequence[ReplicaState]) -> None:
    """Check what must hold across replicas: election safety, log matching, committed prefix."""
    leaders: dict[int, int] = {}
    for state in states:
        if state.role is Role.LEADER:
            other = leaders.get(state.current_term, state.replica_id)
            if other != state.replica_id:
                raise InvariantError(
                    f"two leaders in term {state.current_term}: {other} and {state.replica_id}"
                )
            leaders[state.current_term] = state.replica_id
    for position, one in enumerate(states):
        for other_state in states[position + 1 :]:
            _check_pair(one, other_state)


def check_leader_completeness(
    committed_terms: Mapping[int, int], leader: ReplicaState, newest_commit_term: int
) -> None:
    """A leader of a later term holds every entry committed before (paper 5.4.3).

    `committed_terms` maps each index known to be committed to its entry's term;
    `newest_commit_term` is the greatest term in which anything was committed.
    """
    if leader.role is not Role.LEADER or leader.current_term <= newest_commit_term:
        return
    for index in sorted(committed_terms):
        if (
            index > leader.log.snapshot_index
            and leader.log.term_at(index) != committed_terms[index]
        ):
            raise _broken(leader, f"leads term {leader.current_term}, but lacks entry {index}")


def _check_leader(state: ReplicaState) -> None:
    log = state.log
    if state.leader_id != state.replica_id:
        raise _broken(state, "leads, but follows another")
    if state.voted_for != state.replica_id:
        raise _broken(state, "leads without its own vote")
    if state.doubt_id != 0:
        raise _broken(state, "leads in doubt")
    if state.durability.durable_hard_state.term != state.current_term:
        raise _broken(state, "leads in a term that is not durable")
    if sorted(state.progress) != sorted(state.peers()):
        raise _broken(state, "not exactly the others' progress")
    for peer, progress in state.progress.items():
        if not progress.match_index < progress.next_index <= log.last_index + 1:
            raise _broken(
                state,
                f"of {peer}, {progress.match_index} matched and {progress.next_index} is next, "
                f"in a log that ends at {log.last_index}",
            )


def _check_non_leader(state: ReplicaState) -> None:
    if state.progress:
        raise _broken(state, "progress without leading")
    if state.leader_id == state.replica_id:
        raise _broken(state, "follows itself")
    if state.reads_in_round:
        raise _broken(state, "a round of reads without leading")
    if state.leader_id == 0 and (state.reads_waiting or state.reads_forwarded):
        raise _broken(state, "reads wait for a leader that is not known")
    if state.role is not Role.FOLLOWER:
        if state.leader_id != 0:
            raise _broken(state, "campaigns while following")
        if not state.may_stand:
            raise _broken(state, "campaigns without a vote")
        if state.doubt_id != 0:
            raise _broken(state, "campaigns in doubt")


def _still_holds_end(state: ReplicaState, before: StepView) -> bool:
    log = state.log
    return log.last_index >= before.last_index and (
        before.last_index < log.snapshot_index or log.term_at(before.last_index) == before.last_term
    )


def _check_pair(one: ReplicaState, other: ReplicaState) -> None:
    """Log matching (paper 5.3) and equal committed prefixes (state machine safety)."""
    first = max(one.log.first_index, other.log.first_index)
    last = min(one.log.last_index, other.log.last_index)
    agree_below = False
    for index in range(last, first - 1, -1):
        mine, theirs = one.log.entry(index), other.log.entry(index)
        same = mine.term == theirs.term
        if agree_below or same:
            agree_below = True
            if mine != theirs:
                raise InvariantError(
                    f"logs of {one.replica_id} and {other.replica_id} part at {index} "
                    f"though they agree later"
                )
        if not same and index <= min(one.commit_index, other.commit_index):
            raise InvariantError(
                f"{one.replica_id} and {other.replica_id} committed different entries at {index}"
            )


def _reachable(role: Role) -> list[Role]:
    """The roles that one step can lead to: it may take several transitions."""
    reached = [role]
    position = 0
    while position < len(reached):
        for source, _, target in TRANSITIONS:
            if source is reached[position] and target not in reached:
                reached.append(target)
        position += 1
    return reached
