"""The library that other programs import: a small key-value store that survives its nodes."""

import builtins
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from types import TracebackType

import zmq

from raftpi.client.directory import parse_endpoints
from raftpi.client.errand import MemberErrand, ReadErrand, TransferErrand, WriteErrand
from raftpi.client.survey import Offline, ask_endpoint, ask_node, survey
from raftpi.client.voice import OnPending, Voice, clock_us, random_session_id
from raftpi.command import (
    CompareAndSwap,
    Delete,
    Get,
    Item,
    List,
    Listing,
    Malformed,
    NotWritten,
    Operation,
    Put,
    Query,
    SessionExpired,
    Written,
    unpack_listing,
    unpack_result,
)
from raftpi.errors import RaftpiError, Refused, Timeout, UsageError
from raftpi.status import NodeStatus
from raftpi.transport.client_key import ClientKey, load_client_key
from raftpi.transport.held_log import HeldLog, unpack_held_log
from raftpi.transport.requests import AskEntries, Chaos, Identify
from raftpi.transport.sockets import Context

PAGE_COUNT = 1000

Text = str | bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A key with its value and the log index that wrote it."""

    key: bytes
    value: bytes
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A command that is in the log for good: at `index`, durable on `acks` of the voters so far."""

    index: int
    acks: int
    voter_count: int
    result: Written | NotWritten


