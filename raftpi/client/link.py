"""The sockets of one conversation at a time: a DEALER and its monitor for each endpoint."""

import time
from dataclasses import dataclass, field

import zmq

from raftpi.transport.client_key import ClientKey
from raftpi.transport.connection_monitor import ConnectionMonitor
from raftpi.transport.curve import introduce
from raftpi.transport.sockets import Context, Socket, connect

# A connection that does not stand after so long is given up (a name that does not resolve
# gives no event at all).
CONNECT_LIMIT_US = 1_500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The request was handed to a connection that stands."""

    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A frame came; of several parts, which no raftpi sends, it is the first."""

    endpoint: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The connection dropped or could not be made; what was not sent will not be.

    `reason` says what a person should know of it: something about keys, or "".
    """

    endpoint: str
    reason: str = ""


LinkEvent = Sent | Received | Lost


@dataclass(slots=True, kw_only=True)
class _Link:
    socket: Socket
    monitor: ConnectionMonitor
    opened_us: int
    unsent: list[tuple[int, bytes]] = field(default_factory=list)

    def close(self) -> None:
        self.monitor.close()
        self.socket.close(linger=0)


class Links:
    """Connections by endpoint, opened when first used and closed when they fail.

    Invariant: nothing is queued for a connection that does not stand, so that what was not
    reported as Sent never arrives anywhere. Not for two threads at once.
    """

    def __init__(self, context: Context, key: ClientKey | None = None) -> None:
        """No connections yet. With a key, those over TCP are encrypted."""
        self._context = context
        self._key = key
        self._links: dict[str, _Link] = {}
        self._poller = zmq.Poller()
        self._events: list[LinkEvent] = []

    def refresh(self) -> None:
        """Begin a conversation: forget connections that failed and frames that nobody awaits."""
        self._events = []
        self.cancel()
        for endpoint, link in list(self._links.items()):
            link.monitor.drain()
            if not link.monitor.connected:
                self._drop(endpoint)

    def cancel(self) -> None:
        """What was not sent yet will not be."""
        for link in self._links.values():
            link.unsent.clear()

    def send(self, endpoint: str, request_id: int, frame: bytes, now_us: int) -> bool:
        """Send as soon as the connection stands: True if that was at once.

        Else `poll` tells when it was, or that the connection failed.
        """
        link = self._links.get(endpoint)
        if link is None:
            link = self._open(endpoint, now_us)
            if link is None:
                self._events.append(Lost(endpoint=endpoint, reason=self._why_not(endpoint)))
                return False
        link.unsent.append((request_id, frame))
        return request_id in self._flush(link)

    def poll(self, timeout_ms: int, now_us: int) -> list[LinkEvent]:
        """What happened, waiting for something to happen at most this long."""
        if not self._links and not self._events:
            # libzmq's poll does not wait when there is nothing to wait for.
            time.sleep(timeout_ms / 1000)
            return []
        ready = dict(self._poller.poll(0 if self._events else timeout_ms))
        for endpoint, link in list(self._links.items()):
            readiness = ready.get(link.socket, 0)
            # Answers first: a node may answer and then go (libzmq may lose it all the same).
            if readiness & zmq.POLLIN:
                self._receive(endpoint, link)
            if readiness & zmq.POLLOUT:
                self._events += [Sent(request_id=request_id) for request_id in self._flush(link)]
            if link.monitor.socket in ready:
                lost_count = link.monitor.drain()
                if lost_count or link.monitor.failed_count:
                    self._fail(endpoint)
                    continue
            if not link.monitor.connected and now_us >= link.opened_us + CONNECT_LIMIT_US:
                self._fail(endpoint)
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """Close all connections; nothing that was not sent will be."""
        for endpoint in list(self._links):
            self._drop(endpoint)

    def _open(self, endpoint: str, now_us: int) -> _Link | None:
        socket: Socket = self._context.socket(zmq.DEALER)
        # Nothing is queued before the connection stands, and none is made again by itself:
        # so an idle client costs nothing while a node is away.
        socket.setsockopt(zmq.IMMEDIATE, 1)
        monitor = ConnectionMonitor(self._context, socket, watch_failures=True)
        link = _Link(socket=socket, monitor=monitor, opened_us=now_us)
        try:
            if self._key is not None and not endpoint.startswith("ipc://"):
                expected = self._key.trust.server_key_at(endpoint)
                if expected is None:
                    link.close()
                    return None
                introduce(socket, self._key.pair, expected)
            connect(socket, endpoint, again=False)
        except zmq.ZMQError:
            link.close()
            return None
        self._links[endpoint] = link
        self._poller.register(monitor.socket, zmq.POLLIN)
        self._poller.register(socket, zmq.POLLIN)
        return link

    def _flush(self, link: _Link) -> list[int]:
        """Send what waits, as far as it goes; the ids of what was sent."""
        sent: list[int] = []
        while link.unsent:
            request_id, frame = link.unsent[0]
            try:
                link.socket.send(frame, zmq.DONTWAIT)
            except zmq.Again:
                self._poller.register(link.socket, zmq.POLLIN | zmq.POLLOUT)
                return sent
            del link.unsent[0]
            sent.append(request_id)
        self._poller.register(link.socket, zmq.POLLIN)
        return sent

    def _receive(self, endpoint: str, link: _Link) -> None:
        while True:
            try:
                parts = link.socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return
            self._events.append(Received(endpoint=endpoint, data=parts[0]))

    def _why_not(self, endpoint: str) -> str:
        """Why there cannot be a connection at all."""
        if self._key is None or self._key.trust.server_key_at(endpoint) is not None:
            return ""
        return "no key of a node is known for that address (see trusted.toml beside your key)"

    def _fail(self, endpoint: str) -> None:
        monitor = self._links[endpoint].monitor
        reason = ""
        if monitor.was_turned_away:
            reason = "it does not let this key in"
        elif monitor.handshake_failed_count and self._key is None:
            reason = "it wants a key (--key FILE, or RAFTPI_KEY)"
        elif monitor.handshake_failed_count:
            reason = "it holds another key than the one expected, or none"
        self._drop(endpoint)
        self._events.append(Lost(endpoint=endpoint, reason=reason))

    def _drop(self, endpoint: str) -> None:
        link = self._links.pop(endpoint)
        self._poller.unregister(link.monitor.socket)
        self._poller.unregister(link.socket)
        link.close()
