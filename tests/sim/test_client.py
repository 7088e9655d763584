"""Clients on virtual time: they see it through, and record what they were told."""

from raftpi.sim.chance import Chance
from raftpi.sim.client import VirtualClient, Workload
from raftpi.sim.cluster import VirtualCluster
from raftpi.sim.linearizability.checker import check
from raftpi.sim.linearizability.history import Kind, Operation
from raftpi.sim.linearizability.search import Verdict


def at_work(workload: Workload) -> tuple[VirtualCluster, VirtualClient, list[Operation]]:
    cluster = VirtualCluster(3, seed=40)
    cluster.elect()
    history: list[Operation] = []
    return cluster, VirtualClient(cluster, 1, workload, history, Chance("client")), history


def test_a_client_finds_the_leader_and_does_all_kinds_of_operations() -> None:
    cluster, client, history = at_work(Workload(think_us=5_000))
    cluster.run_for_us(3_000_000)
    assert client.answered_count == len(history) > 100
    assert {operation.kind for operation in history} == set(Kind)
    assert all(operation.output is not None for operation in history)
    assert any(o.output is not None and o.output.revision > 0 for o in history)
    assert check(history).verdict is Verdict.LINEARIZABLE


def test_lost_requests_and_answers_are_asked_for_again() -> None:
    cluster, client, history = at_work(Workload(think_us=5_000, silence_us=30_000, loss=0.3))
    cluster.run_for_us(5_000_000)
    assert client.answered_count > 50
    assert check(history).verdict is Verdict.LINEARIZABLE


def test_an_answer_to_an_earlier_attempt_counts_too() -> None:
    cluster, client, _ = at_work(Workload(think_us=5_000, silence_us=1_500))
    for board in cluster.boards.values():
        board.card.sync_us = 5_000
    cluster.run_for_us(3_000_000)
    assert client.answered_count > 50


def test_what_is_given_up_is_unknown_and_a_read_that_is_says_nothing() -> None:
    cluster, client, history = at_work(Workload(think_us=5_000, patience_us=200_000))
    for node_id in cluster.boards:
        cluster.crash(node_id)
    cluster.run_for_us(5_000_000)
    assert client.answered_count == 0
    assert history
    assert all(o.output is None and o.kind is not Kind.GET for o in history)


def test_a_client_that_is_to_rest_begins_nothing_more() -> None:
    cluster, client, history = at_work(Workload(think_us=5_000))
    cluster.run_for_us(500_000)
    client.busy = False
    cluster.run_for_us(500_000)
    done = len(history)
    cluster.run_for_us(500_000)
    assert len(history) == done
