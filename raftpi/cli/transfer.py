"""`raftpi transfer [NODE]`: hand leadership over."""

import time
from typing import TYPE_CHECKING

from raftpi.cli.connection import connect
from raftpi.cli.printing import print_json, print_line
from raftpi.errors import Timeout

if TYPE_CHECKING:
    from argparse import Namespace

    from raftpi.client import Client
    from raftpi.status import NodeStatus

POLL_S = 0.02
# A transfer takes some heartbeats; a leader that cannot finish one gives up by itself.
SETTLE_S = 3.0


def transfer(arguments: "Namespace") -> int:
    """Hands leadership to the node named, or to whoever is furthest along; tells who leads."""
    with connect(arguments) as client:
        before = _leader(client)
        client.transfer(arguments.node)
        after = _wait_for_change(client, before, arguments.node)
    if arguments.json:
        print_json({"leader": after.id, "name": after.name, "term": after.term})
    else:
        print_line(f"{after.name} leads (term {after.term})")
    return 0


def _wait_for_change(
    client: "Client", before: "NodeStatus | None", wanted: str | None
) -> "NodeStatus":
    """The leader of a later term than before, or the one wanted, who may have led already.

    Raises Timeout when none shows itself.
    """
    deadline = time.monotonic() + SETTLE_S
    while True:
        leader = _leader(client)
        if leader is not None:
            is_new = before is None or leader.term > before.term
            if is_new or wanted in (str(leader.id), leader.name):
                return leader
        if time.monotonic() >= deadline:
            raise Timeout(
                f"the hand-over has begun, but no new leader shows itself after {SETTLE_S:g} s; "
                "see: raftpi status"
            )
        time.sleep(POLL_S)


def _leader(client: "Client") -> "NodeStatus | None":
    leaders = [status for status in client.status() if status.role == "leader"]
    return max(leaders, key=lambda status: status.term, default=None)
