"""What a way of speaking with a peer is to the load: bytes out, bytes in."""

from typing import Protocol


class AnswerRefused(Exception):
    """A peer answered, but did not do what was asked."""


class Speaker(Protocol):
    """One client's side of one connection. `owed` has to be sent besides requests."""

    owed: bytes

    def greeting(self) -> bytes:
        """What goes out first, before any request."""

    def is_ready(self, data: bytearray) -> bool:
        """Whether the peer has greeted back; what it said is taken out of `data`."""

    def request(self, number: int) -> bytes:
        """The bytes of request `number` of this client, counted from 0."""

    def answers(self, data: bytearray) -> int:
        """How many whole answers stand in `data`; they are taken out. Raises AnswerRefused."""
