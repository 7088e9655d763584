"""Boards that are fresh though the cluster exists."""

from dataclasses import replace

import pytest

from raftpi.core import membership
from raftpi.core.configuration import Configuration, Member
from raftpi.core.hello import Hello
from raftpi.core.snapshot import SnapshotMeta
from raftpi.node.newcomers import MemberChange, Newcomers
from tests.core.bench import Replica, configuration

CLUSTER = configuration(3)


def hello(sender: int, node_id: int) -> Hello:
    return Hello(
        sender=sender,
        receiver=0,
        node_id=node_id,
        name=f"pi{node_id}",
        fresh=True,
        view=0,
        settings_digest=0,
        configuration=None,
    )


def after(
    newcomers: Newcomers, verb: str, node_id: int, present: Configuration = CLUSTER
) -> tuple[Member, ...]:
    members, reason = newcomers.members_after(MemberChange(verb=verb, node_id=node_id), present)
    assert reason == ""
    return members


def why_not(newcomers: Newcomers, verb: str, node_id: int) -> str:
    members, reason = newcomers.members_after(MemberChange(verb=verb, node_id=node_id), CLUSTER)
    assert members == ()
    return reason


def met(sender: int, node_id: int) -> Newcomers:
    newcomers = Newcomers(1, 1)
    assert newcomers.note(hello(sender, node_id), CLUSTER) is not None
    return newcomers


def test_a_fresh_board_is_news_once() -> None:
    newcomers = met(44, 4)
    assert newcomers.note(hello(44, 4), CLUSTER) is None
    again = newcomers.note(hello(45, 4), CLUSTER)
    assert again is not None
    assert "raftpi member add pi4" in again.text
    lost = newcomers.note(hello(33, 3), CLUSTER)
    assert lost is not None
    assert "has lost its memory" in lost.text


def test_it_is_answered_with_the_cluster_its_founding_record_and_its_standing() -> None:
    log = Replica(3).state.log
    answer = Newcomers(1, 1).answer(hello(44, 4), CLUSTER, log)
    assert (answer.receiver, answer.view, answer.fresh) == (44, CLUSTER.cluster_id, False)
    assert answer.configuration == CLUSTER
    assert not answer.is_member
    assert Newcomers(1, 1).answer(hello(2, 2), CLUSTER, log).is_member


def test_a_founding_record_that_was_compacted_away_is_not_told() -> None:
    log = Replica(3, terms=(1, 1)).state.log
    log.compact(2)
    assert Newcomers(1, 1).answer(hello(2, 2), CLUSTER, log).configuration is None
    behind = type(log)(
        (), SnapshotMeta(index=5, term=1, configuration_index=1, configuration=CLUSTER)
    )
    assert Newcomers(1, 1).answer(hello(2, 2), CLUSTER, behind).configuration is None


def test_a_new_board_learns_first_and_joins() -> None:
    newcomer = Member(replica_id=44, node_id=4, name="pi4", voter=False, joining=True)
    assert after(met(44, 4), "add", 4) == (*CLUSTER.members, newcomer)
    assert after(met(44, 4), "learn", 4) == (*CLUSTER.members, replace(newcomer, joining=False))


def test_a_board_with_a_new_directory_takes_the_place_of_its_former_self() -> None:
    members = after(met(33, 3), "replace", 3)
    assert members[-1] == Member(
        replica_id=33, node_id=3, name="pi3", voter=False, joining=True, replaces=3
    )
    # It loses its directory again, before it has caught up.
    joining = replace(CLUSTER, members=members)
    newcomers = met(34, 3)
    again = after(newcomers, "replace", 3, joining)
    assert [(m.replica_id, m.replaces) for m in again if m.node_id == 3] == [(3, 0), (34, 3)]


def test_members_are_removed_and_promoted_by_their_board() -> None:
    assert [m.node_id for m in after(Newcomers(1, 1), "remove", 3)] == [1, 2]
    learner = Member(replica_id=44, node_id=4, name="pi4", voter=False)
    present = replace(CLUSTER, members=membership.with_learner(CLUSTER, learner))
    assert after(Newcomers(1, 1), "promote", 4, present)[-1].voter


@pytest.mark.parametrize(
    ("verb", "node_id", "reason"),
    [
        ("add", 3, "pi3 is a member already: use `raftpi member replace`"),
        ("add", 4, "no fresh board with the id 4 was heard of"),
        ("replace", 4, "node 4 is no member: use `raftpi member add`"),
        ("replace", 3, "no fresh board with the id 3 was heard of"),
        ("remove", 9, "node 9 is no member"),
        ("promote", 2, "pi2 is a voter already"),
        ("dance", 2, "dance is no change of the membership"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(verb: str, node_id: int, reason: str) -> None:
    assert reason in why_not(Newcomers(1, 1), verb, node_id)
