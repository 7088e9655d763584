"""Boards that are fresh though the cluster exists: heard of, answered, and taken in on request."""

from dataclasses import dataclass, replace

from raftpi.core import membership
from raftpi.core.configuration import Configuration, Member
from raftpi.core.hello import Hello
from raftpi.core.log import RaftLog
from raftpi.node import narrative
from raftpi.node.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChange:
    """What a person asks for: one of VERBS, for the board `node_id`.

    `learn` adds a board that stays a learner until it is promoted.
    """

    verb: str
    node_id: int


VERBS = ("add", "learn", "remove", "promote", "replace")


class Newcomers:
    """What a member knows of boards that are none."""

    def __init__(self, replica_id: int, node_id: int) -> None:
        """Nobody was heard of; the ids are this node's own."""
        self._replica_id = replica_id
        self._node_id = node_id
        self._fresh: dict[int, Hello] = {}

    def answer(self, hello: Hello, configuration: Configuration, log: RaftLog) -> Hello:
        """Tell a fresh board which cluster there is."""
        founding = log.entry(1).configuration if log.first_index == 1 else None
        return Hello(
            sender=self._replica_id,
            receiver=hello.sender,
            node_id=self._node_id,
            name="",
            fresh=False,
            view=configuration.cluster_id,
            settings_digest=0,
            configuration=founding,
            is_member=configuration.member(hello.sender) is not None,
        )

    def note(self, hello: Hello, configuration: Configuration) -> Event | None:
        """A fresh board was heard; what there is to tell when it is news."""
        if configuration.member(hello.sender) is not None:
            self._fresh.pop(hello.node_id, None)
            return None
        before = self._fresh.get(hello.node_id)
        self._fresh[hello.node_id] = hello
        if before is not None and before.sender == hello.sender:
            return None
        if configuration.member_by_node_id(hello.node_id) is not None:
            return narrative.memory_lost_elsewhere(hello)
        return narrative.newcomer_heard(hello)

    def members_after(
        self, change: MemberChange, configuration: Configuration
    ) -> tuple[tuple[Member, ...], str]:
        """The members that the change leads to, or why it cannot be."""
        node_id = change.node_id
        present = configuration.member_by_node_id(node_id)
        if change.verb in ("add", "learn", "replace"):
            return self._with_newcomer(change, present, configuration)
        if present is None:
            return (), f"node {node_id} is no member"
        if change.verb == "remove":
            return membership.without(configuration, present.replica_id), ""
        if change.verb == "promote":
            if present.voter:
                return (), f"{present.name} is a voter already"
            return membership.promoted(configuration, present.replica_id), ""
        return (), f"{change.verb} is no change of the membership"

    def _with_newcomer(
        self, change: MemberChange, present: Member | None, configuration: Configuration
    ) -> tuple[tuple[Member, ...], str]:
        node_id = change.node_id
        if change.verb == "replace" and present is None:
            return (), f"node {node_id} is no member: use `raftpi member add`"
        if change.verb != "replace" and present is not None:
            return (), f"{present.name} is a member already: use `raftpi member replace`"
        hello = self._fresh.get(node_id)
        if hello is None:
            return (), (
                f"no fresh board with the id {node_id} was heard of: start its daemon with an "
                "empty data directory, and name this cluster's boards in its configuration"
            )
        newcomer = Member(
            replica_id=hello.sender,
            node_id=node_id,
            name=hello.name,
            voter=False,
            joining=change.verb != "learn",
        )
        replaces = present.replica_id if present is not None else 0
        if present is not None and present.replaces:
            # The one that was to replace it was lost as well.
            return self._instead(configuration, present, newcomer), ""
        return membership.with_learner(configuration, newcomer, replaces=replaces), ""

    def _instead(
        self, configuration: Configuration, before: Member, newcomer: Member
    ) -> tuple[Member, ...]:
        others = tuple(m for m in configuration.members if m.replica_id != before.replica_id)
        remaining = replace(configuration, members=others)
        return membership.with_learner(remaining, newcomer, replaces=before.replaces)
