"""A board that was set aside has no vote before it is another member that has caught up."""

import pytest

from raftpi.core.messages import (
    AppendEntriesResponse,
    RequestPreVoteResponse,
    RequestVote,
    RequestVoteResponse,
)
from raftpi.sim.board import DIRECTORY
from raftpi.sim.cluster import VirtualCluster
from raftpi.storage.set_aside import set_aside, soundness_of

ANSWERS = (RequestVoteResponse, RequestPreVoteResponse, AppendEntriesResponse)


def set_aside_on(cluster: VirtualCluster, node_id: int, *, restart: bool = True) -> int:
    """What `raftpi rejoin` does on a board with rot in its log; its former replica id."""
    former = cluster.node(node_id).replica_id
    cluster.crash(node_id)
    disk = cluster.boards[node_id].card.disk
    disk.rot(f"{DIRECTORY}/log/{disk.list(f'{DIRECTORY}/log')[0]}", 40, 1)
    found = soundness_of(disk, DIRECTORY, node_id)
    assert found.fault
    assert found.replica_id == former
    set_aside(disk, DIRECTORY)
    if restart:
        cluster.start(node_id)
    return former


def others(cluster: VirtualCluster, node_id: int) -> list[int]:
    return [other for other in cluster.boards if other != node_id]


@pytest.mark.parametrize("seed", range(5))
def test_neither_its_old_nor_its_new_self_votes_or_is_counted_before_the_replacement(
    seed: int,
) -> None:
    cluster = VirtualCluster(3, seed)
    leader = cluster.elect()
    ill, other = others(cluster, leader)
    former = set_aside_on(cluster, ill)
    cluster.run_for_us(500_000)
    assert cluster.node(ill).replica_id != former
    assert cluster.node(ill).has_lost_memory()
    before = len(cluster.sent)
    # Whoever is left campaigns, again and again, and asks for the vote that was forgotten.
    cluster.crash(leader)
    cluster.run_for_us(5_000_000)
    assert cluster.leader() == 0
    answers = [
        message
        for source, _, message in cluster.sent[before:]
        if source == ill and isinstance(message, ANSWERS)
    ]
    assert answers == []
    assert cluster.node(other).configuration is not None


def test_a_request_for_the_vote_of_its_former_self_is_refused_though_it_arrives() -> None:
    cluster = VirtualCluster(3, 2)
    leader = cluster.elect()
    ill, other = others(cluster, leader)
    former = set_aside_on(cluster, ill)
    cluster.run_for_us(500_000)
    node, candidate = cluster.node(ill), cluster.node(other)
    configuration = candidate.configuration
    assert configuration is not None
    request = RequestVote(
        sender=candidate.replica_id,
        receiver=former,
        term=candidate.raft.current_term + 1,
        last_log_index=99,
        last_log_term=99,
        leadership_transfer=True,
    )
    before, refused_count = len(cluster.sent), node.refused_counts["frame for another replica"]
    node.receive(configuration.cluster_id, request, cluster.now_us)
    assert node.refused_counts["frame for another replica"] == refused_count + 1
    cluster.advance(cluster.boards[ill])
    cluster.run_for_us(300_000)
    sent = [message for source, _, message in cluster.sent[before:] if source == ill]
    assert not [message for message in sent if isinstance(message, ANSWERS)]
    assert node.raft.state.voted_for == 0


def test_it_learns_is_promoted_under_its_new_identity_and_only_then_votes() -> None:
    cluster = VirtualCluster(3, 3)
    leader = cluster.elect()
    ill, other = others(cluster, leader)
    former = set_aside_on(cluster, ill)
    cluster.run_for_us(500_000)
    new = cluster.node(ill).replica_id

    def standing() -> list[tuple[int, bool]]:
        configuration = cluster.node(leader).configuration
        assert configuration is not None
        return [(m.replica_id, m.voter) for m in configuration.members if m.node_id == ill]

    seen: list[list[tuple[int, bool]]] = []

    def is_replaced() -> bool:
        if not seen or standing() != seen[-1]:
            seen.append(standing())
        return standing() == [(new, True)]

    cluster.boards[leader].change_members("asked", "replace", ill)
    assert cluster.run_until(is_replaced)
    # Beside its former self as a learner; then it is the only one, with a vote.
    assert sorted(seen[0]) == sorted([(former, True), (new, False)])
    cluster.run_for_us(500_000)
    cluster.crash(leader)
    assert cluster.run_until(lambda: cluster.leader() in (ill, other), 10_000_000)
    voted = [
        message
        for source, _, message in cluster.sent
        if source == ill and isinstance(message, RequestVoteResponse) and message.sender == new
    ]
    assert voted or cluster.leader() == ill
    cluster.check_everything()


def test_all_that_were_members_cannot_found_the_cluster_anew_with_one_that_was_set_aside() -> None:
    """A fresh directory founds a cluster only with others that are fresh, too."""
    cluster = VirtualCluster(3, 4)
    leader = cluster.elect()
    ill, other = others(cluster, leader)
    set_aside_on(cluster, ill, restart=False)
    set_aside_on(cluster, other, restart=False)
    cluster_id = cluster.node(leader).configuration
    cluster.start(ill)
    cluster.start(other)
    cluster.run_for_us(5_000_000)
    assert cluster.node(ill).configuration is None
    assert cluster.node(other).configuration is None
    assert cluster.node(leader).configuration == cluster_id
    assert cluster.leader() == 0
