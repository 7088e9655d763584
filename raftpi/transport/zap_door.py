"""The ZAP door: libzmq asks here about every key that knocks (rfc.zeromq.org/spec/27).

Answered by the daemon's own loop, so that no thread of its own is needed; libzmq waits for the
answer without holding up other connections.
"""

from collections.abc import Callable
from dataclasses import dataclass

import zmq
from zmq.utils import z85

from raftpi.transport.curve import CLIENT_DOMAIN, PEER_DOMAIN
from raftpi.transport.sockets import Context, Socket, is_readable
from raftpi.transport.trust import Trust

ENDPOINT = "inproc://zeromq.zap.01"
VERSION = b"1.0"
CURVE_KEY_BYTES = 32
# Strangers that were told of; a flood of them must not fill the memory or the journal.
TOLD_LIMIT_COUNT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Somebody was not let in: from which address, with which public key (Z85), and why."""

    address: str
    public: str
    reason: str


class ZapDoor:
    """Lets in the keys of one `Trust`, which may be exchanged. Bind it before any other socket.

    The user id of a connection is its public key, so that what a frame's sender may do is looked
    up in the trust of now, not in that of its handshake.
    """

    def __init__(self, context: Context, trust: Callable[[], Trust]) -> None:
        """`trust` gives the keys that are let in now."""
        self._trust = trust
        self._told: set[tuple[str, str]] = set()
        self._refused_count = 0
        self._malformed_count = 0
        self._router: Socket = context.socket(zmq.ROUTER)
        self._router.setsockopt(zmq.LINGER, 0)
        self._router.bind(ENDPOINT)

    def answer(self) -> list[Refusal]:
        """Answer all that knock, without waiting; the strangers that were not told of before."""
        news: list[Refusal] = []
        while is_readable(self._router):
            parts = self._router.recv_multipart(zmq.DONTWAIT)
            refusal = self._answer_one(parts)
            if refusal is None:
                continue
            self._refused_count += 1
            stranger = (refusal.address, refusal.public)
            if stranger not in self._told and len(self._told) < TOLD_LIMIT_COUNT:
                self._told.add(stranger)
                news.append(refusal)
        return news

    @property
    def inlet(self) -> Socket:
        """The socket that becomes readable when somebody knocks."""
        return self._router

    def counters(self) -> dict[str, int]:
        """What went wrong so far."""
        return {
            "connections refused by key": self._refused_count,
            "questions about keys malformed": self._malformed_count,
        }

    def close(self) -> None:
        """Close."""
        self._router.close()

    def _answer_one(self, parts: list[bytes]) -> Refusal | None:
        """Answer one question; its frames are named below, the key comes last."""
        try:
            mark = parts.index(b"")
            route, question = parts[: mark + 1], parts[mark + 1 :]
            version, request_id, domain, address, _, mechanism = question[:6]
        except ValueError:
            self._malformed_count += 1
            return None
        credentials = question[6:]
        refusal = None
        public = ""
        if version != VERSION or mechanism != b"CURVE" or len(credentials) != 1:
            reason = f"mechanism {mechanism!r} is not spoken here"
        elif len(credentials[0]) != CURVE_KEY_BYTES:
            reason = "the key has the wrong length"
        else:
            public = z85.encode(credentials[0]).decode()
            reason = self._reason_to_refuse(public, domain.decode(errors="replace"))
        if reason:
            refusal = Refusal(
                address=address.decode(errors="replace"), public=public, reason=reason
            )
            # After a 400 libzmq does not try again, and its program can say why. A member must try
            # again, for its key may become trusted at any time: 300 ends the connection silently.
            is_member = domain == PEER_DOMAIN.encode()
            status, text, user = b"300" if is_member else b"400", b"not let in", b""
        else:
            status, text, user = b"200", b"OK", public.encode()
        self._router.send_multipart([*route, VERSION, request_id, status, text, user, b""])
        return refusal

    def _reason_to_refuse(self, public: str, domain: str) -> str:
        user = self._trust().user_of(public)
        if not user:
            return "its key is not among the trusted ones"
        is_node = user.startswith("node:")
        if domain == PEER_DOMAIN:
            return "" if is_node else f"{user} is no member, and only members speak there"
        if domain == CLIENT_DOMAIN:
            return "" if not is_node else f"{user} is a member's key, and clients have their own"
        return f"there is no domain {domain!r}"
