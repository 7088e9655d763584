"""A client that keeps its store in a dictionary, or fails as it is told."""

from collections.abc import Sequence
from typing import Self

from raftpi.client import Committed, Entry, Offline
from raftpi.command import CompareAndSwap, Delete, NotWritten, Operation, Put, Written
from raftpi.errors import RaftpiError
from raftpi.status import NodeStatus


class FakeClient:
    """Stands in for `raftpi.client.Client`."""

    def __init__(self) -> None:
        self.endpoints: tuple[str, ...] = ()
        self.timeout_s = 0.0
        self.key = ""
        self.items: dict[bytes, Entry] = {}
        self.index = 47
        self.error: RaftpiError | None = None
        self.members: list[NodeStatus | Offline] = []
        self.after_transfer: list[NodeStatus] = []
        self.is_closed = False

    def open(self, endpoints: Sequence[str], timeout_s: float, key: str = "") -> Self:
        """Takes the place of `raftpi.cli.connection.open_client`."""
        self.endpoints, self.timeout_s, self.key = tuple(endpoints), timeout_s, key
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.is_closed = True

    def submit(self, operation: Operation) -> Committed:
        self._fail()
        self.index += 1
        now = self.items.get(operation.key)
        if isinstance(operation, Delete):
            written = self.items.pop(operation.key, None) is not None
        elif isinstance(operation, CompareAndSwap):
            written = (now.value if now else None) == operation.expected
        else:
            written = True
        if written and isinstance(operation, Put | CompareAndSwap):
            self.items[operation.key] = Entry(
                key=operation.key, value=operation.value, revision=self.index
            )
        revision = now.revision if now else 0
        result = Written(revision=self.index) if written else NotWritten(revision=revision)
        return Committed(index=self.index, acks=2, voter_count=3, result=result)

    def get(self, key: bytes) -> Entry | None:
        self._fail()
        return self.items.get(key)

    def list(self, prefix: bytes) -> Sequence[Entry]:
        self._fail()
        return [self.items[key] for key in sorted(self.items) if key.startswith(prefix)]

    def survey(self) -> Sequence[NodeStatus | Offline]:
        return self.members

    def status(self) -> Sequence[NodeStatus]:
        return [member for member in self.members if isinstance(member, NodeStatus)]

    def transfer(self, node: str | None) -> None:
        self._fail()
        if self.after_transfer:
            self.members = list(self.after_transfer)

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error
