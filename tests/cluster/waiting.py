"""Waiting for something that real processes will do."""

import threading
import time
from collections.abc import Callable

from raftpi.local.cluster import LocalCluster
from raftpi.status import NodeStatus

POLL_S = 0.02


def wait_until(
    condition: Callable[[], bool], what: str, timeout_s: float = 20, *, poll_s: float = POLL_S
) -> None:
    """Poll until `condition` holds; fail with `what` was waited for."""
    pause = threading.Event()
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, f"waited {timeout_s} s in vain until {what}"
        pause.wait(poll_s)


def status_of(cluster: LocalCluster, node_id: int) -> NodeStatus | None:
    """What that node says of itself, None if it does not answer."""
    for status in cluster.statuses(timeout_s=1):
        if status.id == node_id:
            return status
    return None


def wait_until_whole(cluster: LocalCluster) -> int:
    """Wait until every member is up, hears the same leader and has its log; the leader's id."""
    found: list[int] = []

    def is_whole() -> bool:
        statuses = cluster.statuses(timeout_s=1)
        leaders = {status.leader for status in statuses}
        if len(statuses) < len(cluster.nodes) or len(leaders) != 1 or leaders == {0}:
            return False
        found[:] = list(leaders)
        [leader] = [status for status in statuses if status.id == found[0]]
        return all(
            peer.match_index >= leader.commit_index and 0 <= peer.heard_us_ago < 500_000
            for peer in leader.peers
        )

    wait_until(is_whole, "all members have caught up")
    return found[0]
