"""One process of the floor: what the machine forces on whoever keeps three files in step.

Frames over ZeroMQ, one append and one data sync a batch on each of three files, an answer when
two of them are durable. No terms, no election, no recovery, nothing checked.

    python -m bench.peers.floor_node FILE PORT [FOLLOWER_PORT...]

With follower ports it leads, and its port is for clients; without, it follows.
"""

import os
import sys
from collections import deque

import msgpack
import zmq

# The file is written over and over, into zeros that were synced before: no sync ever has to
# change more than the data.
RING_BYTES = 64 * 1024 * 1024
FRAMES_PER_BATCH = 5000
QUORUM = 2


class Ring:
    """A file that a batch is appended to, durably."""

    def __init__(self, path: str) -> None:
        """Make it, all zeros."""
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        for begin in range(0, RING_BYTES, 1 << 20):
            os.pwrite(self._fd, bytes(1 << 20), begin)
        os.fsync(self._fd)
        self._offset = 0

    def append(self, data: bytes) -> None:
        """Write and sync."""
        if self._offset + len(data) > RING_BYTES:
            self._offset = 0
        os.pwrite(self._fd, data, self._offset)
        self._offset += len(data)
        os.fdatasync(self._fd)


def follow(ring: Ring, port: int) -> None:
    """Append what comes and say so."""
    router = zmq.Context().socket(zmq.ROUTER)
    router.bind(f"tcp://127.0.0.1:{port}")
    while True:
        waiting = [router.recv_multipart()]
        while len(waiting) < FRAMES_PER_BATCH:
            try:
                waiting.append(router.recv_multipart(zmq.DONTWAIT))
            except zmq.Again:
                break
        ring.append(b"".join(data for _, data in waiting))
        identity, data = waiting[-1]
        router.send_multipart((identity, msgpack.packb(msgpack.unpackb(data)[0])))


def lead(ring: Ring, port: int, follower_ports: list[int]) -> None:
    """Take requests in, send them on, append them, answer."""
    context = zmq.Context()
    router = context.socket(zmq.ROUTER)
    router.setsockopt(zmq.RCVHWM, 100_000)
    router.setsockopt(zmq.SNDHWM, 100_000)
    router.bind(f"tcp://127.0.0.1:{port}")
    followers = []
    for follower_port in follower_ports:
        dealer = context.socket(zmq.DEALER)
        dealer.connect(f"tcp://127.0.0.1:{follower_port}")
        followers.append(dealer)
    poller = zmq.Poller()
    for socket in (router, *followers):
        poller.register(socket, zmq.POLLIN)
    under_way: deque[tuple[int, list[list[bytes]]]] = deque()
    durable = [0] * (1 + len(followers))
    number = 0
    while True:
        poller.poll()
        batch = _drain(router)
        if batch:
            number += 1
            data = msgpack.packb([number, [frame for _, frame in batch]])
            for dealer in followers:
                dealer.send(data)
            under_way.append((number, batch))
            ring.append(data)
            durable[0] = number
        for place, dealer in enumerate(followers, 1):
            for [answer] in _drain(dealer):
                durable[place] = msgpack.unpackb(answer)
        committed = sorted(durable, reverse=True)[QUORUM - 1]
        while under_way and under_way[0][0] <= committed:
            for identity, frame in under_way.popleft()[1]:
                router.send_multipart((identity, msgpack.packb(msgpack.unpackb(frame)[0])))


def _drain(socket: zmq.Socket[bytes]) -> list[list[bytes]]:
    taken: list[list[bytes]] = []
    while len(taken) < FRAMES_PER_BATCH:
        try:
            taken.append(socket.recv_multipart(zmq.DONTWAIT))
        except zmq.Again:
            break
    return taken


def main() -> None:
    """Lead or follow until killed."""
    path, port, *follower_ports = sys.argv[1:]
    ring = Ring(path)
    print("ready", flush=True)
    if follower_ports:
        lead(ring, int(port), [int(item) for item in follower_ports])
    follow(ring, int(port))


if __name__ == "__main__":
    main()
