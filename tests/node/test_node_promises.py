"""What leaves a node only after the sync that holds it."""

from raftpi.command import Get, pack_query
from raftpi.core.messages import AppendEntriesResponse
from raftpi.node import Committed, Lost, NotLeading, Outcome
from raftpi.sim.cluster import VirtualCluster
from tests.node.test_node import followers, put

STALL_US = 120_000


def test_no_acknowledgement_leaves_a_follower_before_its_sync_has_returned() -> None:
    cluster = VirtualCluster(3, seed=1)
    leader = cluster.elect()
    cluster.run_for_us(100_000)
    for node_id in followers(cluster, leader):
        cluster.boards[node_id].card.sync_us = STALL_US
    outcomes = cluster.boards[leader].outcomes
    sent_us = cluster.now_us
    cluster.submit(leader, put(1))
    assert cluster.run_until(lambda: bool(outcomes))
    assert isinstance(outcomes[0], Committed)
    assert cluster.now_us - sent_us >= STALL_US


def test_an_acknowledgement_that_was_held_leaves_when_the_sync_returns() -> None:
    cluster = VirtualCluster(3, seed=2)
    leader = cluster.elect()
    cluster.run_for_us(100_000)
    slow = followers(cluster, leader)[0]
    cluster.boards[slow].card.sync_us = STALL_US
    cluster.submit(leader, put(1))
    last_index = cluster.node(leader).raft.state.log.last_index
    cluster.sent.clear()

    def acknowledged() -> bool:
        return any(
            source == slow
            and isinstance(message, AppendEntriesResponse)
            and message.match_index >= last_index
            for source, _, message in cluster.sent
        )

    cluster.run_for_us(STALL_US - 20_000)
    assert not acknowledged()
    cluster.run_for_us(40_000)
    assert acknowledged()


def test_every_request_during_a_hand_over_gets_an_answer() -> None:
    cluster = VirtualCluster(3, seed=3)
    leader = cluster.elect()
    cluster.run_for_us(100_000)
    target = followers(cluster, leader)[0]
    node = cluster.node(leader)
    node.submit("before", put(1), cluster.now_us)
    node.transfer("hand over", target, cluster.now_us)
    node.submit("after", put(2), cluster.now_us)
    cluster.advance(cluster.boards[leader])
    outcomes: list[Outcome] = cluster.boards[leader].outcomes
    assert cluster.run_until(lambda: len(outcomes) == 3)
    assert {outcome.request for outcome in outcomes} == {"before", "hand over", "after"}
    late = next(outcome for outcome in outcomes if outcome.request == "after")
    assert isinstance(late, NotLeading)


def test_a_read_under_way_when_the_lead_is_lost_gets_an_answer_too() -> None:
    cluster = VirtualCluster(3, seed=4)
    leader = cluster.elect()
    cluster.isolate(leader)
    cluster.ask(leader, pack_query(Get(key=b"k")), "read")
    outcomes = cluster.boards[leader].outcomes
    assert cluster.run_until(lambda: bool(outcomes))
    assert isinstance(outcomes[0], Lost)
    assert outcomes[0].request == "read"


def test_a_transfer_asked_of_a_follower_names_the_leader() -> None:
    cluster = VirtualCluster(3, seed=5)
    leader = cluster.elect()
    cluster.run_for_us(100_000)
    other = followers(cluster, leader)[0]
    cluster.node(other).transfer("t", leader, cluster.now_us)
    cluster.advance(cluster.boards[other])
    [said] = cluster.boards[other].outcomes
    assert isinstance(said, NotLeading)
    assert said.leader == leader


def test_a_dropped_bulk_message_makes_the_leader_ask_before_it_sends_on() -> None:
    cluster = VirtualCluster(3, seed=6)
    leader = cluster.elect()
    cluster.run_for_us(200_000)
    other = followers(cluster, leader)[0]
    cluster.node(leader).unreachable(other, cluster.now_us)
    cluster.submit(leader, put(1))
    last_index = cluster.node(leader).raft.state.log.last_index
    assert cluster.node(other).raft.state.log.last_index < last_index
    assert cluster.run_until(
        lambda: cluster.node(other).raft.state.log.last_index == last_index, 300_000
    )
