"""The status feed: a node publishes, lamps and screens listen."""

from collections.abc import Mapping

import zmq

from raftpi.transport.connection_monitor import ConnectionMonitor
from raftpi.transport.curve import CLIENT_DOMAIN, Credentials, guard, introduce
from raftpi.transport.sockets import FEED_SNDHWM, Context, Socket, bind, connect, is_readable

# What a listener sends is its subscription.
LISTENER_BYTES = 1024
_EVERYTHING = b""
_SUBSCRIBED = b"\x01" + _EVERYTHING
_UNSUBSCRIBED = b"\x00" + _EVERYTHING


class StatusFeed:
    """XPUBs: they know whether anybody listens, so that an unwatched node need not speak.

    `endpoint` is what was bound, with its port.
    """

    def __init__(
        self,
        context: Context,
        *,
        bind: str,
        local: str | None = None,
        credentials: Credentials | None = None,
    ) -> None:
        """Bind, and `local`, an ipc endpoint, besides. Raises as `sockets.bind` does.

        With `credentials` every listener but those on `local` needs a client's key.
        """
        self._publishers: list[_Publisher] = []
        self.endpoint = ""
        for endpoint in [bind] if local is None else [bind, local]:
            try:
                publisher = _Publisher(context, endpoint, credentials if endpoint == bind else None)
            except BaseException:
                self.close()
                raise
            self._publishers.append(publisher)
            self.endpoint = self.endpoint or publisher.endpoint

    @property
    def has_subscribers(self) -> bool:
        """Whether anybody listens, as of the last `poll_subscriptions`."""
        return any(publisher.has_subscribers for publisher in self._publishers)

    def poll_subscriptions(self) -> None:
        """Take in who came and who went; does not wait."""
        for publisher in self._publishers:
            publisher.poll_subscriptions()

    def publish(self, data: bytes) -> None:
        """Send to everybody who listens; one that does not read misses it."""
        for publisher in self._publishers:
            publisher.socket.send(data, zmq.DONTWAIT)

    def pollables(self) -> list[Socket]:
        """The sockets that become readable when somebody comes or goes."""
        return [publisher.socket for publisher in self._publishers]

    def close(self) -> None:
        """Close."""
        for publisher in self._publishers:
            publisher.socket.close()


class _Publisher:
    """One XPUB, at one endpoint."""

    def __init__(self, context: Context, endpoint: str, credentials: Credentials | None) -> None:
        self.has_subscribers = False
        self.socket: Socket = context.socket(zmq.XPUB)
        self.socket.setsockopt(zmq.SNDHWM, FEED_SNDHWM)
        if credentials is not None:
            guard(self.socket, credentials.own, CLIENT_DOMAIN)
        self.endpoint = bind(self.socket, endpoint, "the status feed", frame_bytes=LISTENER_BYTES)

    def poll_subscriptions(self) -> None:
        """Only subscriptions to everything count.

        libzmq tells of the first that comes and of the last that goes, also when the listener
        was killed.
        """
        while is_readable(self.socket):
            parts = self.socket.recv_multipart(zmq.DONTWAIT)
            if parts == [_SUBSCRIBED]:
                self.has_subscribers = True
            elif parts == [_UNSUBSCRIBED]:
                self.has_subscribers = False


class StatusReader:
    """Listens to the feeds of several nodes, and knows which of them are connected.

    A killed publisher is seen within milliseconds, for its kernel closes the connection; one
    that comes back, within a quarter of a second; one that hangs, after 750 ms.
    """

    def __init__(
        self,
        context: Context,
        endpoints: Mapping[int, str],
        *,
        credentials: Credentials | None = None,
    ) -> None:
        """`endpoints` by node id; nobody needs to be there yet.

        With `credentials` those over TCP are expected to hold the key that the trust names.
        """
        self._feeds: dict[int, Socket] = {}
        self._monitors: dict[int, ConnectionMonitor] = {}
        self._lost_counts: dict[int, int] = {}
        for node_id, endpoint in sorted(endpoints.items()):
            socket: Socket = context.socket(zmq.SUB)
            # Only the newest is kept, so that a slow reader never shows the past.
            socket.setsockopt(zmq.CONFLATE, 1)
            socket.setsockopt(zmq.SUBSCRIBE, _EVERYTHING)
            self._feeds[node_id] = socket
            self._monitors[node_id] = ConnectionMonitor(context, socket)
            if credentials is not None and not endpoint.startswith("ipc://"):
                expected = credentials.trust.node_keys(node_id)
                if not expected:
                    continue  # never connected: there is nobody to believe
                introduce(socket, credentials.own, expected[0])
            connect(socket, endpoint)

    def read(self) -> dict[int, bytes]:
        """The newest status of every node that sent one since the last call; does not wait."""
        newest: dict[int, bytes] = {}
        for node_id, socket in self._feeds.items():
            self._drain(node_id)
            try:
                newest[node_id] = socket.recv(zmq.DONTWAIT)
            except zmq.Again:
                continue
        return newest

    def connected(self, node_id: int) -> bool:
        """Whether the node's feed is connected now; does not wait."""
        monitor = self._monitors.get(node_id)
        if monitor is None:
            return False
        self._drain(node_id)
        return monitor.connected

    def lost_count(self, node_id: int) -> int:
        """How often the node's feed has dropped so far, however short it was away."""
        self._drain(node_id)
        return self._lost_counts.get(node_id, 0)

    def pollables(self) -> list[Socket]:
        """The sockets that become readable when something happens."""
        return [*self._feeds.values(), *(monitor.socket for monitor in self._monitors.values())]

    def _drain(self, node_id: int) -> None:
        lost_count = self._monitors[node_id].drain()
        self._lost_counts[node_id] = self._lost_counts.get(node_id, 0) + lost_count

    def close(self) -> None:
        """Close."""
        for node_id, socket in self._feeds.items():
            self._monitors[node_id].close()
            socket.close()
        self._feeds = {}
        self._monitors = {}
