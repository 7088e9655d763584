"""What one put after the other costs real daemons: reads and writes of the kernel's, and syncs.

The kernel counts read(2), write(2) and their kin for each process: the log's writes, and every
waking of one thread by another. Sockets are not among them.
"""

import time
from pathlib import Path

from raftpi.client import Client
from raftpi.local.cluster import LocalCluster
from tests.cluster.waiting import status_of, wait_until_whole

WARM_UP_COUNT, COUNT = 20, 200
# A leader makes 15 of them for a put, a follower 9. Heartbeats come on top, and the more of them
# the longer it takes.
CALLS_PER_PUT, IDLE_CALLS_PER_S = 17, 500
VALUE = b"v" * 256


def calls(cluster: LocalCluster, node_id: int) -> int:
    """How many system calls of that kind the daemon has made so far."""
    lines = Path(f"/proc/{cluster.pid(node_id)}/io").read_text().splitlines()
    fields = dict(line.split(": ") for line in lines)
    return int(fields["syscr"]) + int(fields["syscw"])


def syncs(cluster: LocalCluster, node_id: int) -> int:
    status = status_of(cluster, node_id)
    assert status is not None
    return status.sync.count


def put(client: Client, count: int) -> None:
    for number in range(count):
        client.put(f"key/{number % 7}", VALUE)


def test_a_put_costs_each_daemon_a_few_system_calls_and_one_sync(three: LocalCluster) -> None:
    ids = [node.id for node in three.nodes]
    with Client(three.endpoints()) as client:
        put(client, WARM_UP_COUNT)
        wait_until_whole(three)
        calls_before = {node_id: calls(three, node_id) for node_id in ids}
        syncs_before = {node_id: syncs(three, node_id) for node_id in ids}
        began_s = time.monotonic()
        put(client, COUNT)
        wait_until_whole(three)
        limit = CALLS_PER_PUT * COUNT + IDLE_CALLS_PER_S * (time.monotonic() - began_s)
        for node_id in ids:
            assert calls(three, node_id) - calls_before[node_id] < limit
            assert (syncs(three, node_id) - syncs_before[node_id]) / COUNT < 1.1
