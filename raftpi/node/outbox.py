"""What is to be sent: at once, or when the batch that it relies on is durable."""

from collections import deque
from collections.abc import Sequence

from raftpi.core.hello import Hello
from raftpi.core.messages import AppendEntries, InstallSnapshot, Message
from raftpi.core.ready import Ready
from raftpi.node.address import AddressBook
from raftpi.node.effects import Send
from raftpi.node.introduction import Introduction


class Outbox:
    """Addresses messages to boards, and holds back those that wait for the card.

    Invariant: what waits for a batch leaves after that batch was reported durable, in order.
    """

    def __init__(self, addresses: AddressBook, introduction: Introduction) -> None:
        """Empty; nothing is durable yet."""
        self._addresses = addresses
        self._introduction = introduction
        self._held: deque[tuple[int, tuple[Message, ...]]] = deque()
        self._durable_number = 0
        self._sends: list[Send] = []

    def put(self, ready: Ready) -> None:
        """Take what a Ready wants to be sent."""
        self._address(ready.messages)
        if not ready.messages_after_persist:
            return
        if ready.persist_number <= self._durable_number:
            self._address(ready.messages_after_persist)
        else:
            self._held.append((ready.persist_number, ready.messages_after_persist))

    def greet(self, node_id: int, hello: Hello) -> None:
        """Send a hello to a board, whoever lives there."""
        self._sends.append(Send(node_id=node_id, cluster_id=0, message=hello, bulk=False))

    def persisted(self, number: int) -> None:
        """Batch `number` and all before it are durable: what waited for them may leave."""
        self._durable_number = max(self._durable_number, number)
        while self._held and self._held[0][0] <= number:
            self._address(self._held.popleft()[1])

    def forget_held(self) -> None:
        """What waited relied on batches that are not written: it must never leave."""
        self._held.clear()

    def take(self) -> tuple[Send, ...]:
        """What is to be sent now; each is given once."""
        sends, self._sends = self._sends, []
        return tuple(sends)

    def _address(self, messages: Sequence[Message]) -> None:
        addresses = self._addresses
        for message in messages:
            node_id = addresses.board_of(message.receiver)
            if node_id:
                introduction = self._introduction.before(message)
                if introduction is not None:
                    self.greet(node_id, introduction)
                self._sends.append(
                    Send(
                        node_id=node_id,
                        cluster_id=addresses.cluster_id,
                        message=message,
                        bulk=isinstance(message, (AppendEntries, InstallSnapshot)),
                    )
                )
