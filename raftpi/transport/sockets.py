"""The settings of every socket, in one place: measured on pulled cables and killed processes.

With these a link works again within half a second of the carrier's return, and nothing stale
arrives. Each setting is described in zmq_setsockopt(3).
"""

import errno
from pathlib import Path
from typing import TypeAlias

import zmq

from raftpi.errors import StorageFailure

Context: TypeAlias = "zmq.Context[zmq.Socket[bytes]]"
Socket: TypeAlias = "zmq.Socket[bytes]"

HEARTBEAT_IVL_MS = 250
# At the clients' door they only find those that went without a word. With five hundred clients
# libzmq spends a tenth of its time on heartbeats that are as frequent as between nodes.
CLIENT_HEARTBEAT_IVL_MS = 10_000
# Who connects to a peer looks after the connection; the other end only has to forget those that
# are gone, so it may look more seldom.
INLET_HEARTBEAT_IVL_MS = 1000
HEARTBEAT_TIMEOUT_FACTOR = 3
HANDSHAKE_IVL_MS = 1000
CONNECT_TIMEOUT_MS = 300
RECONNECT_IVL_MS = 50
RECONNECT_IVL_MAX_MS = 250
# Retransmission by TCP backs off; without a bound the side whose own link stayed up is slow.
TCP_MAXRT_MS = 1000
BACKLOG_COUNT = 128

# What may wait on the way to a peer, in messages of one lane. Control messages take some
# dozens of bytes each, and a whole window of answers may leave at once; a bulk message holds
# 256 KiB or one entry, and the core's window (64 messages, 4 MiB) bounds their sum.
CONTROL_SNDHWM = 128
BULK_SNDHWM = 64
PEER_RCVHWM = 128
# A client asks in turn; a gateway asks for many at once.
CLIENT_HWM = 1000
FEED_SNDHWM = 16

# The largest frame that is taken in: a swap carries two values, of 16 MiB at most each
# (raftpi.kv.settings), besides its key. A larger one ends its connection.
FRAME_BYTES = 33 * 1024 * 1024

# As a plain number: pyzmq's own is a flag, slow to reckon with.
_POLLIN = int(zmq.POLLIN)

# Who may open a Unix socket: its owner and its group.
LOCAL_MODE = 0o660

_NOT_READY = (errno.EADDRNOTAVAIL, errno.ENODEV, errno.ENETDOWN, errno.ENETUNREACH)


class AddressNotReady(StorageFailure):
    """The address to bind is not on any interface: the network is not there yet."""


def is_readable(socket: Socket) -> bool:
    """Whether something has arrived. To receive in vain instead costs five times as much."""
    return int(socket.getsockopt(zmq.EVENTS)) & _POLLIN != 0


def set_common(socket: Socket, heartbeat_ivl_ms: int = HEARTBEAT_IVL_MS) -> None:
    """What every socket has: no lingering, quick notice of a peer that is gone."""
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.MAXMSGSIZE, FRAME_BYTES)
    socket.setsockopt(zmq.HEARTBEAT_IVL, heartbeat_ivl_ms)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_FACTOR * heartbeat_ivl_ms)
    socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_IVL_MS)
    socket.setsockopt(zmq.TCP_MAXRT, TCP_MAXRT_MS)


def connect(
    socket: Socket,
    endpoint: str,
    *,
    again: bool = True,
    heartbeat_ivl_ms: int = HEARTBEAT_IVL_MS,
) -> None:
    """Connect in the background, with short tries; `again`: and again when it fails or drops.

    Raises zmq.ZMQError for what is no endpoint.
    """
    set_common(socket, heartbeat_ivl_ms)
    socket.setsockopt(zmq.CONNECT_TIMEOUT, CONNECT_TIMEOUT_MS)
    socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_IVL_MS if again else -1)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_IVL_MAX_MS if again else 0)
    # Only for addresses that need it: a board without IPv6 must still do.
    socket.setsockopt(zmq.IPV6, int("[" in endpoint))
    socket.connect(endpoint)


def bind(
    socket: Socket,
    endpoint: str,
    what: str,
    *,
    frame_bytes: int = FRAME_BYTES,
    heartbeat_ivl_ms: int = HEARTBEAT_IVL_MS,
) -> str:
    """Bind for `what`; the endpoint, with the port that was chosen where it has `*`.

    `frame_bytes`: the largest frame that is taken in. When it fails the socket is closed; raises
    AddressNotReady while this machine does not have the address, or StorageFailure naming what
    else stands in the way.
    """
    set_common(socket, heartbeat_ivl_ms)
    socket.setsockopt(zmq.MAXMSGSIZE, frame_bytes)
    socket.setsockopt(zmq.BACKLOG, BACKLOG_COUNT)
    socket.setsockopt(zmq.IPV6, int("[" in endpoint))
    try:
        socket.bind(endpoint)
    except zmq.ZMQError as error:
        socket.close()
        raise _bind_failure(endpoint, what, error) from error
    if endpoint.startswith("ipc://"):
        # Whatever the process's umask says, the group may connect: unix(7).
        Path(endpoint.removeprefix("ipc://")).chmod(LOCAL_MODE)
    return socket.getsockopt_string(zmq.LAST_ENDPOINT)


def _bind_failure(endpoint: str, what: str, error: zmq.ZMQError) -> StorageFailure:
    if error.errno == errno.EADDRINUSE:
        port = endpoint.rsplit(":", 1)[-1]
        return StorageFailure(
            f"{endpoint}, for {what}, is in use by another program; "
            f"`ss -ltnp 'sport = :{port}'` names it"
        )
    if error.errno in _NOT_READY:
        return AddressNotReady(f"{endpoint}, for {what}, is not an address of this machine (yet)")
    return StorageFailure(f"cannot listen on {endpoint} for {what}: {error.strerror or error}")
