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
    """Leads term 2 with three entries that are committed and one that is not."""
    replica = Replica(3, (1,))
    replica.win()
    replica.acknowledge(2, 3)
    replica.raft.propose((b"x",), replica.now_us)
    replica.take()
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


def compact_more_than_was_applied(state: ReplicaState) -> None:
    state.log.compact(state.commit_index)
    state.handed_out_index = state.commit_index - 1


def compact_without_a_snapshot(state: ReplicaState) -> None:
    state.log.compact(state.commit_index)


def issue_beyond_the_log(state: ReplicaState) -> None:
    state.durability.issued_index = state.log.last_index + 1


def lower_the_term_below_the_cards(state: ReplicaState) -> None:
    state.role, state.leader_id, state.progress = Role.FOLLOWER, 0, {}
    state.durability.durable_hard_state = HardState(term=99, voted_for=0)


def forget_a_member(state: ReplicaState) -> None:
    del state.progress[3]


def keep_a_round_of_reads_without_leading(state: ReplicaState) -> None:
    state.role, state.leader_id, state.progress = Role.FOLLOWER, 0, {}
    state.reads_in_round = [(1, 1, ((1, 1),))]


def keep_reads_without_a_leader(state: ReplicaState) -> None:
    state.role, state.leader_id, state.progress = Role.FOLLOWER, 0, {}
    state.reads_forwarded = [1]


def campaign_while_following(state: ReplicaState) -> None:
    state.role, state.leader_id, state.progress = Role.CANDIDATE, 2, {}


def campaign_without_a_vote(state: ReplicaState) -> None:
    state.role, state.leader_id, state.progress = Role.PRE_CANDIDATE, 0, {}
    state.replica_id = 9


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (raise_commit, "commit beyond the log"),
        (compact_more_than_was_applied, "compacted before applied"),
        (compact_without_a_snapshot, "compacted without a snapshot"),
        (hand_out_too_much, "applied before commit"),
        (call_durable_what_was_never_issued, "durable, never issued"),
        (issue_beyond_the_log, "issued beyond the log"),
        (append_from_the_future, "an entry of a future term"),
        (lower_the_term_below_the_cards, "a future term on disk"),
        (follow_while_leading, "leads, but follows another"),
        (vote_for_another, "leads without its own vote"),
        (forget_the_term_on_disk, "leads in a term that is not durable"),
        (forget_a_member, "not exactly the others' progress"),
        (match_too_much, "of 3, 3 matched and 3 is next"),
        (keep_progress_without_leading, "progress without leading"),
        (follow_oneself, "follows itself"),
        (keep_a_round_of_reads_without_leading, "a round of reads without leading"),
        (keep_reads_without_a_leader, "reads wait for a leader that is not known"),
        (campaign_while_following, "campaigns while following"),
        (campaign_without_a_vote, "campaigns without a vote"),
    ],
)
def test_a_spoiled_state_is_noticed(spoil: Callable[[ReplicaState], None], complaint: str) -> None:
    state = leader()
    invariants.check_state(state)
    spoil(state)
    with pytest.raises(InvariantError, match=complaint):
        invariants.check_state(state)


def lower_the_term(state: ReplicaState) -> None:
    state.current_term -= 1


def lower_the_commit(state: ReplicaState) -> None:
    state.commit_index -= 1


def lower_what_was_handed_out(state: ReplicaState) -> None:
    state.handed_out_index -= 1


def truncate_a_leaders_log(state: ReplicaState) -> None:
    state.log.truncate_from(state.log.last_index)


def rewrite_a_leaders_log(state: ReplicaState) -> None:
    last = state.log.last_index
    state.log.truncate_from(last)
    state.log.append((Entry(index=last, term=state.current_term + 1),))


def change_a_committed_entry(state: ReplicaState) -> None:
    state.role = Role.FOLLOWER
    state.log.truncate_from(state.commit_index)
    state.log.append((Entry(index=state.commit_index, term=1),))


def jump_to_candidate(state: ReplicaState) -> None:
    state.role = Role("learner")


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lower_the_term, "the term fell"),
        (lower_the_commit, "the commit index fell"),
        (lower_what_was_handed_out, "applied index fell"),
        (truncate_a_leaders_log, "a leader's log lost its end"),
        (rewrite_a_leaders_log, "a leader's log lost its end"),
        (change_a_committed_entry, "a committed entry changed"),
        (vote_for_another, "the vote changed in a term"),
        (jump_to_candidate, "no way from leader to learner"),
    ],
)
def test_a_forbidden_step_is_noticed(spoil: Callable[[ReplicaState], None], complaint: str) -> None:
    state = leader()
    before = invariants.view(state)
    invariants.check_step(before, state)
    spoil(state)
    with pytest.raises(InvariantError, match=complaint):
        invariants.check_step(before, state)


def test_a_step_may_compact_the_commit_and_a_leaders_end_away() -> None:
    state = leader()
    before = invariants.view(state)
    state.log.compact(state.log.last_index)
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


def test_a_leader_that_was_voted_out_unawares_may_lack_what_was_committed_since() -> None:
    state = leader()
    invariants.check_leader_completeness({2: 7}, state, state.current_term)
    state.role = Role.FOLLOWER
    invariants.check_leader_completeness({2: 7}, state, 1)


def test_what_a_leader_has_compacted_is_not_looked_for() -> None:
    state = leader()
    state.log.compact(2)
    invariants.check_leader_completeness({1: 7, 2: 7, 3: 2}, state, 1)
    with pytest.raises(InvariantError, match="lacks entry 3"):
        invariants.check_leader_completeness({2: 7, 3: 7}, state, 1)


def test_every_role_but_the_learner_can_be_reached() -> None:
    from raftpi.core.roles import TRANSITIONS

    reached = {target for _, _, target in TRANSITIONS}
    assert reached == set(Role) - {Role.LEARNER}
