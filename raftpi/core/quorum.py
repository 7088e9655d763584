"""Counting: what a majority of the voters has granted, acknowledged or answered."""

from collections.abc import Collection, Mapping
from enum import Enum

from raftpi.core.configuration import Configuration


class VoteOutcome(Enum):
    """Where an election stands."""

    WON = "won"
    LOST = "lost"
    PENDING = "pending"


def majority(count: int) -> int:
    """How many of `count` voters are a majority."""
    return count // 2 + 1


def vote_outcome(configuration: Configuration, votes: Mapping[int, bool]) -> VoteOutcome:
    """Where an election stands; votes of those who are no voters do not count.

    While a change of voters is under way both electorates must be won (thesis 4.3).
    """
    outcome = VoteOutcome.WON
    for electorate in configuration.electorates():
        of_this = _outcome_in(electorate, votes)
        if of_this is VoteOutcome.LOST:
            return VoteOutcome.LOST
        if of_this is VoteOutcome.PENDING:
            outcome = VoteOutcome.PENDING
    return outcome


def quorum_value(configuration: Configuration, values: Mapping[int, int]) -> int:
    """The greatest value that a majority of each electorate has reached.

    Voters without a value count 0.
    """
    reached = [_value_in(electorate, values) for electorate in configuration.electorates()]
    return min(reached)


def is_quorum(configuration: Configuration, replica_ids: Collection[int]) -> bool:
    """Whether these replicas are a majority of each electorate."""
    values = dict.fromkeys(replica_ids, 1)
    return quorum_value(configuration, values) == 1


def _outcome_in(electorate: tuple[int, ...], votes: Mapping[int, bool]) -> VoteOutcome:
    granted_count = 0
    refused_count = 0
    for voter in electorate:
        if voter in votes:
            if votes[voter]:
                granted_count += 1
            else:
                refused_count += 1
    if granted_count >= majority(len(electorate)):
        return VoteOutcome.WON
    if len(electorate) - refused_count < majority(len(electorate)):
        return VoteOutcome.LOST
    return VoteOutcome.PENDING


def _value_in(electorate: tuple[int, ...], values: Mapping[int, int]) -> int:
    reached = sorted([values.get(voter, 0) for voter in electorate])
    return reached[-majority(len(reached))] if reached else 0
