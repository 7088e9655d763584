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


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """What of a state is compared across one step."""

    role: Role
    hard_state: HardState
    commit_index: int
    handed_out_index: int
    commit_term: int
    last_index: int
    last_term: int


def _require(holds: bool, text: str) -> None:
    if not holds:
        raise InvariantError(text)


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
    who = f"replica {state.replica_id}"
    _require(state.commit_index <= log.last_index, f"{who}: commit beyond the log")
    _require(log.snapshot_index <= state.handed_out_index, f"{who}: compacted before applied")
    _require(
        state.snapshot is None or log.snapshot_index <= state.snapshot.index,
        f"{who}: compacted without a snapshot",
    )
    _require(state.handed_out_index <= state.commit_index, f"{who}: applied before commit")
    _require(durability.durable_index <= durability.issued_index, f"{who}: durable, never issued")
    _require(durability.issued_index <= log.last_index, f"{who}: issued beyond the log")
    _require(log.last_term <= state.current_term, f"{who}: an entry of a future term")
    _require(
        durability.durable_hard_state.term <= state.current_term, f"{who}: a future term on disk"
    )
    if state.role is Role.LEADER:
        _require(state.leader_id == state.replica_id, f"{who}: leads, but follows another")
        _require(state.voted_for == state.replica_id, f"{who}: leads without its own vote")
        _require(
            durability.durable_hard_state.term == state.current_term,
            f"{who}: leads in a term that is not durable",
        )
        for peer in sorted(state.progress):
            progress = state.progress[peer]
            _require(progress.match_index < progress.next_index, f"{who}: next <= match of {peer}")
            _require(progress.match_index <= log.last_index, f"{who}: match of {peer} too far")
            _require(progress.next_index <= log.last_index + 1, f"{who}: next of {peer} too far")
    else:
        _require(not state.progress, f"{who}: progress without leading")
        _require(state.leader_id != state.replica_id, f"{who}: follows itself")
        _require(not state.reads_in_round, f"{who}: a round of reads without leading")
        _require(
            state.leader_id != 0 or not (state.reads_waiting or state.reads_forwarded),
            f"{who}: reads wait for a leader that is not known",
        )
    if state.role in (Role.PRE_CANDIDATE, Role.CANDIDATE):
        _require(state.leader_id == 0, f"{who}: campaigns while following")
        _require(state.is_voter, f"{who}: campaigns without a vote")


def check_step(before: StepView, state: ReplicaState) -> None:
    """Check what one step may change."""
    who = f"replica {state.replica_id}"
    _require(state.current_term >= before.hard_state.term, f"{who}: the term fell")
    if state.current_term == before.hard_state.term and before.hard_state.voted_for != 0:
        _require(
            state.voted_for == before.hard_state.voted_for, f"{who}: the vote changed in a term"
        )
    _require(state.commit_index >= before.commit_index, f"{who}: the commit index fell")
    _require(state.handed_out_index >= before.handed_out_index, f"{who}: applied index fell")
    log = state.log
    if before.commit_index >= log.first_index:
        _require(
            log.term_at(before.commit_index) == before.commit_term,
            f"{who}: committed entry {before.commit_index} changed",
        )
    if before.role is Role.LEADER and state.role is Role.LEADER:
        _require(
            log.last_index >= before.last_index
            and (
                before.last_index < log.snapshot_index
                or log.term_at(before.last_index) == before.last_term
            ),
            f"{who}: a leader's log lost its end {before.last_index}",
        )
    if before.role is not state.role:
        reachable = _reachable(before.role)
        _require(
            state.role in reachable,
            f"{who}: no way from {before.role.value} to {state.role.value}",
        )


def check_cluster(states: Sequence[ReplicaState]) -> None:
    """Check what must hold across replicas: election safety, log matching, committed prefix."""
    leaders: dict[int, int] = {}
    for state in states:
        if state.role is Role.LEADER:
            other = leaders.get(state.current_term, state.replica_id)
            _require(
                other == state.replica_id,
                f"two leaders in term {state.current_term}: {other} and {state.replica_id}",
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
                f"leader {leader.replica_id} of term {leader.current_term} lacks entry {index}",
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
            _require(
                mine == theirs,
                f"logs of {one.replica_id} and {other.replica_id} part at {index} "
                f"though they agree later",
            )
        both_committed = index <= min(one.commit_index, other.commit_index)
        _require(
            not both_committed or same,
            f"{one.replica_id} and {other.replica_id} committed different entries at {index}",
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
