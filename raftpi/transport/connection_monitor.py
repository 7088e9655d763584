"""Whether a connecting socket's connection stands, told by libzmq's socket monitor.

zmq_socket_monitor(3): libzmq writes events into a PAIR socket; what is read here is only a
16-bit event number in its first frame.
"""

import struct
from itertools import count

import zmq

from raftpi.transport.sockets import Context, Socket, is_readable

_NUMBERS = count(1)
_EVENT = struct.Struct("=HI")
_HANDSHAKE_FAILURES = (
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)


class ConnectionMonitor:
    """Follows one socket that connects to one endpoint. Create it before the connect.

    `connected`: the handshake succeeded and the connection has not dropped since, as of the
    last `drain`. `failed_count`: attempts to connect that ended without a connection, where
    `watch_failures` asks for them. `was_turned_away`: one of these was answered, by a socket that
    does not know the key; `handshake_failed_count`: by one that ended the handshake (another
    key, or none, was expected; or its process went).
    """

    def __init__(self, context: Context, socket: Socket, *, watch_failures: bool = False) -> None:
        """`watch_failures`: only for sockets that do not try again by themselves."""
        events = zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED
        if watch_failures:
            events |= zmq.EVENT_CLOSED | zmq.EVENT_CONNECT_RETRIED | _HANDSHAKE_FAILURES
        address = f"inproc://raftpi-monitor-{next(_NUMBERS)}"
        socket.monitor(address, events)
        self._watched = socket
        self.socket: Socket = context.socket(zmq.PAIR)
        self.socket.setsockopt(zmq.LINGER, 0)
        # A full queue would stop libzmq's I/O thread, for it waits for room.
        self.socket.setsockopt(zmq.RCVHWM, 0)
        self.socket.connect(address)
        self.connected = False
        self.failed_count = 0
        self.handshake_failed_count = 0
        self.was_turned_away = False

    def drain(self) -> int:
        """Take in all events without waiting; how often an established connection dropped."""
        lost_count = 0
        while is_readable(self.socket):
            event = self.socket.recv_multipart(zmq.DONTWAIT)
            number, _ = _EVENT.unpack_from(event[0])
            if number & _HANDSHAKE_FAILURES:
                self.handshake_failed_count += 1
                self.was_turned_away |= number == zmq.EVENT_HANDSHAKE_FAILED_AUTH
            if number == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self.connected = True
            elif self.connected:
                self.connected = False
                lost_count += 1
            else:
                self.failed_count += 1
        return lost_count

    def close(self) -> None:
        """Stop watching; before the watched socket is closed."""
        self._watched.monitor(None, 0)
        self.socket.close(linger=0)
