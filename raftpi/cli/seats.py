"""Whom a command may ask: members and their addresses, and the key to ask with."""

from dataclasses import dataclass

from raftpi.errors import UsageError

SCHEMES = ("tcp", "ipc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A member as far as the caller knows it beforehand; `id` 0 and `name` "" when not known."""

    id: int
    name: str
    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Whom to ask. `complete`: these are all members, not only those that were named.

    `key` is the file of the key to ask with, "" for none.
    """

    seats: tuple[Seat, ...]
    complete: bool
    key: str = ""

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The client endpoints, as ZeroMQ wants them."""
        return tuple(seat.client for seat in self.seats)


def endpoint(text: str, source: str) -> str:
    """The endpoint as ZeroMQ wants it. Raises UsageError."""
    scheme, mark, rest = text.partition("://")
    if not mark:
        scheme, rest = "tcp", text
    if scheme not in SCHEMES or not rest:
        raise UsageError(f"{source}: {text!r} is no endpoint; one looks like 127.0.0.1:7201")
    if scheme == "ipc":
        return text
    host, _, port = rest.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise UsageError(f"{source}: {text!r} lacks a port; an endpoint looks like 127.0.0.1:7201")
    return f"tcp://{host}:{port}"
