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


def _require(holds: bool, state: ReplicaState, text: str) -> None:
    if not holds:
        raise InvariantError(f"replica {state.replica_id}: {text}")


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
    _require(state.commit_index <= log.last_index, state, "commit beyond the log")
    _require(log.snapshot_index <= state.handed_out_index, state, "compacted before applied")
    _require(log.snapshot_index <= state.snapshot_index, state, "compacted without a snapshot")
    _require(state.handed_out_index <= state.commit_index, state, "applied before commit")
    _require(durability.durable_index <= durability.issued_index, state, "durable, never issued")
    _require(durability.issued_index <= log.last_index, state, "issued beyond the log")
    _require(log.last_term <= state.current_term, state, "an entry of a future term")
    _require(
        durability.durable_hard_state.term <= state.current_term, state, "a future term on disk"
    )
    if state.role is Role.LEADER:
        _require(state.leader_id == state.replica_id, state, "leads, but follows another")
        _require(state.voted_for == state.replica_id, state, "leads without its own vote")
        _require(
            durability.durable_hard_state.term == state.current_term,
            state,
            "leads in a term that is not durable",
        )
        _require(
            sorted(state.progress) == sorted(state.peers()),
            state,
            "not exactly the others' progress",
        )
        for peer, progress in state.progress.items():
            if not progress.match_index < progress.next_index <= log.last_index + 1:
                raise InvariantError(
                    f"replica {state.replica_id}: of {peer}, {progress.match_index} matched and "
                    f"{progress.next_index} is next, in a log that ends at {log.last_index}"
                )
    else:
        _require(not state.progress, state, "progress without leading")
        _require(state.leader_id != state.replica_id, state, "follows itself")
        _require(not state.reads_in_round, state, "a round of reads without leading")
        _require(
            state.leader_id != 0 or not (state.reads_waiting or state.reads_forwarded),
            state,
            "reads wait for a leader that is not known",
        )
    if state.role in (Role.PRE_CANDIDATE, Role.CANDIDATE):
        _require(state.leader_id == 0, state, "campaigns while following")
        _require(state.is_voter, state, "campaigns without a vote")


def check_step(before: StepView, state: ReplicaState) -> None:
    """Check what one step may change."""
    _require(state.current_term >= before.hard_state.term, state, "the term fell")
    if state.current_term == before.hard_state.term and before.hard_state.voted_for != 0:
        _require(
            state.voted_for == before.hard_state.voted_for, state, "the vote changed in a term"
        )
    _require(state.commit_index >= before.commit_index, state, "the commit index fell")
    _require(state.handed_out_index >= before.handed_out_index, state, "applied index fell")
    log = state.log
    if before.commit_index >= log.first_index:
        _require(
            log.term_at(before.commit_index) == before.commit_term,
            state,
            "a committed entry changed",
        )
    if before.role is Role.LEADER and state.role is Role.LEADER:
        _require(
            log.last_index >= before.last_index
            and (
                before.last_index < log.snapshot_index
                or log.term_at(before.last_index) == before.last_term
            ),
            state,
            "a leader's log lost its end",
        )
    if before.role is not state.role:
        reachable = _reachable(before.role)
        _require(
            state.role in reachable,
            state,
            f"no way from {before.role.value} to {state.role.value}",
        )


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
        if index > leader.log.snapshot_index:
            _require(
                leader.log.term_at(index) == committed_terms[index],
                leader,
                f"leads term {leader.current_term}, but lacks entry {index}",
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
