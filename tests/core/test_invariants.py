"""The invariants themselves: each one must notice what it is for."""

from collections.abc import Callable

import pytest

from raftpi.core import invariants
from raftpi.core.entry import Entry
from raftpi.core.invariants import InvariantError
from raftpi.core.ready import HardState, Role
from raftpi.core.state import ReplicaState
from tests.core.bench import Replica


def leader() -> ReplicaState:
    replica = Replica(3, (1,))
    replica.win()
    replica.acknowledge(2, 3)
    state: ReplicaState = replica.state
    return state


def raise_commit(state: ReplicaState) -> None:
    state.commit_index = state.log.last_index + 1


def hand_out_too_much(state: ReplicaState) -> None:
    state.handed_out_index = state.commit_index + 1


def call_durable_what_was_never_issued(state: ReplicaState) -> None:
    state.durability.durable_index = state.durability.issued_index + 1


def append_from_the_future(state: ReplicaState) -> None:
    state.log.append((Entry(index=state.log.last_index + 1, term=99),))


def follow_while_leading(state: ReplicaState) -> None:
    state.leader_id = 2


def vote_for_another(state: ReplicaState) -> None:
    state.voted_for = 2


def forget_the_term_on_disk(state: ReplicaState) -> None:
    state.durability.durable_hard_state = HardState(term=0, voted_for=0)


def match_too_much(state: ReplicaState) -> None:
    state.progress[3].match_index = state.progress[3].next_index


def keep_progress_without_leading(state: ReplicaState) -> None:
    state.role, state.leader_id = Role.FOLLOWER, 0


def follow_oneself(state: ReplicaState) -> None:
    state.role, state.progress = Role.FOLLOWER, {}


@pytest.mark.parametrize(
    "spoil",
    [
        raise_commit,
        hand_out_too_much,
        call_durable_what_was_never_issued,
        append_from_the_future,
        follow_while_leading,
        vote_for_another,
        forget_the_term_on_disk,
        match_too_much,
        keep_progress_without_leading,
        follow_oneself,
    ],
)
def test_a_spoiled_state_is_noticed(spoil: Callable[[ReplicaState], None]) -> None:
    state = leader()
    invariants.check_state(state)
    spoil(state)
    with pytest.raises(InvariantError):
        invariants.check_state(state)


def lower_the_term(state: ReplicaState) -> None:
    state.current_term -= 1


def lower_the_commit(state: ReplicaState) -> None:
    state.commit_index -= 1


def lower_what_was_handed_out(state: ReplicaState) -> None:
    state.handed_out_index -= 1


def truncate_a_leaders_log(state: ReplicaState) -> None:
    state.log.truncate_from(state.log.last_index)


def change_a_committed_entry(state: ReplicaState) -> None:
    state.role = Role.FOLLOWER
    state.log.truncate_from(state.commit_index)
    state.log.append((Entry(index=state.commit_index, term=1),))


def jump_to_candidate(state: ReplicaState) -> None:
    state.role = Role("learner")


@pytest.mark.parametrize(
    "spoil",
    [
        lower_the_term,
        lower_the_commit,
        lower_what_was_handed_out,
        truncate_a_leaders_log,
        change_a_committed_entry,
        vote_for_another,
        jump_to_candidate,
    ],
)
def test_a_forbidden_step_is_noticed(spoil: Callable[[ReplicaState], None]) -> None:
    state = leader()
    before = invariants.view(state)
    invariants.check_step(before, state)
    spoil(state)
    with pytest.raises(InvariantError):
        invariants.check_step(before, state)


def test_two_leaders_in_one_term_are_noticed() -> None:
    one, other = leader(), leader()
    other.replica_id = 2
    with pytest.raises(InvariantError, match="two leaders"):
        invariants.check_cluster((one, other))


def test_logs_that_agree_later_but_part_before_are_noticed() -> None:
    one, other = Replica(3, (2, 3)).state, Replica(3, (2, 3)).state
    other.log.truncate_from(2)
    other.log.append((Entry(index=2, term=2, command=b"else"), Entry(index=3, term=3)))
    with pytest.raises(InvariantError):
        invariants.check_cluster((one, other))


def test_different_committed_entries_are_noticed() -> None:
    one, other = Replica(3, (2,)).state, Replica(3, (3,)).state
    invariants.check_cluster((one, other))
    one.commit_index = other.commit_index = 2
    with pytest.raises(InvariantError, match="committed different"):
        invariants.check_cluster((one, other))


def test_a_leader_that_lacks_a_committed_entry_is_noticed() -> None:
    state = leader()
    invariants.check_leader_completeness({2: 1}, state, 1)
    with pytest.raises(InvariantError, match="lacks entry 2"):
        invariants.check_leader_completeness({2: 7}, state, 1)


def test_every_role_but_the_learner_can_be_reached() -> None:
    from raftpi.core.roles import TRANSITIONS

    reached = {target for _, _, target in TRANSITIONS}
    assert reached == set(Role) - {Role.LEARNER}
