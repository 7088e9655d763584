"""One replica: persist, send, apply, answer. No threads, no sockets, no clock of its own."""

from raftpi.node.effects import (
    ChangeBegun,
    Committed,
    Effects,
    Lost,
    NotLeading,
    Outcome,
    QueryAnswered,
    Refused,
    Send,
    TransferBegun,
)
from raftpi.node.event import Event
from raftpi.node.node import Node

__all__ = [
    "ChangeBegun",
    "Committed",
    "Effects",
    "Event",
    "Lost",
    "Node",
    "NotLeading",
    "Outcome",
    "QueryAnswered",
    "Refused",
    "Send",
    "TransferBegun",
]
