"""A DEALER on a plain socket: ZMTP 3.0 without encryption (rfc.zeromq.org/spec/23).

The load speaks it by itself so that five hundred clients cost one epoll, as they do for the peers
that speak HTTP, and not five hundred sockets of libzmq in one process.
"""

import struct
from collections.abc import Callable

from bench.load.protocol import AnswerRefused

GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
GREETING_BYTES = 64
_LONG = 2
_COMMAND = 4
_PING, _PONG = b"\x04PING", b"\x04PONG"


def _property(name: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name + struct.pack(">I", len(value)) + value


_READY_BODY = b"\x05READY" + _property(b"Socket-Type", b"DEALER") + _property(b"Identity", b"")
READY = bytes([_COMMAND, len(_READY_BODY)]) + _READY_BODY


def frame(body: bytes) -> bytes:
    """A message of one part."""
    if len(body) > 255:
        return b"\x02" + struct.pack(">Q", len(body)) + body
    return b"\x00" + bytes([len(body)]) + body


class Dealer:
    """One client of a ROUTER: `ask(number)` makes its requests, `accept` judges the answers."""

    def __init__(self, ask: Callable[[int], bytes], accept: Callable[[bytes], bool]) -> None:
        """`accept` says of an answer's bytes whether the request was done."""
        self._ask = ask
        self._accept = accept
        self._has_greeted = False
        self.owed = b""

    def greeting(self) -> bytes:
        """The greeting and READY at once; the peer takes them one after the other."""
        return GREETING + READY

    def is_ready(self, data: bytearray) -> bool:
        """Whether the peer's greeting and its READY have come."""
        if not self._has_greeted:
            if len(data) < GREETING_BYTES:
                return False
            del data[:GREETING_BYTES]
            self._has_greeted = True
        return bool(_take_frames(data)[1])

    def request(self, number: int) -> bytes:
        """The frame of request `number`."""
        return frame(self._ask(number))

    def answers(self, data: bytearray) -> int:
        """The frames that have come whole; each must be an answer that says: done."""
        bodies, commands = _take_frames(data)
        for command in commands:
            if command.startswith(_PING):
                # Behind the name stands the time to live, then what the answer repeats.
                pong = _PONG + command[len(_PING) + 2 :]
                self.owed += bytes([_COMMAND, len(pong)]) + pong
        for body in bodies:
            if not self._accept(body):
                raise AnswerRefused(repr(body[:200]))
        return len(bodies)


def _take_frames(data: bytearray) -> tuple[list[bytes], list[bytes]]:
    """The bodies of all whole messages and commands, taken out of `data`."""
    bodies: list[bytes] = []
    commands: list[bytes] = []
    offset, end = 0, len(data)
    while offset + 2 <= end:
        if data[offset] & _LONG:
            if offset + 9 > end:
                break
            begin = offset + 9
            size = int.from_bytes(data[offset + 1 : begin], "big")
        else:
            begin = offset + 2
            size = data[offset + 1]
        if begin + size > end:
            break
        kind = commands if data[offset] & _COMMAND else bodies
        kind.append(bytes(data[begin : begin + size]))
        offset = begin + size
    del data[:offset]
    return bodies, commands
