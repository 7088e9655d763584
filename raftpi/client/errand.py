"""What a conversation is to bring home: a command, a query or a transfer. Pure."""

from collections.abc import Callable
from enum import Enum
from typing import Protocol

from raftpi.client.directory import Directory
from raftpi.client.session import Session
from raftpi.command import Operation, Query, Stamp, pack_command, pack_query
from raftpi.errors import Refused
from raftpi.transport.requests import Ask, ChangeMembers, Request, Submit, Transfer
from raftpi.transport.sockets import FRAME_BYTES


class Retry(Enum):
    """What an attempt that was sent and never answered means."""

    HARMLESS = "harmless"  # a read: it has no effect, ask elsewhere
    STAMPED = "stamped"  # a write: it may take effect, and once only however often it is sent
    NEVER = "never"  # it may take effect, and again if it is sent again


class Errand(Protocol):
    """One thing to ask of the leader."""

    retry: Retry

    @property
    def needs_index(self) -> bool:
        """Whether a leader's commit index must be told (`begin`) before the first request."""

    def begin(self, commit_index: int) -> None:
        """The commit index that the leader just named."""

    def request(self, request_id: int) -> Request:
        """The request to send, the same each time but for its id. Raises Refused, UsageError."""


class WriteErrand:
    """A command with its stamp; where there is no session yet, it begins one."""

    retry = Retry.STAMPED

    def __init__(
        self, operation: Operation, session: Session | None, make_id: Callable[[], int]
    ) -> None:
        """`make_id` gives the random id of a new session."""
        self._operation = operation
        self._make_id = make_id
        self._stamp: Stamp | None = None
        self.session = session

    @property
    def needs_index(self) -> bool:
        """Only where there is no session yet."""
        return self.session is None

    def begin(self, commit_index: int) -> None:
        """Begin a session there."""
        self.session = Session(self._make_id(), commit_index)

    def request(self, request_id: int) -> Request:
        """The same command each time. Raises Refused when no node would take in so much."""
        assert self.session is not None
        if self._stamp is None:
            self._stamp = self.session.stamp()
        command = pack_command(self._stamp, self._operation)
        if len(command) > FRAME_BYTES - 64:
            raise Refused(
                f"the command has {len(command)} bytes; no node takes in more than {FRAME_BYTES}"
            )
        return Submit(request_id=request_id, command=command)


class ReadErrand:
    """A query, answered linearizably by the leader."""

    retry = Retry.HARMLESS
    needs_index = False

    def __init__(self, query: Query) -> None:
        """The query to ask."""
        self._query = pack_query(query)

    def begin(self, commit_index: int) -> None:
        """A read begins nowhere."""

    def request(self, request_id: int) -> Request:
        """The same query each time."""
        return Ask(request_id=request_id, query=self._query)


class TransferErrand:
    """A hand-over of the lead."""

    retry = Retry.NEVER
    needs_index = False

    def __init__(self, node: int | str | None, directory: Directory) -> None:
        """`node` by id or name; None: whichever is furthest along."""
        self._node = node
        self._directory = directory

    def begin(self, commit_index: int) -> None:
        """A transfer begins nowhere."""

    def request(self, request_id: int) -> Request:
        """The transfer. Raises UsageError when there is no such member."""
        target = 0 if self._node is None else self._directory.resolve(self._node)
        return Transfer(request_id=request_id, target=target)


class MemberErrand:
    """A change of the membership."""

    retry = Retry.NEVER
    needs_index = False

    def __init__(self, verb: str, node: int | str, directory: Directory) -> None:
        """`verb` as in `ChangeMembers`; `node` by id or, where the members know it, by name."""
        self._verb = verb
        self._node = node
        self._directory = directory

    def begin(self, commit_index: int) -> None:
        """A change begins nowhere."""

    def request(self, request_id: int) -> Request:
        """The change. Raises UsageError when no board is known by that name."""
        node_id = self._directory.resolve(self._node)
        return ChangeMembers(request_id=request_id, verb=self._verb, node_id=node_id)