class Client:
    """A connection to a cluster, whichever of its nodes lead or live.

    Thread-safe: each call has connections and a session of its own while it lasts. Keys and
    values are str (as UTF-8) or bytes. Every call may raise Unavailable (certainly not done),
    Timeout (outcome unknown) and Refused (the cluster said no); see `raftpi.errors`.
    """

    def __init__(
        self,
        endpoints: str | Sequence[str] | None = None,
        timeout_s: float = 5.0,
        *,
        key: "str | PathLike[str] | ClientKey | None" = None,
    ) -> None:
        """`endpoints`: the client endpoints of some nodes, or of one; the others are learned.

        `key`: the file of this client's key, with trusted.toml beside it; whoever has one needs
        no endpoints. Connects when it is first used. Raises UsageError for what is no endpoint,
        KeyProblem for a key that cannot be used.
        """
        if key is None or isinstance(key, ClientKey):
            self._key = key
        else:
            self._key = load_client_key(Path(key))
        if endpoints is None:
            if self._key is None:
                raise UsageError("no endpoints: give at least one, like tcp://127.0.0.1:7201")
            endpoints = [node.client for node in self._key.trust.nodes]
        self._endpoints = parse_endpoints(endpoints)
        self._timeout_us = _microseconds(timeout_s)
        self._context: Context = zmq.Context()
        self._idle: list[Voice] = []
        self._busy_count = 0
        self._is_closing = False
        self._changed = threading.Condition()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; calls under way in other threads end within moments."""
        with self._changed:
            self._is_closing = True
            while self._busy_count:
                self._changed.wait()
            for voice in self._idle:
                voice.close()
            self._idle = []
        self._context.term()

    # --- the store --------------------------------------------------------------------------

    def put(self, key: Text, value: Text) -> int:
        """Set `key` to `value`; the revision, which is the log index that wrote it."""
        committed = self.submit(Put(key=_bytes(key, "key"), value=_bytes(value, "value")))
        return committed.result.revision

    def get(self, key: Text) -> Entry | None:
        """The entry of `key` as of now (linearizable), None if there is none."""
        items = self.ask(Get(key=_bytes(key, "key"))).items
        return _entry(items[0]) if items else None

    def delete(self, key: Text) -> bool:
        """Remove `key`; False if it did not exist."""
        committed = self.submit(Delete(key=_bytes(key, "key")))
        return isinstance(committed.result, Written)

    def list(self, prefix: Text = b"") -> builtins.list[Entry]:
        """The entries whose keys begin with `prefix`, in the order of bytes.

        Each page of some thousand is linearizable; a longer list is not one moment.
        """
        wanted = _bytes(prefix, "prefix")
        entries: builtins.list[Entry] = []
        after = b""
        while True:
            page = self.ask(List(prefix=wanted, after=after, limit=PAGE_COUNT))
            entries.extend(map(_entry, page.items))
            if not page.more or not page.items:
                return entries
            after = page.items[-1].key

    def cas(self, key: Text, old: Text | None, new: Text) -> bool:
        """Set `key` to `new` if it holds `old` (None: if it does not exist); whether it did."""
        operation = CompareAndSwap(
            key=_bytes(key, "key"),
            expected=None if old is None else _bytes(old, "old value"),
            value=_bytes(new, "new value"),
        )
        return isinstance(self.submit(operation).result, Written)

    def submit(
        self,
        operation: Operation,
        *,
        timeout_s: float | None = None,
        on_pending: OnPending | None = None,
    ) -> Committed:
        """Run an operation through the log, once however often it had to be sent.

        `on_pending` is called from this call with the reason whenever it has to wait for
        another: "no quorum (only 1/3 alive)".
        """
        until_us = clock_us() + self._timeout(timeout_s)
        with self._voice() as voice:
            while True:
                errand = WriteErrand(operation, voice.session, random_session_id)
                try:
                    answer, sent_count = voice.converse(
                        errand, max(0, until_us - clock_us()), on_pending
                    )
                finally:
                    voice.session = errand.session
                result = unpack_result(answer.body)
                if isinstance(result, Malformed):
                    raise Refused(result.reason)
                if not isinstance(result, SessionExpired):
                    return Committed(
                        index=answer.index,
                        acks=answer.acks,
                        voter_count=answer.voter_count,
                        result=result,
                    )
                voice.session = None
                if sent_count > 1:
                    raise Timeout(
                        "outcome unknown: the cluster has forgotten this client's session, "
                        "and with it whether the command ran when it was first sent"
                    )

    def ask(
        self,
        query: Query,
        *,
        timeout_s: float | None = None,
        on_pending: OnPending | None = None,
    ) -> Listing:
        """Answer a query linearizably; `on_pending` as for `submit`."""
        with self._voice() as voice:
            answer, _ = voice.converse(ReadErrand(query), self._timeout(timeout_s), on_pending)
        return unpack_listing(answer.body)

    # --- the cluster ------------------------------------------------------------------------

    def survey(self, *, timeout_s: float | None = None) -> builtins.list[NodeStatus | Offline]:
        """Every member, asked at once: its status, or Offline if it does not answer."""
        with self._voice() as voice:
            return survey(voice, self._timeout(timeout_s))

    def status(self, *, timeout_s: float | None = None) -> builtins.list[NodeStatus]:
        """The statuses of the members that answer, by id; see `survey` for the others."""
        found = self.survey(timeout_s=timeout_s)
        return [status for status in found if isinstance(status, NodeStatus)]

    def transfer(self, node: int | str | None = None) -> None:
        """Have the leader hand over to a node, by id or name, or to whichever is furthest along.

        Returns when the leader has begun; raises Refused when it says no.
        """
        with self._voice() as voice:
            voice.converse(TransferErrand(node, voice.directory), self._timeout_us)

    def change_members(self, verb: str, node: int | str) -> None:
        """Have the leader change the membership: one of add, learn, remove, promote, replace.

        `node` is a board's id or name. `learn` adds a board that gets no vote until it is
        promoted; `add` and `replace` give it one once it has caught up. Returns when the leader
        has begun; raises Refused when it says no, with the reason.
        """
        with self._voice() as voice:
            voice.converse(MemberErrand(verb, node, voice.directory), self._timeout_us)

    def chaos(
        self,
        node: int | str,
        *,
        blocked_in: Iterable[int] = (),
        blocked_out: Iterable[int] = (),
        delay_ms: int = 0,
        duration_ms: int,
    ) -> None:
        """Have one node misbehave for a while, in place of what it was told before.

        It drops frames from `blocked_in` and to `blocked_out` (node ids) and delays all that it
        sends to its peers. Only from the board itself or with an admin's key, and where the node's
        configuration allows it.
        """

        def make(request_id: int) -> Chaos:
            return Chaos(
                request_id=request_id,
                blocked_in=tuple(blocked_in),
                blocked_out=tuple(blocked_out),
                delay_ms=delay_ms,
                duration_ms=duration_ms,
            )

        with self._voice() as voice:
            ask_node(voice, node, make, self._timeout_us)

    def identify(self, node: int | str, duration_s: float = 10.0) -> None:
        """Have one board flash its lamp white for so long; 0 ends it."""

        def make(request_id: int) -> Identify:
            return Identify(request_id=request_id, duration_ms=int(duration_s * 1000))

        with self._voice() as voice:
            ask_node(voice, node, make, self._timeout_us)

    def held_log(self, endpoint: str, first: int, last: int) -> HeldLog:
        """What the node at `endpoint` holds of its log from `first` to `last`, leader or not.

        As many entries as one answer takes. Needs an admin's key where keys are used.
        """
        [where] = parse_endpoints([endpoint])

        def make(request_id: int) -> AskEntries:
            return AskEntries(request_id=request_id, first=first, last=last)

        with self._voice() as voice:
            answer = ask_endpoint(voice, where, make, self._timeout_us)
        return unpack_held_log(answer.body)

    # --- within -----------------------------------------------------------------------------

    @contextmanager
    def _voice(self) -> Iterator[Voice]:
        """A voice for one call: the one used last, for its connections stand."""
        with self._changed:
            if self._is_closing:
                raise UsageError("this client is closed: make a new one")
            voice = self._idle.pop() if self._idle else None
            self._busy_count += 1
        try:
            if voice is None:
                voice = Voice(self._context, self._endpoints, lambda: self._is_closing, self._key)
            yield voice
        except BaseException as error:
            # Interrupted in the middle: what it was about is not known any more.
            if voice is not None and not isinstance(error, RaftpiError):
                voice.close()
                voice = None
            raise
        finally:
            with self._changed:
                if voice is not None:
                    self._idle.append(voice)
                self._busy_count -= 1
                self._changed.notify_all()

    def _timeout(self, timeout_s: float | None) -> int:
        return self._timeout_us if timeout_s is None else _microseconds(timeout_s)


def _entry(item: Item) -> Entry:
    return Entry(key=item.key, value=item.value, revision=item.revision)


def _bytes(value: Text, what: str) -> bytes:
    if isinstance(value, str):
        try:
            return value.encode()
        except UnicodeEncodeError as error:
            raise UsageError(f"the {what} is no text that UTF-8 can hold: {error}") from error
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise UsageError(f"the {what} must be str or bytes, not {type(value).__name__}")


def _microseconds(timeout_s: float) -> int:
    if not 0 < timeout_s < 1e9:
        raise UsageError(f"a timeout of {timeout_s} s: it must be above 0")
    return int(timeout_s * 1_000_000)
