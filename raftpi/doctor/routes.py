"""Through which interface an address is reached: ip-route(8)."""

import json
from collections.abc import Iterable

from raftpi.doctor.board import Board


def interfaces_to(addresses: Iterable[str], board: Board) -> frozenset[str]:
    """The interfaces that lead to these addresses; those that cannot be told are left out."""
    found: set[str] = set()
    for address in sorted(set(addresses)):
        answer = board.run(["ip", "-j", "route", "get", address])
        try:
            routes = json.loads(answer or "[]")
            found.update(str(route["dev"]) for route in routes)
        except (ValueError, KeyError, TypeError):
            continue  # another iproute2 than we know
    return frozenset(found)
