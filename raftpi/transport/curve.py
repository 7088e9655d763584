"""CURVE on sockets: who may connect, and whom to expect at the other end.

zmq_curve(7), and ZAP (rfc.zeromq.org/spec/27): the key of a connection is looked up by
`transport.zap_door`. A domain that is not empty and enforced makes libzmq refuse every
connection while nobody answers there; without that it would let in any key.
"""

from dataclasses import dataclass

import zmq

from raftpi.transport.keys import KeyPair
from raftpi.transport.sockets import Socket
from raftpi.transport.trust import Trust

# What may be let in where: members among themselves, and everybody with a client's key.
PEER_DOMAIN = "raftpi-peer"
CLIENT_DOMAIN = "raftpi-client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """This board's own pair and the keys that it lets in."""

    own: KeyPair
    trust: Trust


def guard(socket: Socket, own: KeyPair, domain: str) -> None:
    """Before the bind: let in only whom the ZAP door knows in this domain."""
    socket.setsockopt(zmq.CURVE_SERVER, 1)
    socket.setsockopt_string(zmq.CURVE_PUBLICKEY, own.public)
    socket.setsockopt_string(zmq.CURVE_SECRETKEY, own.secret)
    socket.setsockopt_string(zmq.ZAP_DOMAIN, domain)
    socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)


def introduce(socket: Socket, own: KeyPair, server_key: str) -> None:
    """Before the connect: speak as `own`, and only to whoever holds the other half of this key."""
    socket.setsockopt_string(zmq.CURVE_SERVERKEY, server_key)
    socket.setsockopt_string(zmq.CURVE_PUBLICKEY, own.public)
    socket.setsockopt_string(zmq.CURVE_SECRETKEY, own.secret)


def user_of(frame: zmq.Frame) -> str:
    """The public key that the ZAP door let in on this frame's connection, "" without CURVE."""
    try:
        return str(frame.get("User-Id"))
    except zmq.ZMQError:
        return ""  # no such property: the connection is not authenticated
