"""Waiting until a local cluster has a leader, or a daemon answers."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from raftpi.errors import RaftpiError

if TYPE_CHECKING:
    from raftpi.status import NodeStatus

# Asks the cluster at these client endpoints, for at most so many seconds; members that do not
# answer are absent.
AskStatuses = Callable[[Sequence[str], float], "Sequence[NodeStatus]"]

POLL_S = 0.05
ASK_S = 0.5
# So long, once there is a leader, every living daemon has for answering that it knows it.
AGREEMENT_S = 1.0


def ask_statuses(endpoints: Sequence[str], timeout_s: float) -> "Sequence[NodeStatus]":
    """The statuses of all members that answer in time, learned from these endpoints."""
    from raftpi.client import Client

    with Client(endpoints, timeout_s=timeout_s) as client:
        return client.status()


def leader_of(statuses: "Sequence[NodeStatus]") -> "NodeStatus | None":
    """The leader of the highest term among these, or None."""
    leaders = [status for status in statuses if status.role == "leader"]
    return max(leaders, key=lambda status: status.term, default=None)


def wait_for_leader(
    endpoints: Callable[[], Sequence[str]],
    timeout_s: float,
    ask: AskStatuses,
    check: Callable[[], None] = lambda: None,
) -> "NodeStatus | None":
    """The leader, once one is there and every daemon that lives has had time to hear of it.

    `endpoints` tells, each time anew, whom to ask; `check` may raise to end the waiting.
    None when there is no leader after `timeout_s`.
    """
    deadline = time.monotonic() + timeout_s
    agreed_by: float | None = None
    while True:
        check()
        living = endpoints()
        statuses = _ask(ask, living, deadline)
        now = time.monotonic()
        leader = leader_of(statuses)
        if leader is not None:
            agreed_by = agreed_by or min(now + AGREEMENT_S, deadline)
            agreed = [status for status in statuses if status.leader == leader.id]
            if len(agreed) >= len(living) or now >= agreed_by:
                return leader
        if now >= deadline:
            return None
        time.sleep(min(POLL_S, max(0.0, deadline - now)))


def wait_for_answer(
    endpoint: str, node_id: int, timeout_s: float, ask: AskStatuses, check: Callable[[], None]
) -> "NodeStatus | None":
    """The status of this node as soon as it answers; None after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while True:
        check()
        for status in _ask(ask, (endpoint,), deadline):
            if status.id == node_id:
                return status
        now = time.monotonic()
        if now >= deadline:
            return None
        time.sleep(min(POLL_S, max(0.0, deadline - now)))


def _ask(ask: AskStatuses, endpoints: Sequence[str], deadline: float) -> "Sequence[NodeStatus]":
    if not endpoints:
        return ()
    remaining_s = max(0.05, min(ASK_S, deadline - time.monotonic()))
    try:
        return ask(endpoints, remaining_s)
    except RaftpiError:
        return ()  # nobody answers yet
