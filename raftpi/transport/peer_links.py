"""The links to the other nodes: one bound ROUTER in, two connecting DEALERs a peer out.

Votes, heartbeats and answers have a lane of their own, so they never wait behind entries.
Queues are short and drop rather than grow: Raft resends, and a stale message after a cable
comes back is worse than none. No routing id is set, so there is none to take over.
"""

import zmq

from raftpi.transport.connection_monitor import ConnectionMonitor
from raftpi.transport.sockets import (
    BULK_SNDHWM,
    CONTROL_SNDHWM,
    PEER_RCVHWM,
    Context,
    Socket,
    bind,
    connect,
)


class PeerLink:
    """The two lanes to one peer. Invariant: a lane queues only while it is connected."""

    def __init__(self, context: Context, endpoint: str) -> None:
        """Begin to connect; nobody needs to be there yet."""
        self.control = _dealer(context, CONTROL_SNDHWM)
        self.bulk = _dealer(context, BULK_SNDHWM)
        self.monitor = ConnectionMonitor(context, self.control)
        connect(self.control, endpoint)
        connect(self.bulk, endpoint)

    def close(self) -> None:
        """Drop both lanes."""
        self.monitor.close()
        self.control.close()
        self.bulk.close()


class PeerLinks:
    """All links of one node; no call waits. Node ids name the peers.

    `endpoint` is what was bound, with its port.
    """

    def __init__(
        self, context: Context, *, own_node_id: int, bind: str, peers: dict[int, str]
    ) -> None:
        """Bind, and begin to connect to every peer but itself. Raises as `sockets.bind` does."""
        self._router: Socket = context.socket(zmq.ROUTER)
        self._router.setsockopt(zmq.RCVHWM, PEER_RCVHWM)
        self.endpoint = _bind(self._router, bind, "the other nodes")
        self._links = {
            node_id: PeerLink(context, endpoint)
            for node_id, endpoint in sorted(peers.items())
            if node_id != own_node_id
        }
        self._dropped_counts = [0, 0]
        self._malformed_count = 0
        self._lost_count = 0

    def send(self, node_id: int, frame: bytes, bulk: bool) -> bool:
        """Send, or drop and count: False when the peer is not connected or its queue is full."""
        link = self._links.get(node_id)
        if link is None:
            self._dropped_counts[bulk] += 1
            return False
        try:
            (link.bulk if bulk else link.control).send(frame, zmq.DONTWAIT)
        except zmq.Again:
            self._dropped_counts[bulk] += 1
            return False
        return True

    def receive(self, limit: int) -> list[bytes]:
        """The frames that have arrived, at most `limit`; does not wait."""
        frames: list[bytes] = []
        receive_parts = self._router.recv_multipart
        # Garbage counts towards the limit, or a flood of it would hold the loop here.
        for _ in range(limit):
            try:
                parts = receive_parts(zmq.DONTWAIT)
            except zmq.Again:
                break
            if len(parts) == 2:
                frames.append(parts[1])
            else:
                self._malformed_count += 1
        return frames

    def lost(self) -> list[int]:
        """The node ids whose established control connection dropped since the last call."""
        lost = [node_id for node_id, link in self._links.items() if link.monitor.drain()]
        self._lost_count += len(lost)
        return lost

    def connected(self) -> list[int]:
        """The node ids whose control connection stands, as of the last `lost`."""
        return [node_id for node_id, link in self._links.items() if link.monitor.connected]

    def pollables(self) -> list[Socket]:
        """The sockets that become readable when `receive` or `lost` have something."""
        return [self._router, *(link.monitor.socket for link in self._links.values())]

    def counters(self) -> dict[str, int]:
        """What went wrong so far."""
        return {
            "control frames to peers dropped": self._dropped_counts[False],
            "bulk frames to peers dropped": self._dropped_counts[True],
            "frames of peers malformed": self._malformed_count,
            "connections to peers lost": self._lost_count,
        }

    def close(self) -> None:
        """Close every socket; what has not left yet is dropped."""
        for link in self._links.values():
            link.close()
        self._links = {}
        self._router.close()


_bind = bind  # the constructor's argument of that name hides it there


def _dealer(context: Context, sndhwm: int) -> Socket:
    socket: Socket = context.socket(zmq.DEALER)
    # Queue only to a connection that stands, and drop the queue with the connection.
    socket.setsockopt(zmq.IMMEDIATE, 1)
    socket.setsockopt(zmq.SNDHWM, sndhwm)
    socket.setsockopt(zmq.RCVHWM, 1)
    return socket
