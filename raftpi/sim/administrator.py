"""A person who changes the membership and hands leadership over while everything else goes on."""

from collections.abc import Callable
from dataclasses import dataclass

from raftpi.core.configuration import Configuration, Member
from raftpi.node import Outcome, Refused
from raftpi.sim.board import Board
from raftpi.sim.chance import Chance
from raftpi.sim.cluster import VirtualCluster
from raftpi.sim.electorates import Electorates

# How often something is asked for that makes no sense, and is to be refused.
NONSENSE = 0.1


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked of a board; it says so in the trace if it refuses."""

    board: Board

    def answer(self, outcome: Outcome) -> None:
        """Told how it ended."""
        if isinstance(outcome, Refused):
            self.board.tell(f"refuses: {outcome.reason}")


class Administrator:
    """Asks whoever leads; `renew` puts a fresh card into a board that was a member once."""

    def __init__(
        self,
        cluster: VirtualCluster,
        electorates: Electorates,
        renew: Callable[[int, Chance], None],
    ) -> None:
        """Nothing is asked yet."""
        self._cluster = cluster
        self._electorates = electorates
        self._renew = renew

    def transfer(self, chance: Chance) -> None:
        """Hand over to any board, a member or not."""
        target, leader = chance.pick(sorted(self._cluster.boards)), self._cluster.leader()
        if leader:
            board = self._cluster.boards[leader]
            board.tell(f"is asked to hand over to pi{target}")
            board.transfer(Request(board), target)

    def change_members(self, chance: Chance) -> None:
        """Replace who has lost its memory; else add, remove or promote somebody."""
        leader = self._cluster.leader()
        verb = chance.pick(("add", "learn", "remove", "promote", "replace"))
        sense = not chance.happens(NONSENSE)
        anybody = sorted(self._cluster.boards)
        whom = chance.random()
        configuration = self._electorates.configuration()
        if not leader or configuration is None:
            return
        lost = self._lost(configuration)
        if lost and sense:
            verb = "replace"
        fitting = self._fitting(verb, configuration, lost) if sense else anybody
        if not fitting:
            return
        node_id = fitting[int(whom * len(fitting))]
        member = configuration.member_by_node_id(node_id)
        if verb in ("add", "learn") and member is None and not self._is_fresh(node_id):
            # By what is committed it is none; by an entry under way it may be needed.
            if self._electorates.can_lose(node_id):
                self._renew(node_id, chance)
        elif verb != "remove" or self._may_remove(configuration, member):
            board = self._cluster.boards[leader]
            board.tell(f"is asked to {verb} pi{node_id}")
            board.change_members(Request(board), verb, node_id)

    def _fitting(self, verb: str, configuration: Configuration, lost: list[int]) -> list[int]:
        """Whom it makes sense to ask this for."""
        members = [member.node_id for member in configuration.members]
        if verb in ("add", "learn"):
            return [one for one in sorted(self._cluster.boards) if one not in members]
        if verb == "promote":
            return [member.node_id for member in configuration.members if not member.voter]
        return lost if verb == "replace" else members

    def _lost(self, configuration: Configuration) -> list[int]:
        """The boards of members whose card is no more."""
        able = self._electorates.able_ids()
        return [m.node_id for m in configuration.members if m.replica_id not in able]

    def _is_fresh(self, node_id: int) -> bool:
        node = self._cluster.boards[node_id].node
        return node is not None and node.configuration is None

    def _may_remove(self, configuration: Configuration, member: Member | None) -> bool:
        """Whether those who stay could go on; what is no member is refused by the leader."""
        staying = [
            one.replica_id
            for one in configuration.members
            if one.voter and (member is None or one.replica_id != member.replica_id)
        ]
        return self._electorates.can_become(staying)
