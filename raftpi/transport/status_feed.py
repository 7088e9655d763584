"""The status feed: a node publishes, lamps and screens listen."""

import zmq

from raftpi.transport.link_monitor import LinkMonitor
from raftpi.transport.sockets import Context, Socket, bind, set_binding, set_connecting

LISTENER_BYTES = 1024
FEED_SNDHWM = 16


class StatusFeed:
    """An XPUB: it knows whether anybody listens, so that an unwatched node need not speak."""

    def __init__(self, context: Context, *, bind: str) -> None:
        """Bind. Raises as `sockets.bind` does."""
        self._publisher = _bound_publisher(context, bind)
        self._listener_count = 0

    @property
    def has_subscribers(self) -> bool:
        """Whether anybody listens, as of the last `poll_subscriptions`."""
        return self._listener_count > 0

    def poll_subscriptions(self) -> None:
        """Take in who came and who went; does not wait."""
        while True:
            try:
                event = self._publisher.recv(zmq.DONTWAIT)
            except zmq.Again:
                return
            if event[:1] == b"\1":
                self._listener_count += 1
            elif event[:1] == b"\0":
                self._listener_count = max(0, self._listener_count - 1)

    def publish(self, data: bytes) -> None:
        """Send to everybody who listens; a slow one misses it."""
        self._publisher.send(data, zmq.DONTWAIT)

    def pollables(self) -> list[Socket]:
        """The socket that becomes readable when somebody comes or goes."""
        return [self._publisher]

    def close(self) -> None:
        """Close."""
        self._publisher.close()


class StatusReader:
    """Listens to the feeds of several nodes, and knows which of them are connected."""

    def __init__(self, context: Context, endpoints: dict[int, str]) -> None:
        """`endpoints` by node id; nobody needs to be there yet."""
        self._feeds: dict[int, Socket] = {}
        self._monitors: dict[int, LinkMonitor] = {}
        for node_id, endpoint in sorted(endpoints.items()):
            socket = context.socket(zmq.SUB)
            set_connecting(socket)
            socket.setsockopt(zmq.CONFLATE, 1)
            socket.setsockopt(zmq.SUBSCRIBE, b"")
            self._monitors[node_id] = LinkMonitor(socket)
            socket.connect(endpoint)
            self._feeds[node_id] = socket

    def read(self) -> dict[int, bytes]:
        """The newest status of every node that sent one since the last call; does not wait."""
        newest: dict[int, bytes] = {}
        for node_id, socket in self._feeds.items():
            self._monitors[node_id].drain()
            try:
                newest[node_id] = socket.recv(zmq.DONTWAIT)
            except zmq.Again:
                continue
        return newest

    def connected(self, node_id: int) -> bool:
        """Whether the node's feed is connected, as of the last `read`."""
        return self._monitors[node_id].is_connected

    def pollables(self) -> list[Socket]:
        """The sockets that become readable when something happens."""
        return [*self._feeds.values(), *(monitor.socket for monitor in self._monitors.values())]

    def close(self) -> None:
        """Close."""
        for node_id, socket in self._feeds.items():
            self._monitors[node_id].close()
            socket.close()


def _bound_publisher(context: Context, endpoint: str) -> Socket:
    publisher = context.socket(zmq.XPUB)
    set_binding(publisher, message_bytes=LISTENER_BYTES)
    publisher.setsockopt(zmq.SNDHWM, FEED_SNDHWM)
    publisher.setsockopt(zmq.XPUB_VERBOSER, 1)
    bind(publisher, endpoint, "the status feed")
    return publisher
