"""The links to the other nodes: one bound ROUTER in, two connecting DEALERs a peer out.

Votes, heartbeats and answers have a lane of their own, so they never wait behind entries.
Queues are short and drop rather than grow: Raft resends, and a stale message after a cable
comes back is worse than none. No routing id is set, so there is none to take over: with keys,
who sent a frame is whose key its connection was let in with.
"""

from dataclasses import dataclass

import zmq

from raftpi.transport.connection_monitor import ConnectionMonitor
from raftpi.transport.curve import PEER_DOMAIN, Credentials, guard, introduce, user_of
from raftpi.transport.sockets import (
    BULK_SNDHWM,
    CONTROL_SNDHWM,
    HEARTBEAT_IVL_MS,
    INLET_HEARTBEAT_IVL_MS,
    PEER_RCVHWM,
    Context,
    Socket,
    bind,
    connect,
    is_readable,
)

# Who sent a frame, where no key says it.
ANYBODY = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerFrame:
    """A frame and the member whose key its connection has; ANYBODY without keys."""

    node_id: int
    data: bytes


class PeerLink:
    """The two lanes to one peer. Invariant: a lane queues only while it is connected."""

    def __init__(
        self,
        context: Context,
        endpoint: str,
        credentials: Credentials | None,
        server_key: str,
        heartbeat_ivl_ms: int,
    ) -> None:
        """Begin to connect; nobody needs to be there yet.

        `server_key` is the peer's public key, looked at where there are credentials.
        """
        self.server_key = server_key
        self.control = _dealer(context, CONTROL_SNDHWM)
        self.bulk = _dealer(context, BULK_SNDHWM)
        self.monitor = ConnectionMonitor(context, self.control)
        for lane in (self.control, self.bulk):
            if credentials is not None:
                introduce(lane, credentials.own, server_key)
            connect(lane, endpoint, heartbeat_ivl_ms=heartbeat_ivl_ms)

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
        self,
        context: Context,
        *,
        own_node_id: int,
        bind: str,
        peers: dict[int, str],
        credentials: Credentials | None = None,
        heartbeat_ivl_ms: int = HEARTBEAT_IVL_MS,
    ) -> None:
        """Bind, and begin to connect to every peer but itself. Raises as `sockets.bind` does.

        `heartbeat_ivl_ms`: how often libzmq looks whether a connection still stands. With
        `credentials` only members' keys are let in, and a peer without a trusted key is not
        connected to.
        """
        self._context = context
        self._credentials = credentials
        self._heartbeat_ivl_ms = heartbeat_ivl_ms
        self._peers = {
            node_id: endpoint
            for node_id, endpoint in sorted(peers.items())
            if node_id != own_node_id
        }
        self._router: Socket = context.socket(zmq.ROUTER)
        self._router.setsockopt(zmq.RCVHWM, PEER_RCVHWM)
        if credentials is not None:
            guard(self._router, credentials.own, PEER_DOMAIN)
        self.endpoint = _bind(
            self._router, bind, "the other nodes", heartbeat_ivl_ms=INLET_HEARTBEAT_IVL_MS
        )
        self._links: dict[int, PeerLink] = {}
        self._senders: dict[str, int] = {}
        self._dropped_counts = [0, 0]
        self._malformed_count = 0
        self._stranger_count = 0
        self._lost_count = 0
        self._link_all()

    def trust(self, credentials: Credentials) -> list[int]:
        """Go on with other trusted keys; the node ids whose links were made anew.

        A connection whose key is trusted no longer stands until it drops, but is not heard.
        """
        self._credentials = credentials
        return self._link_all()

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

    def receive(self, limit: int) -> list[PeerFrame]:
        """The frames that have arrived, at most `limit`; does not wait."""
        frames: list[PeerFrame] = []
        receive_one = self._receive_open if self._credentials is None else self._receive_guarded
        # Garbage counts towards the limit, or a flood of it would hold the loop here.
        for _ in range(limit):
            try:
                frame = receive_one()
            except zmq.Again:
                break
            if frame is not None:
                frames.append(frame)
            if not is_readable(self._router):
                break
        return frames

    def lost(self) -> list[int]:
        """The node ids whose established control connection dropped since the last call."""
        lost = [node_id for node_id, link in self._links.items() if link.monitor.drain()]
        self._lost_count += len(lost)
        return lost

    def connected(self) -> list[int]:
        """The node ids whose control connection stands, as of the last `lost`."""
        return [node_id for node_id, link in self._links.items() if link.monitor.connected]

    @property
    def inlet(self) -> Socket:
        """The socket that becomes readable when `receive` has something."""
        return self._router

    def monitors(self) -> list[Socket]:
        """The sockets that become readable when `lost` may have something."""
        return [link.monitor.socket for link in self._links.values()]

    def counters(self) -> dict[str, int]:
        """What went wrong so far."""
        return {
            "control frames to peers dropped": self._dropped_counts[False],
            "bulk frames to peers dropped": self._dropped_counts[True],
            "frames of peers malformed": self._malformed_count,
            "frames of peers no longer trusted": self._stranger_count,
            "connections to peers lost": self._lost_count,
        }

    def close(self) -> None:
        """Close every socket; what has not left yet is dropped."""
        for link in self._links.values():
            link.close()
        self._links = {}
        self._router.close()

    def _receive_open(self) -> PeerFrame | None:
        parts = self._router.recv_multipart(zmq.DONTWAIT)
        if len(parts) != 2:
            self._malformed_count += 1
            return None
        return PeerFrame(node_id=ANYBODY, data=parts[1])

    def _receive_guarded(self) -> PeerFrame | None:
        # Only a frame that is not copied carries the metadata of its connection.
        parts = self._router.recv_multipart(zmq.DONTWAIT, copy=False)
        if len(parts) != 2:
            self._malformed_count += 1
            return None
        node_id = self._senders.get(user_of(parts[1]), ANYBODY)
        if node_id == ANYBODY:
            self._stranger_count += 1
            return None
        return PeerFrame(node_id=node_id, data=parts[1].bytes)

    def _link_all(self) -> list[int]:
        """Make the links that are missing, or were made to another key."""
        credentials = self._credentials
        if credentials is not None:
            self._senders = {node.public: node.id for node in credentials.trust.nodes}
        changed: list[int] = []
        for node_id, endpoint in self._peers.items():
            keys = credentials.trust.node_keys(node_id) if credentials is not None else ("",)
            link = self._links.get(node_id)
            if link is not None and keys and link.server_key == keys[0]:
                continue
            if link is not None:
                self._links.pop(node_id).close()
                changed.append(node_id)
            if keys:
                self._links[node_id] = PeerLink(
                    self._context, endpoint, credentials, keys[0], self._heartbeat_ivl_ms
                )
                if link is None:
                    changed.append(node_id)
        return changed


_bind = bind  # the constructor's argument of that name hides it there


def _dealer(context: Context, sndhwm: int) -> Socket:
    socket: Socket = context.socket(zmq.DEALER)
    # Queue only to a connection that stands, and drop the queue with the connection.
    socket.setsockopt(zmq.IMMEDIATE, 1)
    socket.setsockopt(zmq.SNDHWM, sndhwm)
    socket.setsockopt(zmq.RCVHWM, 1)
    return socket
