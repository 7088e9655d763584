"""The ROUTER at which clients ask; it never waits for one of them."""

import ipaddress

import zmq

from raftpi.transport.sockets import CLIENT_HWM, Context, Socket, bind

CLOSE_LINGER_MS = 200


class ClientDoor:
    """Requests in and replies out, by the connection's identity; one frame each.

    `endpoint` is what was bound, with its port.
    """

    def __init__(self, context: Context, *, bind: str, check_origin: bool = False) -> None:
        """Bind. With `check_origin` every request is told whether it came over the loopback.

        Raises as `sockets.bind` does.
        """
        self._check_origin = check_origin
        self._malformed_count = 0
        self._dropped_count = 0
        self._router: Socket = context.socket(zmq.ROUTER)
        # So that a reply to a client that left, or reads nothing, is told and counted.
        self._router.setsockopt(zmq.ROUTER_MANDATORY, 1)
        self._router.setsockopt(zmq.RCVHWM, CLIENT_HWM)
        self._router.setsockopt(zmq.SNDHWM, CLIENT_HWM)
        self.endpoint = _bind(self._router, bind, "clients")

    def receive(self, limit: int) -> list[tuple[bytes, bytes, bool]]:
        """(identity, request, from the loopback?) of what has arrived; does not wait.

        The last is False throughout unless constructed with `check_origin`.
        """
        requests: list[tuple[bytes, bytes, bool]] = []
        # Garbage counts towards the limit, or a flood of it would hold the loop here.
        for _ in range(limit):
            try:
                request = self._receive_one()
            except zmq.Again:
                break
            if request is None:
                self._malformed_count += 1
            else:
                requests.append(request)
        return requests

    def send(self, identity: bytes, data: bytes) -> bool:
        """Send a reply, or drop and count it when the client is gone or does not read."""
        try:
            self._router.send_multipart((identity, data), zmq.DONTWAIT)
        except zmq.ZMQError as error:
            if error.errno not in (zmq.EAGAIN, zmq.EHOSTUNREACH):
                raise
            self._dropped_count += 1
            return False
        return True

    def pollables(self) -> list[Socket]:
        """The socket that becomes readable when a request is there."""
        return [self._router]

    def counters(self) -> dict[str, int]:
        """What went wrong so far."""
        return {
            "requests malformed": self._malformed_count,
            "replies dropped": self._dropped_count,
        }

    def close(self) -> None:
        """Close; the last replies get a moment to leave."""
        self._router.close(linger=CLOSE_LINGER_MS)

    def _receive_one(self) -> tuple[bytes, bytes, bool] | None:
        if not self._check_origin:
            parts = self._router.recv_multipart(zmq.DONTWAIT)
            return (parts[0], parts[1], False) if len(parts) == 2 else None
        # Only a frame that is not copied carries the metadata of its connection.
        frames = self._router.recv_multipart(zmq.DONTWAIT, copy=False)
        if len(frames) != 2:
            return None
        return frames[0].bytes, frames[1].bytes, is_loopback(_peer_address(frames[1]))


_bind = bind  # the constructor's argument of that name hides it there


def is_loopback(peer_address: str) -> bool:
    """Whether libzmq's "Peer-Address" belongs to this machine.

    It is a numeric address for TCP, and `localhost:UID:GID:PID` for a Unix socket.
    """
    if peer_address.startswith("localhost:"):
        return True
    try:
        address = ipaddress.ip_address(peer_address)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _peer_address(frame: zmq.Frame) -> str:
    try:
        return str(frame.get("Peer-Address"))
    except zmq.ZMQError:
        return ""  # no such property: from nowhere known
