"""Watching a connecting socket: is its connection up, and has it dropped since we asked?"""

import zmq
from zmq.utils.monitor import recv_monitor_message

from raftpi.transport.sockets import Socket

EVENTS = zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED


class LinkMonitor:
    """The socket monitor of one connection; it tells of a dead process within milliseconds."""

    def __init__(self, socket: Socket) -> None:
        """Watch `socket` from now on: create it before connecting."""
        self._watched = socket
        self.socket: Socket = socket.get_monitor_socket(EVENTS)
        self.is_connected = False
        self._has_dropped = False

    def drain(self) -> None:
        """Take in what has happened, without waiting."""
        while self.socket.poll(0):
            event = recv_monitor_message(self.socket)["event"]
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self.is_connected = True
            elif event == zmq.EVENT_DISCONNECTED:
                self._has_dropped = self._has_dropped or self.is_connected
                self.is_connected = False

    def take_dropped(self) -> bool:
        """Whether an established connection dropped since the last call."""
        dropped, self._has_dropped = self._has_dropped, False
        return dropped

    def close(self) -> None:
        """Stop watching."""
        self._watched.disable_monitor()
