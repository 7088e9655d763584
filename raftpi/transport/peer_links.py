"""The links to the other nodes: one bound ROUTER in, two connecting DEALERs a peer out.

Votes, heartbeats and answers have a lane of their own, so they never wait behind entries.
Queues are short and drop rather than grow: Raft resends, and a stale message after a cable
comes back is worse than none. No routing id is set, so there is none to take over.
"""

import zmq

from raftpi.transport.link_monitor import LinkMonitor
from raftpi.transport.sockets import Context, Socket, bind, set_binding, set_connecting

CONTROL_SNDHWM = 64
BULK_SNDHWM = 16
RCVHWM = 256
# A frame holds one append: 256 KiB of entries, or a single value of the largest size allowed.
FRAME_BYTES = 20 * 1024 * 1024


class PeerLink:
    """The two lanes to one peer. Invariant: a message goes out at once or is dropped."""

    def __init__(self, context: Context, endpoint: str) -> None:
        """Begin to connect; nobody needs to be there yet."""
        self.control = _dealer(context, CONTROL_SNDHWM)
        self.bulk = _dealer(context, BULK_SNDHWM)
        self.monitor = LinkMonitor(self.control)
        self.control.connect(endpoint)
        self.bulk.connect(endpoint)

    def close(self) -> None:
        """Drop both lanes."""
        self.monitor.close()
        self.control.close()
        self.bulk.close()


class PeerLinks:
    """All links of one node. Node ids name the peers."""

    def __init__(
        self, context: Context, *, own_node_id: int, bind: str, peers: dict[int, str]
    ) -> None:
        """Bind, and begin to connect to every peer. Raises as `sockets.bind` does."""
        self._own_node_id = own_node_id
        self._router = _bound_router(context, bind)
        self._links = {
            node_id: PeerLink(context, endpoint)
            for node_id, endpoint in sorted(peers.items())
            if node_id != own_node_id
        }
        self._dropped_count = 0
        self._malformed_count = 0

    def send(self, node_id: int, frame: bytes, bulk: bool) -> bool:
        """Send, or drop and count: False when the peer is not connected or its queue is full."""
        link = self._links.get(node_id)
        if link is None:
            self._dropped_count += 1
            return False
        lane = link.bulk if bulk else link.control
        try:
            lane.send(frame, zmq.DONTWAIT)
        except zmq.Again:
            self._dropped_count += 1
            return False
        return True

    def receive(self, limit: int) -> list[bytes]:
        """The frames that have arrived, at most `limit`; does not wait."""
        frames: list[bytes] = []
        while len(frames) < limit:
            try:
                parts = self._router.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                break
            if len(parts) == 2:
                frames.append(parts[1])
            else:
                self._malformed_count += 1
        return frames

    def lost(self) -> list[int]:
        """The node ids whose established connection dropped since the last call."""
        lost: list[int] = []
        for node_id, link in self._links.items():
            link.monitor.drain()
            if link.monitor.take_dropped():
                lost.append(node_id)
        return lost

    def pollables(self) -> list[Socket]:
        """The sockets that become readable when something happens."""
        return [self._router, *(link.monitor.socket for link in self._links.values())]

    def counters(self) -> dict[str, int]:
        """What was dropped so far."""
        return {
            "frames to peers dropped": self._dropped_count,
            "frames of peers malformed": self._malformed_count,
        }

    def close(self) -> None:
        """Close every socket."""
        for link in self._links.values():
            link.close()
        self._router.close()


def _dealer(context: Context, sndhwm: int) -> Socket:
    socket = context.socket(zmq.DEALER)
    set_connecting(socket)
    socket.setsockopt(zmq.IMMEDIATE, 1)
    socket.setsockopt(zmq.SNDHWM, sndhwm)
    return socket


def _bound_router(context: Context, endpoint: str) -> Socket:
    router = context.socket(zmq.ROUTER)
    set_binding(router, message_bytes=FRAME_BYTES)
    router.setsockopt(zmq.RCVHWM, RCVHWM)
    bind(router, endpoint, "the other nodes")
    return router
