"""Asking nodes for themselves: every status, and one node's obedience."""

import time

import pytest

from raftpi.client import Client, Offline
from raftpi.errors import Unavailable, UsageError
from raftpi.status import NodeStatus
from raftpi.transport.held_log import HeldLog, pack_held_log
from raftpi.transport.requests import Answer, AskEntries, Chaos, Reply, Request, Transfer
from tests.client.fake_node import SILENCE, FakeCluster, FakeNode, free_endpoint


def test_a_survey_names_every_member_from_any_endpoint(cluster: FakeCluster) -> None:
    cluster.nodes[3].stop()
    with Client(cluster.nodes[2].endpoint) as client:
        began = time.monotonic()
        found = client.survey()
        assert time.monotonic() - began < 0.4  # a refused connection is not waited for
        assert [member.id for member in found] == [1, 2, 3]
        assert [type(member) for member in found] == [NodeStatus, NodeStatus, Offline]
        assert found[2] == Offline(id=3, name="pi3", endpoint=cluster.nodes[3].endpoint)
        assert [status.role for status in client.status()] == ["leader", "follower"]


def test_a_survey_does_not_wait_long_for_a_hung_member(
    cluster: FakeCluster, client: Client
) -> None:
    cluster.nodes[1].script = lambda node, request: SILENCE
    began = time.monotonic()
    assert [type(member) for member in client.survey()] == [Offline, NodeStatus, NodeStatus]
    assert time.monotonic() - began < 2.0


def test_a_survey_of_nobody_is_all_offline() -> None:
    endpoint = free_endpoint()
    with Client(endpoint) as client:
        assert client.survey() == [Offline(id=0, name="", endpoint=endpoint)]
        assert client.status() == []


def test_a_transfer_goes_to_the_leader(cluster: FakeCluster, client: Client) -> None:
    client.transfer("pi2")
    client.transfer()
    transfers = [r for r in cluster.nodes[1].requests if isinstance(r, Transfer)]
    assert [transfer.target for transfer in transfers] == [2, 0]
    with pytest.raises(UsageError, match="pi9"):
        client.transfer("pi9")


def test_chaos_goes_to_one_node_and_no_other(cluster: FakeCluster, client: Client) -> None:
    client.chaos("pi3", blocked_in=[1], blocked_out=[1, 2], delay_ms=5, duration_ms=100)
    [chaos] = [r for r in cluster.nodes[3].requests if isinstance(r, Chaos)]
    assert (chaos.blocked_in, chaos.blocked_out) == ((1,), (1, 2))
    assert (chaos.delay_ms, chaos.duration_ms) == (5, 100)
    assert cluster.nodes[1].asked(Chaos) == cluster.nodes[2].asked(Chaos) == 0
    cluster.nodes[3].stop()
    with pytest.raises(Unavailable, match="node 3"):
        client.chaos(3, duration_ms=1)


def test_a_part_of_the_log_is_asked_of_whoever_is_at_the_endpoint(cluster: FakeCluster) -> None:
    held = HeldLog(cluster_id=5, first_index=1, last_index=9, entries=((4, 2, b"payload"),))

    def script(node: FakeNode, request: Request) -> Reply | None:
        if not isinstance(request, AskEntries):
            return None
        assert (request.first, request.last) == (4, 7)
        body = pack_held_log(held)
        return Answer(request_id=request.request_id, body=body, index=0, acks=0, voter_count=0)

    follower = cluster.nodes[3]
    follower.script = script
    with Client(follower.endpoint) as client:
        assert client.held_log(follower.endpoint, 4, 7) == held
    assert cluster.nodes[1].asked(AskEntries) == cluster.nodes[2].asked(AskEntries) == 0
    follower.stop()
    with Client(follower.endpoint) as client, pytest.raises(Unavailable, match="no connection"):
        client.held_log(follower.endpoint, 4, 7)
