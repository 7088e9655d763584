"""The ROUTER at which clients ask; it never waits for one of them."""

import ipaddress

import zmq

from raftpi.transport.sockets import Context, Socket, bind, set_binding

REQUEST_BYTES = 20 * 1024 * 1024
QUEUE_COUNT = 10_000
CLOSE_LINGER_MS = 200


class ClientDoor:
    """Requests in and replies out, by the connection's identity."""

    def __init__(self, context: Context, *, bind: str, check_origin: bool) -> None:
        """Bind. With `check_origin` every request is told whether it came over the loopback."""
        self._check_origin = check_origin
        self._router = _bound_router(context, bind)
        self._malformed_count = 0
        self._dropped_count = 0

    def receive(self, limit: int) -> list[tuple[bytes, bytes, bool]]:
        """(identity, request, from the loopback?) of what has arrived; does not wait."""
        requests: list[tuple[bytes, bytes, bool]] = []
        while len(requests) < limit:
            try:
                if self._check_origin:
                    frames = self._router.recv_multipart(zmq.DONTWAIT, copy=False)
                    parts = [frame.bytes for frame in frames]
                    from_loopback = _is_loopback(frames[-1])
                else:
                    parts = self._router.recv_multipart(zmq.DONTWAIT)
                    from_loopback = False
            except zmq.Again:
                break
            if len(parts) == 2:
                requests.append((parts[0], parts[1], from_loopback))
            else:
                self._malformed_count += 1
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
        """What was dropped so far."""
        return {
            "requests malformed": self._malformed_count,
            "replies dropped": self._dropped_count,
        }

    def close(self) -> None:
        """Close; the last replies get a moment to leave."""
        self._router.close(linger=CLOSE_LINGER_MS)


def _bound_router(context: Context, endpoint: str) -> Socket:
    router = context.socket(zmq.ROUTER)
    set_binding(router, message_bytes=REQUEST_BYTES)
    router.setsockopt(zmq.ROUTER_MANDATORY, 1)
    router.setsockopt(zmq.RCVHWM, QUEUE_COUNT)
    router.setsockopt(zmq.SNDHWM, QUEUE_COUNT)
    bind(router, endpoint, "clients")
    return router


def _is_loopback(frame: zmq.Frame) -> bool:
    try:
        address = frame.get("Peer-Address")
    except zmq.ZMQError:
        return False
    try:
        return ipaddress.ip_address(str(address)).is_loopback
    except ValueError:
        return False
