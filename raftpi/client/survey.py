"""Asking nodes for themselves, not for the cluster: every status, or one node's obedience."""

from collections.abc import Callable
from dataclasses import dataclass

from raftpi.client.verdict import nobody
from raftpi.client.voice import Voice, clock_us
from raftpi.errors import ProtocolError, Refused, Timeout, Unavailable
from raftpi.status import NodeStatus, unpack_status
from raftpi.transport import requests
from raftpi.transport.requests import Answer, AskStatus, Discover, Discovery, Reply, Request

# So long those are waited for that do not answer when others have.
PATIENCE_US = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Offline:
    """A member that did not answer. `id` 0 and `name` "" where only the endpoint is known."""

    id: int
    name: str
    endpoint: str


def survey(voice: Voice, timeout_us: int) -> list[NodeStatus | Offline]:
    """The status of every member, asked at once, by id; those that do not answer are Offline.

    Members are learned from any node that answers. Waits for `timeout_us` at most, and for the
    next answer at most half a second.
    """
    voice.refresh()
    round_ = _Round(voice, clock_us() + timeout_us)
    round_.ask_all()
    for endpoint, reply in voice.replies(lambda: round_.until_us):
        round_.take(endpoint, reply)
        if not round_.open:
            break
    return _all_members(voice, round_.statuses)


class _Round:
    """One survey under way: who was asked, who may still answer, and what was answered."""

    def __init__(self, voice: Voice, until_us: int) -> None:
        self._voice = voice
        self._asked: set[str] = set()
        self._request_ids: set[int] = set()
        self.until_us = until_us
        self.open: set[str] = set()
        self.statuses: dict[int, NodeStatus] = {}

    def ask_all(self) -> None:
        """Ask every endpoint that is known and was not asked yet."""
        for endpoint in self._voice.directory.endpoints():
            if endpoint in self._asked:
                continue
            self._asked.add(endpoint)
            self.open.add(endpoint)
            for kind in (Discover, AskStatus):
                request_id = self._voice.next_id()
                self._request_ids.add(request_id)
                self._voice.send(endpoint, kind(request_id=request_id), clock_us())

    def take(self, endpoint: str, reply: Reply | None) -> None:
        """Take in a reply, or None for a node that gives none."""
        if reply is not None and reply.request_id not in self._request_ids:
            return  # late, from another conversation
        if isinstance(reply, Discovery):
            self._voice.directory.learn(endpoint, reply)
            self.ask_all()
            return
        self.open.discard(endpoint)
        status = _status_in(reply) if isinstance(reply, Answer) else None
        if status is not None:
            self.statuses[status.id] = status
            self.until_us = min(self.until_us, clock_us() + PATIENCE_US)


def ask_node(
    voice: Voice, node: int | str, make: Callable[[int], Request], timeout_us: int
) -> Answer:
    """Ask one node, and no other. `make` makes the request of its id.

    Raises UsageError when there is no such node, Refused when it says no, Unavailable when
    there is no connection to it, Timeout when it does not answer.
    """
    until_us = clock_us() + timeout_us
    voice.refresh()
    if not voice.directory.members:
        _learn_members(voice, until_us)
    node_id = voice.directory.resolve(node)
    endpoint = voice.directory.endpoint_of(node_id)
    return _ask(voice, f"node {node_id}", endpoint, make, until_us, timeout_us)


def ask_endpoint(
    voice: Voice, endpoint: str, make: Callable[[int], Request], timeout_us: int
) -> Answer:
    """Ask whoever is at this endpoint, a member or not; as `ask_node`."""
    voice.refresh()
    until_us = clock_us() + timeout_us
    return _ask(voice, "the node", endpoint, make, until_us, timeout_us)


def _ask(
    voice: Voice,
    name: str,
    endpoint: str,
    make: Callable[[int], Request],
    until_us: int,
    timeout_us: int,
) -> Answer:
    request = make(voice.next_id())
    voice.send(endpoint, request, clock_us())
    for where, reply in voice.replies(lambda: until_us):
        if where != endpoint:
            continue
        if reply is None:
            reason = voice.reasons.get(endpoint)
            why = f": {reason}" if reason else ""
            raise Unavailable(f"no connection to {name} at {endpoint}{why}")
        if reply.request_id != request.request_id:
            continue
        if isinstance(reply, requests.Refused):
            raise Refused(f"{name} refuses: {reply.reason}")
        if not isinstance(reply, Answer):
            raise Unavailable(f"{name} gave an answer that fits another question")
        return reply
    raise Timeout(f"{name} at {endpoint} did not answer within {timeout_us / 1e6:g} s")


def _learn_members(voice: Voice, until_us: int) -> None:
    endpoints = voice.directory.endpoints()
    for endpoint in endpoints:
        voice.send(endpoint, Discover(request_id=voice.next_id()), clock_us())
    for endpoint, reply in voice.replies(lambda: until_us):
        if isinstance(reply, Discovery):
            voice.directory.learn(endpoint, reply)
            return
        endpoints = [other for other in endpoints if other != endpoint]
        if not endpoints:
            break
    raise Unavailable(nobody(voice.directory.endpoints(), (), voice.reasons))


def _status_in(answer: Answer) -> NodeStatus | None:
    try:
        return unpack_status(answer.body)
    except ProtocolError:
        return None


def _all_members(voice: Voice, statuses: dict[int, NodeStatus]) -> list[NodeStatus | Offline]:
    directory = voice.directory
    if not directory.members and not statuses:
        return [Offline(id=0, name="", endpoint=endpoint) for endpoint in directory.given]
    found: dict[int, NodeStatus | Offline] = {
        address.node_id: Offline(id=address.node_id, name=address.name, endpoint=address.endpoint)
        for address in directory.members.values()
    }
    found.update(statuses)
    return [found[node_id] for node_id in sorted(found)]
