"""Counting: what a majority of the voters has granted, acknowledged or answered."""

from collections.abc import Mapping
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
    """Where an election stands; votes of those who are no voters do not count."""
    voters = configuration.voters()
    granted_count = 0
    refused_count = 0
    for voter in voters:
        if voter in votes:
            if votes[voter]:
                granted_count += 1
            else:
                refused_count += 1
    if granted_count >= majority(len(voters)):
        return VoteOutcome.WON
    if len(voters) - refused_count < majority(len(voters)):
        return VoteOutcome.LOST
    return VoteOutcome.PENDING


def quorum_value(configuration: Configuration, values: Mapping[int, int]) -> int:
    """The greatest value that a majority of the voters has reached; voters without one count 0."""
    reached = sorted((values.get(voter, 0) for voter in configuration.voters()), reverse=True)
    return reached[majority(len(reached)) - 1] if reached else 0
