"""The boards' status feeds over ZeroMQ, as the watch reads them."""

from collections.abc import Mapping

import zmq

from raftpi.status import NodeStatus, unpack_status
from raftpi.transport.status_feed import StatusReader


class StatusFeeds:
    """All feeds at once; belongs to the thread that reads it. `endpoints` is by node id."""

    def __init__(self, endpoints: Mapping[int, str]) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._reader = StatusReader(self._context, dict(endpoints))
        self._poller = zmq.Poller()
        for socket in self._reader.pollables():
            self._poller.register(socket, zmq.POLLIN)

    def wait(self, limit_s: float) -> None:
        """Return as soon as a status or a connection's change is there, or after the limit."""
        self._poller.poll(int(limit_s * 1000))

    def read(self) -> Mapping[int, NodeStatus]:
        """The newest status of each board that sent one since the last call."""
        return {node_id: unpack_status(data) for node_id, data in self._reader.read().items()}

    def connected(self, node_id: int) -> bool:
        """Whether the connection to this board's feed stands."""
        return self._reader.connected(node_id)

    def close(self) -> None:
        """Close every socket."""
        self._reader.close()
        self._context.destroy(linger=0)
