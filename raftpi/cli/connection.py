"""A client of the cluster that the arguments name, as the commands want it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from raftpi.cli.seats import Seat, Whereabouts
from raftpi.cli.whereabouts import find

if TYPE_CHECKING:
    from argparse import Namespace

    from raftpi.client import Client
    from raftpi.status import NodeStatus

TIMEOUT_S = 5.0


def open_client(endpoints: Sequence[str], timeout_s: float, key: str = "") -> "Client":
    """A client of the nodes at these endpoints, with the key in this file."""
    from raftpi.client import Client

    return Client(endpoints, timeout_s=timeout_s, key=key or None)


@contextmanager
def connect(arguments: "Namespace") -> "Iterator[Client]":
    """A client of the cluster that the arguments name. Raises UsageError."""
    whereabouts = find(arguments)
    timeout_s = arguments.timeout or TIMEOUT_S
    with open_client(whereabouts.endpoints, timeout_s, whereabouts.key) as client:
        yield client


def ask_all(whereabouts: Whereabouts, timeout_s: float) -> "tuple[list[NodeStatus], list[Seat]]":
    """The statuses of all members that answer in time, and the members that do not.

    Members are learned from any node that answers, so one endpoint is enough.
    """
    with open_client(whereabouts.endpoints, timeout_s, whereabouts.key) as client:
        found = client.survey()
    from raftpi.client import Offline

    silent = [
        Seat(id=item.id, name=item.name, client=item.endpoint)
        for item in found
        if isinstance(item, Offline) and item.id
    ]
    return [item for item in found if not isinstance(item, Offline)], silent
