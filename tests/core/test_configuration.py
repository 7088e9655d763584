"""Who is in the cluster."""

import pytest

from raftpi.core.configuration import Configuration, Member
from tests.core.bench import TIMING

OLD = Member(replica_id=3, node_id=3, name="pi3")
NEW = Member(replica_id=33, node_id=3, name="pi3", voter=False, joining=True, replaces=3)
OTHER = Member(replica_id=1, node_id=1, name="pi1")


def of(*members: Member) -> Configuration:
    return Configuration(cluster_id=7, members=members, timing=TIMING)


def test_a_member_is_found_by_its_board() -> None:
    assert of(OTHER, OLD).member_by_node_id(3) is OLD
    assert of(OLD, OTHER).member_by_node_id(1) is OTHER
    assert of(OTHER, OLD).member_by_node_id(2) is None


@pytest.mark.parametrize("members", [(OTHER, OLD, NEW), (NEW, OLD, OTHER)])
def test_while_a_member_is_replaced_its_board_is_the_newer_one(
    members: tuple[Member, ...],
) -> None:
    assert of(*members).member_by_node_id(3) is NEW


def test_a_member_is_found_by_its_replica_id() -> None:
    assert of(OTHER, OLD, NEW).member(33) is NEW
    assert of(OTHER, OLD, NEW).member(2) is None


def test_a_learner_is_in_no_electorate() -> None:
    assert of(OTHER, OLD, NEW).electorates() == ((1, 3),)
    assert of(OTHER, OLD, NEW).voters() == (1, 3)
    assert not of(OTHER, OLD, NEW).is_joint
