"""The prompt's commands through the client library, with index and acks as it tells them."""

import threading
from collections.abc import Sequence

from raftpi.cli.demo.answers import Done, Found
from raftpi.cli.demo.commands import ListKeys, StoreCommand
from raftpi.client import Client
from raftpi.command import CompareAndSwap, Delete, Get, Item, Put

TIMEOUT_S = 5.0


class StoreLink:
    """The store as the scene asks it; `run` may be called from several threads."""

    def __init__(self, endpoints: Sequence[str], ending: threading.Event) -> None:
        self._client = Client(list(endpoints), timeout_s=TIMEOUT_S)
        self._ending = ending

    def run(self, command: StoreCommand) -> Done | Found:
        """Run the command and wait for its outcome. Raises RaftpiError."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the sockets."""
        self._client.close()
