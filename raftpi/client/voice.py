"""One conversation at a time: the sockets, the session and what is known of the cluster."""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from random import Random

from raftpi.client.conversation import Conversation
from raftpi.client.directory import Directory
from raftpi.client.errand import Errand
from raftpi.client.link import LinkEvent, Links, Lost, Received, Sent
from raftpi.client.session import SESSION_ID_BITS, Session
from raftpi.errors import ProtocolError
from raftpi.transport.client_key import ClientKey
from raftpi.transport.requests import Answer, Reply, Request, pack_request, unpack_reply
from raftpi.transport.sockets import Context

# How soon a client that is being closed by another thread notices.
TURN_US = 50_000

OnPending = Callable[[str], None]


def clock_us() -> int:
    """The monotonic clock in microseconds."""
    return time.monotonic_ns() // 1000


def random_session_id() -> int:
    """A random id of 63 bits, never 0."""
    return secrets.randbits(SESSION_ID_BITS) or 1


class Voice:
    """Speaks with the cluster for one caller at a time; it keeps its connections in between."""

    def __init__(
        self,
        context: Context,
        endpoints: Sequence[str],
        is_closing: Callable[[], bool],
        key: ClientKey | None = None,
    ) -> None:
        """`endpoints` as `parse_endpoints` gives them; `is_closing` ends a conversation."""
        self.reasons: dict[str, str] = {}
        self.directory = Directory(endpoints)
        self.session: Session | None = None
        self._links = Links(context, key)
        self._is_closing = is_closing
        self._ids = count(1)
        self._random = Random(secrets.randbits(64))

    def converse(
        self, errand: Errand, timeout_us: int, on_pending: OnPending | None = None
    ) -> tuple[Answer, int]:
        """Bring an errand home: the answer, and how often the request was sent.

        Raises Refused, Timeout, Unavailable, UsageError. `on_pending` is called with the reason
        whenever there is another reason to wait.
        """
        now_us = clock_us()
        self._links.refresh()
        conversation = Conversation(
            errand,
            self.directory,
            next_id=self.next_id,
            random=self._random,
            now_us=now_us,
            timeout_us=timeout_us,
        )
        told = ""
        while True:
            for send in conversation.advance(now_us):
                if self.send(send.endpoint, send.request, now_us):
                    conversation.sent(send.request.request_id)
            if conversation.failure is not None:
                self._links.cancel()
                raise conversation.failure
            if conversation.answer is not None:
                self._links.cancel()
                return conversation.answer, conversation.sent_count
            if self._is_closing():
                conversation.give_up("before the client was closed", "the client was closed")
                continue
            if on_pending is not None:
                reason = conversation.pending_reason(now_us)
                if reason and reason != told:
                    told = reason
                    on_pending(reason)
            events = self._wait(min(conversation.next_deadline_us(), now_us + TURN_US), now_us)
            now_us = clock_us()
            for event in events:
                _tell(conversation, event, now_us)

    def next_id(self) -> int:
        """A request id that no connection of this voice has seen."""
        return next(self._ids)

    def send(self, endpoint: str, request: Request, now_us: int) -> bool:
        """Send a request as soon as the connection stands; True if that was at once."""
        return self._links.send(endpoint, request.request_id, pack_request(request), now_us)

    def refresh(self) -> None:
        """Forget what failed meanwhile, before a conversation."""
        self._links.refresh()

    def replies(self, until_us: Callable[[], int]) -> Iterator[tuple[str, Reply | None]]:
        """What comes, until then, from which endpoint; None: its connection failed (`reasons`).

        Also None for something that is no reply, for then that is no raftpi. `until_us` is asked
        anew each time.
        """
        now_us = clock_us()
        while now_us < until_us() and not self._is_closing():
            for event in self._wait(min(until_us(), now_us + TURN_US), now_us):
                if isinstance(event, Lost):
                    self.reasons[event.endpoint] = event.reason
                    yield event.endpoint, None
                elif isinstance(event, Received):
                    yield event.endpoint, _reply_in(event.data)
            now_us = clock_us()

    def close(self) -> None:
        """Close all connections."""
        self._links.close()

    def _wait(self, until_us: int, now_us: int) -> list[LinkEvent]:
        return self._links.poll(max(0, -(-(until_us - now_us) // 1000)), now_us)


def _tell(conversation: Conversation, event: LinkEvent, now_us: int) -> None:
    if isinstance(event, Sent):
        conversation.sent(event.request_id)
    elif isinstance(event, Lost):
        conversation.lost(event.endpoint, now_us, event.reason)
    else:
        reply = _reply_in(event.data)
        if reply is None:
            conversation.garbled(event.endpoint, now_us)
        else:
            conversation.received(event.endpoint, reply, now_us)


def _reply_in(data: bytes) -> Reply | None:
    try:
        return unpack_reply(data)
    except ProtocolError:
        return None
