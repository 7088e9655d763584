"""The cluster through the client library: the prompt's commands, and orders to misbehave."""

from collections.abc import Sequence

from raftpi.cli.demo.actions import Misbehaviour
from raftpi.cli.demo.answers import Done, Found
from raftpi.cli.demo.commands import ListKeys, StoreCommand
from raftpi.client import Client
from raftpi.command import Get, Item, Written

TIMEOUT_S = 5.0


class StoreLink:
    """What the scene asks of the cluster; every method may be called from several threads."""

    def __init__(self, endpoints: Sequence[str]) -> None:
        self._client = Client(list(endpoints), timeout_s=TIMEOUT_S)

    def run(self, command: StoreCommand) -> Done | Found:
        """Run the command and wait for its outcome. Raises RaftpiError."""
        if isinstance(command, Get):
            return Found(items=self._client.ask(command).items)
        if isinstance(command, ListKeys):
            return Found(
                items=tuple(
                    Item(key=entry.key, value=entry.value, revision=entry.revision)
                    for entry in self._client.list(command.prefix)
                )
            )
        committed = self._client.submit(command)
        return Done(
            changed=isinstance(committed.result, Written),
            index=committed.index,
            acks=committed.acks,
            voter_count=committed.voter_count,
        )

    def tell(self, node_id: int, how: Misbehaviour) -> None:
        """Have one node misbehave like this, in place of what it was told before.

        Raises Refused when the node says no, Unavailable or Timeout when it does not answer.
        """
        self._client.chaos(
            node_id,
            blocked_in=how.cut_from,
            blocked_out=how.cut_from,
            delay_ms=how.delay_ms,
            duration_ms=how.duration_ms,
        )

    def close(self) -> None:
        """Close all connections; calls under way end within moments."""
        self._client.close()
