"""Somebody on the boards' network who should get nothing: `python -m tests.boards.stranger`.

Knocks at every door of every board for a while, says everything that could do harm, and prints
as JSON what came back, and how many connections got through the handshake.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import zmq

from raftpi.command import Put, Stamp, pack_command
from raftpi.core.hello import Hello
from raftpi.core.messages import Message, RequestPreVote, RequestVote, TimeoutNow
from raftpi.transport.codec import pack_frame
from raftpi.transport.connection_monitor import ConnectionMonitor
from raftpi.transport.curve import introduce
from raftpi.transport.keys import KeyPair, make_key_pair, read_key
from raftpi.transport.requests import (
    AskStatus,
    Chaos,
    Discover,
    Identify,
    Submit,
    Transfer,
    pack_request,
)
from raftpi.transport.sockets import Context, Socket, connect
from raftpi.transport.trust import read_trust

KNOCKING_S = 2.0
PEER, CLIENT, STATUS = 7101, 7201, 7301
# A term that would depose any leader, from replicas that the cluster knows (and one it does not).
TERM = 1_000_000


def main(words: Sequence[str]) -> int:
    """Knock, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.boards.stranger")
    parser.add_argument(
        "addresses", help="the boards', parted by commas, in the order of their ids"
    )
    parser.add_argument("--key", choices=("none", "unknown", "node"), required=True)
    parser.add_argument("--node-key", default="", help="a member's own key file, with --key node")
    parser.add_argument("--trusted", required=True, help="a trusted.toml: whom to expect")
    parser.add_argument("--cluster-id", type=_hexadecimal, required=True)
    parser.add_argument("--replicas", required=True, help="the members' replica ids, as addresses")
    parser.add_argument("--owner", type=int, default=0, help="the member that the key belongs to")
    arguments = parser.parse_args(words)
    pair = None
    if arguments.key == "unknown":
        pair = make_key_pair()
    elif arguments.key == "node":
        pair = read_key(Path(arguments.node_key))
    stranger = Stranger(pair, Path(arguments.trusted))
    replicas = [_hexadecimal(text) for text in arguments.replicas.split(",")]
    for number, address in enumerate(arguments.addresses.split(","), start=1):
        # The key's owner may say what it likes in its own name.
        others = [n for n in range(1, len(replicas) + 1) if n not in (number, arguments.owner)]
        frames = [pack_frame(0, hello(n)) for n in others]
        frames += [
            pack_frame(arguments.cluster_id, message)
            for sender in (*(replicas[n - 1] for n in others), 4711)
            for message in lies(sender, replicas[number - 1])
        ]
        stranger.knock(number, f"tcp://{address}:{PEER}", zmq.DEALER, frames)
        stranger.knock(number, f"tcp://{address}:{CLIENT}", zmq.DEALER, orders(number))
        stranger.knock(number, f"tcp://{address}:{STATUS}", zmq.SUB, [])
    print(json.dumps(stranger.listen()))
    return 0


class Stranger:
    """Sockets towards every door, with one key or none."""

    def __init__(self, pair: KeyPair | None, trusted: Path) -> None:
        """Knows the boards' public keys, which are no secret."""
        self._pair = pair
        self._trust = read_trust(trusted)
        self._context: Context = zmq.Context()
        self._doors: list[tuple[Socket, ConnectionMonitor]] = []

    def knock(self, node_id: int, endpoint: str, kind: int, frames: Sequence[bytes]) -> None:
        """Connect, and send all this as soon as that works."""
        socket: Socket = self._context.socket(kind)
        monitor = ConnectionMonitor(self._context, socket)
        if self._pair is not None:
            introduce(socket, self._pair, self._trust.node_keys(node_id)[0])
        if kind == zmq.SUB:
            socket.setsockopt(zmq.SUBSCRIBE, b"")
        connect(socket, endpoint)
        for frame in frames:
            socket.send(frame, zmq.DONTWAIT)
        self._doors.append((socket, monitor))

    def listen(self) -> dict[str, int]:
        """What came back within the time: frames, and connections that stood."""
        counts = {"frames": 0, "connections": 0}
        poller = zmq.Poller()
        for socket, _ in self._doors:
            poller.register(socket, zmq.POLLIN)
        end_s = time.monotonic() + KNOCKING_S
        while time.monotonic() < end_s:
            for ready, _ in poller.poll(100):
                ready.recv_multipart()
                counts["frames"] += 1
        for _, monitor in self._doors:
            lost_count = monitor.drain()
            counts["connections"] += lost_count + monitor.connected
        return counts


def hello(node_id: int) -> Hello:
    """A board that claims to have lost its memory."""
    return Hello(
        sender=4711,
        receiver=0,
        node_id=node_id,
        name=f"pi{node_id}",
        fresh=True,
        view=0,
        settings_digest=0,
        configuration=None,
    )


def lies(sender: int, receiver: int) -> list[Message]:
    """What would end a leader's term, if it were believed."""
    return [
        RequestPreVote(
            sender=sender, receiver=receiver, term=TERM, last_log_index=TERM, last_log_term=TERM
        ),
        RequestVote(
            sender=sender,
            receiver=receiver,
            term=TERM,
            last_log_index=TERM,
            last_log_term=TERM,
            leadership_transfer=True,
        ),
        TimeoutNow(sender=sender, receiver=receiver, term=TERM),
    ]


def orders(node_id: int) -> list[bytes]:
    """What a client may ask for, and what only an admin may."""
    stamp = Stamp(session_id=4711, sequence=1, first_pending=1, began_index=0)
    put = pack_command(stamp, Put(key=b"stranger", value=b"was here"))
    return [
        pack_request(Discover(request_id=1)),
        pack_request(AskStatus(request_id=2)),
        pack_request(Submit(request_id=3, command=put)),
        pack_request(Transfer(request_id=4, target=0)),
        pack_request(Identify(request_id=5, duration_ms=60_000)),
        pack_request(
            Chaos(
                request_id=6,
                blocked_in=(1, 2, 3),
                blocked_out=(1, 2, 3),
                delay_ms=0,
                duration_ms=60_000,
            )
        ),
    ]


def _hexadecimal(text: str) -> int:
    return int(text, 16)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
