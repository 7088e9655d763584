"""`raftpi member`: who belongs to the cluster, and who shall."""

import time
from typing import TYPE_CHECKING

from raftpi.cli.connection import TIMEOUT_S, connect
from raftpi.cli.printing import columns, print_json, print_line
from raftpi.errors import Refused, Timeout

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from raftpi.client import Client
    from raftpi.status import NodeStatus

POLL_S = 0.05
# How long a newcomer may take to catch up while somebody looks on.
SETTLE_S = 30.0
# A leader's answer about a board that is fresh, and says so every second at least.
NOT_HEARD_YET = "was heard of"
HEAD = ("id", "name", "standing", "replica", "heard")


def show(arguments: "Namespace") -> int:
    """Prints the members as the leader knows them; without one as any member does."""
    with connect(arguments) as client:
        members = members_of(client.status())
    if arguments.json:
        print_json({"members": members})
        return 0
    rows = [HEAD]
    for member in members:
        heard_us = member["heard_us_ago"]
        heard = "never" if not isinstance(heard_us, int) or heard_us < 0 else _ago(heard_us)
        rows.append(
            (
                str(member["id"]),
                str(member["name"]),
                str(member["standing"]),
                str(member["replica_id"]),
                heard,
            )
        )
    for line in columns(rows, rights=frozenset({0})):
        print_line(line)
    return 0


def change(arguments: "Namespace") -> int:
    """Has the leader change the membership, and waits until that has been done."""
    verb = "learn" if getattr(arguments, "learner", False) else arguments.verb
    with connect(arguments) as client:
        before = members_of(client.status())
        _begin(client, verb, arguments.node, arguments.timeout or TIMEOUT_S)
        after = _wait_for_end(client, before, verb, arguments.node)
    if arguments.json:
        print_json({"members": after})
    else:
        voters = ", ".join(str(m["name"]) for m in after if m["standing"] == "voter")
        learners = ", ".join(str(m["name"]) for m in after if m["standing"] == "learner")
        print_line(f"members: {voters}" + (f"; learners: {learners}" if learners else ""))
    return 0


def _begin(client: "Client", verb: str, node: str, timeout_s: float) -> None:
    """Has the leader begin; a board that was started a moment ago is waited for.

    Raises Refused, with what the leader said last.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            client.change_members(verb, node)
        except Refused as refusal:
            if NOT_HEARD_YET not in str(refusal) or time.monotonic() >= deadline:
                raise
            time.sleep(POLL_S)
        else:
            return


def _wait_for_end(
    client: "Client", before: list[dict[str, object]], verb: str, node: str
) -> list[dict[str, object]]:
    """The members once the change has come to its end. Raises Timeout when it takes too long."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        members = members_of(client.status())
        if _has_ended(before, members, verb, node):
            return members
        if time.monotonic() >= deadline:
            raise Timeout(
                f"the change has begun and goes on, but is not done after {SETTLE_S:g} s; "
                "see: raftpi member list"
            )
        time.sleep(POLL_S)


def _has_ended(
    before: list[dict[str, object]], members: list[dict[str, object]], verb: str, node: str
) -> bool:
    if any(member["standing"] in ("joining", "leaving") for member in members):
        return False
    mine = [member for member in members if node in (str(member["id"]), member["name"])]
    if verb == "remove":
        return not mine
    if len(mine) != 1:
        return False
    known = [member["replica_id"] for member in before]
    if verb == "promote":
        return mine[0]["standing"] == "voter"
    return mine[0]["replica_id"] not in known


def members_of(statuses: "Sequence[NodeStatus]") -> list[dict[str, object]]:
    """The members as whoever leads, or else the best informed, tells them."""
    if not statuses:
        return []
    teller = max(statuses, key=lambda status: (status.role == "leader", status.term))
    members: list[dict[str, object]] = [
        {
            "id": peer.id,
            "name": peer.name,
            "standing": peer.standing,
            "replica_id": f"{peer.replica_id:016x}",
            "heard_us_ago": peer.heard_us_ago,
        }
        for peer in teller.peers
    ]
    if teller.standing != "none":
        members.append(_itself(teller))
    return sorted(
        members, key=lambda member: (str(member["id"]).rjust(6), str(member["replica_id"]))
    )


def _itself(status: "NodeStatus") -> dict[str, object]:
    return {
        "id": status.id,
        "name": status.name,
        "standing": status.standing,
        "replica_id": f"{status.replica_id:016x}",
        "heard_us_ago": 0,
    }


def _ago(heard_us: int) -> str:
    return "now" if heard_us < 1_000_000 else f"{heard_us // 1_000_000} s ago"
