"""Where clients' requests become inputs of the node, and its outcomes become replies."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from raftpi.config.file import Config
from raftpi.daemon.identification import Identification
from raftpi.daemon.misbehaviour import Misbehaviour
from raftpi.errors import ProtocolError
from raftpi.node import (
    ChangeBegun,
    Committed,
    Lost,
    Node,
    NotLeading,
    Outcome,
    QueryAnswered,
    TransferBegun,
)
from raftpi.node import Refused as NodeRefused
from raftpi.node.newcomers import MemberChange
from raftpi.status import NodeStatus, pack_status
from raftpi.transport.requests import (
    SUBMIT,
    Answer,
    Ask,
    AskEntries,
    AskStatus,
    ChangeMembers,
    Chaos,
    Discover,
    Discovery,
    Identify,
    Redirect,
    Refused,
    Reply,
    Request,
    Submit,
    Transfer,
    Uncertain,
    pack_answer,
    pack_reply,
    unpack_request,
    unpack_usual,
)
from raftpi.transport.standing import Standing


class Caller(NamedTuple):
    """Whom an outcome is for: a connection, as the driver names it, and the request's id on it."""

    connection: object
    request_id: int


class ClientDesk:
    """Takes requests in and gives frames out; it holds no state of its own but counters."""

    def __init__(
        self,
        *,
        node: Node,
        config: Config,
        misbehaviour: Misbehaviour,
        identification: Identification,
        status: Callable[[int], NodeStatus],
    ) -> None:
        """`status(now_us)` makes the whole status of this node."""
        self._node = node
        self._config = config
        self._misbehaviour = misbehaviour
        self._identification = identification
        self._status = status
        self.garbage_count = 0
        self._replies: list[tuple[object, bytes]] = []

    def receive(self, connection: object, data: bytes, standing: Standing, now_us: int) -> None:
        """Take in one frame of a client; garbage is counted and dropped."""
        usual = unpack_usual(data)
        if usual is not None:
            code, request_id, body = usual
            take = self._node.submit if code == SUBMIT else self._node.ask
            take(Caller(connection, request_id), body, now_us)
            return
        try:
            request = unpack_request(data)
        except ProtocolError:
            self.garbage_count += 1
            return
        caller = Caller(connection, request.request_id)
        if isinstance(request, Submit):
            self._node.submit(caller, request.command, now_us)
        elif isinstance(request, Ask):
            self._node.ask(caller, request.query, now_us)
        elif isinstance(request, Transfer):
            if self._is_admin(caller, standing, "a transfer"):
                self._node.transfer(caller, request.target, now_us)
        elif isinstance(request, ChangeMembers):
            if self._is_admin(caller, standing, "a change of the membership"):
                change = MemberChange(verb=request.verb, node_id=request.node_id)
                self._node.change_members(caller, change, now_us)
        elif isinstance(request, AskEntries):
            # The log tells more than the store does now: what was overwritten and deleted.
            if self._is_admin(caller, standing, "reading the log"):
                self._reply(caller, self._entries(request))
        else:
            self._answer_at_once(caller, request, standing, now_us)

    def take_replies(self, outcomes: Sequence[Outcome]) -> list[tuple[object, bytes]]:
        """The frames to send, as (connection, frame): for these outcomes and those at once."""
        for outcome in outcomes:
            caller = outcome.request
            if not isinstance(caller, Caller):
                continue
            if isinstance(outcome, Committed | QueryAnswered):
                self._replies.append((caller.connection, _answer(caller.request_id, outcome)))
            else:
                self._reply(caller, _reply_of(caller.request_id, outcome))
        replies, self._replies = self._replies, []
        return replies

    def _reply(self, caller: Caller, reply: Reply) -> None:
        self._replies.append((caller.connection, pack_reply(reply)))

    def _is_admin(self, caller: Caller, standing: Standing, what: str) -> bool:
        """Whether the caller may have that done; an answer says why not."""
        if standing is not Standing.ORDINARY:
            return True
        reason = f"this key is an ordinary one; {what} needs an admin's key"
        self._reply(caller, Refused(request_id=caller.request_id, reason=reason))
        return False

    def _answer_at_once(
        self, caller: Caller, request: Request, standing: Standing, now_us: int
    ) -> None:
        if isinstance(request, Discover):
            self._reply(caller, self._discovery(caller.request_id, now_us))
        elif isinstance(request, AskStatus):
            self._reply(caller, _done(request, pack_status(self._status(now_us))))
        elif isinstance(request, Identify):
            self._identification.begin(request.duration_ms, now_us)
            self._reply(caller, _done(request))
        elif isinstance(request, Chaos):
            self._reply(caller, self._chaos(request, standing, now_us))

    def _discovery(self, request_id: int, now_us: int) -> Discovery:
        status = self._status(now_us)
        return Discovery(
            request_id=request_id,
            node_id=status.id,
            leader=status.leader,
            commit_index=status.commit_index,
            members=tuple((m.id, m.name, m.client, m.status) for m in self._config.members),
            alive_count=status.alive_count,
            voter_count=status.voter_count,
            condition=status.condition,
        )

    def _entries(self, request: AskEntries) -> Reply:
        # Imported when somebody asks, which is rare: the daemon's memory is short.
        from raftpi.node.held_entries import held_entries
        from raftpi.payload import pack_payload
        from raftpi.transport.held_log import HeldLog, pack_held_log

        configuration = self._node.configuration
        log = self._node.raft.state.log
        held = HeldLog(
            cluster_id=configuration.cluster_id if configuration is not None else 0,
            first_index=log.first_index,
            last_index=log.last_index,
            entries=tuple(
                (entry.index, entry.term, pack_payload(entry))
                for entry in held_entries(log, request.first, request.last)
            ),
        )
        return _done(request, pack_held_log(held))

    def _chaos(self, request: Chaos, standing: Standing, now_us: int) -> Reply:
        if not self._config.chaos.enabled:
            reason = "chaos is off on this node (chaos.enabled = false)"
            return Refused(request_id=request.request_id, reason=reason)
        if standing not in (Standing.LOCAL, Standing.ADMIN):
            reason = "chaos is taken from this machine, or with an admin's key, only"
            return Refused(request_id=request.request_id, reason=reason)
        self._misbehaviour.begin(
            blocked_in=request.blocked_in,
            blocked_out=request.blocked_out,
            delay_ms=request.delay_ms,
            duration_ms=request.duration_ms,
            now_us=now_us,
        )
        return _done(request)


def _done(request: Request, body: bytes = b"") -> Answer:
    return Answer(request_id=request.request_id, body=body, index=0, acks=0, voter_count=0)


def _answer(request_id: int, outcome: Committed | QueryAnswered) -> bytes:
    if isinstance(outcome, QueryAnswered):
        return pack_answer(request_id, outcome.body, outcome.index, 0, 0)
    return pack_answer(request_id, outcome.result, outcome.index, outcome.acks, outcome.voter_count)


def _reply_of(request_id: int, outcome: Outcome) -> Reply:
    if isinstance(outcome, NotLeading):
        return Redirect(
            request_id=request_id,
            leader=outcome.leader,
            reason=outcome.reason,
            alive_count=outcome.alive_count,
            voter_count=outcome.voter_count,
        )
    if isinstance(outcome, NodeRefused):
        return Refused(request_id=request_id, reason=outcome.reason)
    if isinstance(outcome, Lost):
        return Uncertain(request_id=request_id, leader=outcome.leader)
    assert isinstance(outcome, (TransferBegun, ChangeBegun))
    return Answer(request_id=request_id, body=b"", index=0, acks=0, voter_count=0)
