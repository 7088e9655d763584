"""A ROUTER at which clients ask; it never waits for one of them."""

import ipaddress
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import zmq

from raftpi.transport.curve import CLIENT_DOMAIN, Credentials, guard, user_of
from raftpi.transport.sockets import (
    CLIENT_HEARTBEAT_IVL_MS,
    CLIENT_HWM,
    Context,
    Socket,
    bind,
)
from raftpi.transport.standing import Standing

CLOSE_LINGER_MS = 200
# As plain numbers: pyzmq's own are flags that take a microsecond to be joined.
AT_ONCE = int(zmq.DONTWAIT)
MORE = int(zmq.DONTWAIT | zmq.SNDMORE)

# What the connection that carried a frame stands for; None: it is not heard.
Judge = Callable[[zmq.Frame], Standing | None]


class ClientFrame(NamedTuple):
    """A request: the connection it came by, its bytes, and what that connection stands for."""

    identity: bytes
    data: bytes
    standing: Standing


# Makes one of a tuple, in a third of the time.
_client_frame: Callable[[tuple[bytes, bytes, Standing]], ClientFrame] = partial(
    tuple.__new__, ClientFrame
)


class ClientDoor:
    """Requests in and replies out, by the connection's identity; one frame each.

    `endpoint` is what was bound, with its port.
    """

    def __init__(
        self,
        context: Context,
        *,
        bind: str,
        standing: Standing | Judge = Standing.OPEN,
        credentials: Credentials | None = None,
    ) -> None:
        """Bind. `standing` is that of every request, or judges each by its frame.

        With `credentials` only clients' keys are let in; `standing` is then best `by_key`.
        Raises as `sockets.bind` does.
        """
        self._standing = standing
        self._malformed_count = 0
        self._stranger_count = 0
        self._dropped_count = 0
        self._router: Socket = context.socket(zmq.ROUTER)
        # So that a reply to a client that left, or reads nothing, is told and counted.
        self._router.setsockopt(zmq.ROUTER_MANDATORY, 1)
        self._router.setsockopt(zmq.RCVHWM, CLIENT_HWM)
        self._router.setsockopt(zmq.SNDHWM, CLIENT_HWM)
        if credentials is not None:
            guard(self._router, credentials.own, CLIENT_DOMAIN)
        self.endpoint = _bind(
            self._router, bind, "clients", heartbeat_ivl_ms=CLIENT_HEARTBEAT_IVL_MS
        )

    def receive(self, limit: int) -> list[ClientFrame]:
        """What has arrived, at most `limit`; does not wait."""
        frames: list[ClientFrame] = []
        # Garbage counts towards the limit, or a flood of it would hold the loop here.
        for _ in range(limit):
            try:
                frame = self._receive_one()
            except zmq.Again:
                break
            if frame is not None:
                frames.append(frame)
        return frames

    def send(self, identity: bytes, data: bytes) -> bool:
        """Send a reply, or drop and count it when the client is gone or does not read."""
        try:
            self._router.send(identity, MORE)
            self._router.send(data, AT_ONCE)
        except zmq.ZMQError as error:
            if error.errno not in (zmq.EAGAIN, zmq.EHOSTUNREACH):
                raise
            self._dropped_count += 1
            return False
        return True

    @property
    def inlet(self) -> Socket:
        """The socket that becomes readable when a request is there."""
        return self._router

    def counters(self) -> dict[str, int]:
        """What went wrong so far."""
        return {
            "requests malformed": self._malformed_count,
            "requests no longer trusted": self._stranger_count,
            "replies dropped": self._dropped_count,
        }

    def close(self) -> None:
        """Close; the last replies get a moment to leave."""
        self._router.close(linger=CLOSE_LINGER_MS)

    def _receive_one(self) -> ClientFrame | None:
        if isinstance(self._standing, Standing):
            # By hand: recv_multipart asks after each part whether there is another.
            identity = self._router.recv(AT_ONCE)
            data = self._router.recv(AT_ONCE)
            if not self._router.getsockopt(zmq.RCVMORE):
                return _client_frame((identity, data, self._standing))
            self._malformed_count += 1
            while self._router.getsockopt(zmq.RCVMORE):
                self._router.recv(AT_ONCE)
            return None
        # Only a frame that is not copied carries the metadata of its connection.
        frames = self._router.recv_multipart(zmq.DONTWAIT, copy=False)
        if len(frames) != 2:
            self._malformed_count += 1
            return None
        standing = self._standing(frames[1])
        if standing is None:
            self._stranger_count += 1
            return None
        return _client_frame((frames[0].bytes, frames[1].bytes, standing))


_bind = bind  # the constructor's argument of that name hides it there


def by_origin(frame: zmq.Frame) -> Standing:
    """Without keys: what comes over the loopback is local."""
    return Standing.LOCAL if is_loopback(_peer_address(frame)) else Standing.OPEN


def by_key(credentials: Callable[[], Credentials]) -> Judge:
    """With keys: what the trust of now says of the connection's key."""

    def judge(frame: zmq.Frame) -> Standing | None:
        role, _, _ = credentials().trust.user_of(user_of(frame)).partition(":")
        return _STANDINGS.get(role)

    return judge


_STANDINGS = {"admin": Standing.ADMIN, "ordinary": Standing.ORDINARY}


def is_loopback(peer_address: str) -> bool:
    """Whether libzmq's "Peer-Address" belongs to this machine.

    It is a numeric address for TCP, and `localhost:UID:GID:PID` for a Unix socket.
    """
    if peer_address.startswith("localhost:"):
        return True
    try:
        address = ipaddress.ip_address(peer_address)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _peer_address(frame: zmq.Frame) -> str:
    try:
        return str(frame.get("Peer-Address"))
    except zmq.ZMQError:
        return ""  # no such property: from nowhere known
