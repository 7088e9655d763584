"""Whom a client can ask: the endpoints it was given and the members it learned of. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from raftpi.errors import UsageError
from raftpi.transport.requests import Discovery

SCHEMES = ("tcp", "ipc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A member as a Discovery named it."""

    node_id: int
    name: str
    endpoint: str


class Directory:
    """Endpoints, members and the leader, as far as is known.

    Nodes may be known under two endpoints (`localhost` and `127.0.0.1`); the one that answered
    is the one that is asked.
    """

    def __init__(self, endpoints: Sequence[str]) -> None:
        """`endpoints` as `parse_endpoints` gives them."""
        self.given = tuple(endpoints)
        self.members: dict[int, Address] = {}
        self.leader = 0
        self._answered: dict[int, str] = {}
        self._silent: list[str] = []

    def learn(self, endpoint: str, discovery: Discovery) -> None:
        """Take in what the node at `endpoint` says; it is no longer asked last."""
        for node_id, name, member_endpoint, _ in discovery.members:
            self.members[node_id] = Address(node_id=node_id, name=name, endpoint=member_endpoint)
        self._answered[discovery.node_id] = endpoint
        if endpoint in self._silent:
            self._silent.remove(endpoint)

    def set_silent(self, endpoint: str) -> None:
        """This endpoint did not answer: ask it last."""
        if endpoint in self._silent:
            self._silent.remove(endpoint)
        self._silent.append(endpoint)
        for node_id, answered in list(self._answered.items()):
            # Another endpoint of the same node may still work.
            if answered == endpoint and self.members.get(node_id) is not None:
                del self._answered[node_id]

    def endpoint_of(self, node_id: int) -> str:
        """Where to ask this node, "" if that is not known."""
        if node_id in self._answered:
            return self._answered[node_id]
        member = self.members.get(node_id)
        return member.endpoint if member is not None else ""

    def node_at(self, endpoint: str) -> int:
        """The node at this endpoint, 0 if that is not known."""
        for node_id, answered in self._answered.items():
            if answered == endpoint:
                return node_id
        for member in self.members.values():
            if member.endpoint == endpoint:
                return member.node_id
        return 0

    def endpoints(self) -> list[str]:
        """Every endpoint once, in the order in which to ask."""
        known = [self.endpoint_of(node_id) for node_id in self.members]
        # A given endpoint that led to a member under another one is not asked twice.
        all_endpoints = list(dict.fromkeys([*self.given, *known]))
        willing = [endpoint for endpoint in all_endpoints if endpoint not in self._silent]
        return willing + [endpoint for endpoint in self._silent if endpoint in all_endpoints]

    def resolve(self, node: int | str) -> int:
        """The id of a member named by id or name. Raises UsageError when there is none."""
        for member in self.members.values():
            if node in (member.node_id, member.name) or str(node) == str(member.node_id):
                return member.node_id
        known = ", ".join(f"{m.node_id} ({m.name})" for m in self.members.values())
        raise UsageError(f"there is no node {node}; the members are {known or 'not known yet'}")


def parse_endpoints(endpoints: str | Sequence[str]) -> tuple[str, ...]:
    """Endpoints as ZeroMQ wants them; `host:port` stands for `tcp://host:port`.

    One text may hold several, parted by commas. Raises UsageError for what is none.
    """
    texts = endpoints.split(",") if isinstance(endpoints, str) else endpoints
    parsed = tuple(dict.fromkeys(_parse(text) for text in texts))
    if not parsed:
        raise UsageError("no endpoints: give at least one, like tcp://127.0.0.1:7201")
    return parsed


def _parse(text: str) -> str:
    if not isinstance(text, str):
        raise UsageError(f"{text!r} is no endpoint; one looks like tcp://127.0.0.1:7201")
    scheme, mark, rest = text.strip().partition("://")
    if not mark:
        scheme, rest = "tcp", scheme
    if scheme not in SCHEMES or not rest or any(c.isspace() for c in rest) or "\0" in rest:
        raise UsageError(f"{text!r} is no endpoint; one looks like tcp://127.0.0.1:7201")
    if scheme == "ipc":
        return f"ipc://{rest}"
    host, _, port = rest.rpartition(":")
    is_port = port.isascii() and port.isdigit() and 0 < int(port) < 65_536
    if not host or "/" in host or not is_port:
        raise UsageError(f"{text!r} lacks a host or a port; one looks like tcp://127.0.0.1:7201")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise UsageError(f"{text!r}: an IPv6 address stands in brackets, like tcp://[::1]:7201")
    return f"tcp://{host}:{port}"
