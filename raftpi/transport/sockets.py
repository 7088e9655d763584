"""The settings of every socket, in one place: measured on pulled cables and killed processes."""

import errno
from typing import TypeAlias

import zmq

from raftpi.errors import StorageFailure

Context: TypeAlias = "zmq.Context[zmq.Socket[bytes]]"
Socket: TypeAlias = "zmq.Socket[bytes]"

HEARTBEAT_IVL_MS = 250
HEARTBEAT_TIMEOUT_MS = 750
HANDSHAKE_IVL_MS = 1000
CONNECT_TIMEOUT_MS = 300
RECONNECT_IVL_MS = 50
RECONNECT_IVL_MAX_MS = 250
# Retransmission by TCP backs off; without a bound the side whose own link stayed up is slow.
TCP_MAXRT_MS = 1000
BACKLOG = 128


class AddressNotReady(StorageFailure):
    """The address to bind is not on any interface: the network is not there yet."""


def set_common(socket: Socket) -> None:
    """What every socket has: no lingering, quick notice of a peer that is gone."""
    socket.linger = 0
    socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_IVL_MS)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS)
    socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_IVL_MS)
    socket.setsockopt(zmq.TCP_MAXRT, TCP_MAXRT_MS)


def set_connecting(socket: Socket) -> None:
    """What a connecting socket has besides: short tries, again and again."""
    set_common(socket)
    socket.setsockopt(zmq.CONNECT_TIMEOUT, CONNECT_TIMEOUT_MS)
    socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_IVL_MS)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_IVL_MAX_MS)


def set_binding(socket: Socket, *, message_bytes: int) -> None:
    """What a bound socket has besides: a largest message, and a queue for newcomers."""
    set_common(socket)
    socket.setsockopt(zmq.MAXMSGSIZE, message_bytes)
    socket.setsockopt(zmq.BACKLOG, BACKLOG)


def bind(socket: Socket, endpoint: str, what: str) -> None:
    """Bind `endpoint`. Raises AddressNotReady, or StorageFailure naming what stands in the way."""
    try:
        socket.bind(endpoint)
    except zmq.ZMQError as error:
        socket.close()
        if error.errno == errno.EADDRINUSE:
            port = endpoint.rsplit(":", 1)[-1]
            raise StorageFailure(
                f"{endpoint}, for {what}, is in use by another program; "
                f"`ss -ltnp 'sport = :{port}'` names it"
            ) from error
        if error.errno in (errno.EADDRNOTAVAIL, errno.ENODEV):
            raise AddressNotReady(
                f"{endpoint}, for {what}, is not an address of this machine (yet)"
            ) from error
        raise StorageFailure(f"cannot listen on {endpoint} for {what}: {error}") from error
