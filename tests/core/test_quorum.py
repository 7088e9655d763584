"""Counting votes and acknowledgements."""

import pytest

from raftpi.core.configuration import Configuration, Member
from raftpi.core.quorum import VoteOutcome, majority, quorum_value, vote_outcome
from tests.core.bench import TIMING, configuration


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (7, 4)])
def test_a_majority_is_more_than_half(count: int, expected: int) -> None:
    assert majority(count) == expected


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ({1: True}, VoteOutcome.PENDING),
        ({1: True, 2: True}, VoteOutcome.WON),
        ({1: True, 2: False}, VoteOutcome.PENDING),
        ({1: True, 2: False, 3: False}, VoteOutcome.LOST),
        ({1: True, 8: True, 9: True}, VoteOutcome.PENDING),
    ],
)
def test_only_voters_votes_count(votes: dict[int, bool], expected: VoteOutcome) -> None:
    assert vote_outcome(configuration(3), votes) is expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [({1: 9, 2: 5, 3: 7}, 7), ({1: 9, 2: 5}, 5), ({1: 9}, 0), ({1: 9, 2: 1, 8: 9, 9: 9}, 1)],
)
def test_the_quorum_value_is_what_a_majority_has_reached(
    values: dict[int, int], expected: int
) -> None:
    assert quorum_value(configuration(3), values) == expected


def test_a_learner_is_not_counted() -> None:
    members = (
        Member(replica_id=1, node_id=1, name="pi1"),
        Member(replica_id=2, node_id=2, name="pi2", voter=False),
    )
    mixed = Configuration(cluster_id=1, members=members, timing=TIMING)
    assert vote_outcome(mixed, {2: True}) is VoteOutcome.PENDING
    assert quorum_value(mixed, {1: 3, 2: 9}) == 3


def test_without_voters_nothing_is_reached() -> None:
    nobody = Configuration(cluster_id=1, members=(), timing=TIMING)
    assert quorum_value(nobody, {1: 5}) == 0
