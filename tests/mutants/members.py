"""Bugs of membership, transfers and reads."""

from typing import Any

from raftpi.core import configuration, membership, quorum, reads, replication, state, transfer
from raftpi.core.configuration import Configuration
from raftpi.core.ready import Role
from raftpi.core.state import ReplicaState
from tests.mutants.mutant import mutant


@mutant("S", "a new leader ignores an uncommitted configuration")
def uncommitted_ignored() -> None:
    def in_force(self: ReplicaState) -> Configuration | None:
        found = None
        for index, known in self.log._configurations:
            if found is None or index <= self.commit_index:
                found = known
        return found

    state.ReplicaState.configuration = property(in_force)  # type: ignore[assignment]


@mutant("S", "configuration change before the first commit of the own term")
def change_too_early() -> None:
    original = membership.begin

    def begin(state: ReplicaState, members: Any) -> str:
        commit_index, term = state.commit_index, state.current_term
        if state.role is not Role.LEADER or state.log.term_at(commit_index) == term:
            return original(state, members)
        present = state.configuration
        if present is None:
            return "no"
        replication.append_configuration(state, membership._first_step(present, members))
        return ""

    membership.begin = begin


@mutant("S", "a second change is begun during the first")
def changes_overlap() -> None:
    membership.is_under_way = lambda state: False


@mutant("S", "removed leader counts itself")
def removed_counts_itself() -> None:
    original = quorum.quorum_value

    def value(configuration: Configuration, values: Any) -> int:
        own = next(iter(values), 0)
        if configuration.member(own) is None:
            reached = sorted(values.values(), reverse=True)
            return int(reached[len(reached) // 2]) if reached else 0
        return original(configuration, values)

    replication.quorum_value = value  # type: ignore[assignment]


@mutant("S", "the old voters are not asked while a change is under way")
def old_majority_ignored() -> None:
    def electorates(self: Configuration) -> tuple[tuple[int, ...], ...]:
        return (tuple(member.replica_id for member in self.members if member.voter),)

    configuration.Configuration.electorates = electorates  # type: ignore[method-assign]


@mutant("S", "learner counted, and campaigns")
def learner_counted() -> None:
    def electorates(self: Configuration) -> tuple[tuple[int, ...], ...]:
        return (tuple(member.replica_id for member in self.members),)

    configuration.Configuration.electorates = electorates  # type: ignore[method-assign]
    configuration.Configuration.voters = lambda self: electorates(self)[0]  # type: ignore[method-assign]


@mutant("L", "ReadIndex before the first commit of the own term")
def read_too_early() -> None:
    original = reads.start_round

    def start_round(state: ReplicaState) -> None:
        if state.log.term_at(state.commit_index) == state.current_term:
            original(state)
        elif state.reads_waiting:
            waiting = tuple(state.reads_waiting)
            state.reads_waiting = []
            reads._answer(state, waiting, state.commit_index)

    reads.start_round = start_round


@mutant("L", "lease read without a live quorum")
def lease_for_ever() -> None:
    reads._lease_is_good = lambda state: True


@mutant("V", "transfer before the target has caught up")
def transfer_too_early() -> None:
    def go_on(state: ReplicaState) -> None:
        if state.transfer_target != 0 and not state.timeout_now_sent:
            state.timeout_now_sent = True
            transfer.send_timeout_now(state, state.transfer_target)

    transfer.continue_transfer = go_on


@mutant("V", "proposals accepted during a transfer")
def proposals_in_transfer() -> None:
    original = replication.propose

    def propose(state: ReplicaState, commands: Any) -> int:
        target, state.transfer_target = state.transfer_target, 0
        index = original(state, commands)
        state.transfer_target = target
        return index

    replication.propose = propose
