"""Whose loss a cluster can survive: the sets of replicas of each of which a majority must live.

The simulator must not take away what no algorithm could do without: a majority of the cards of
the voters, by the configuration that is committed and by every later one in any log.
"""

from collections.abc import Iterator, Sequence

from raftpi.core.configuration import Configuration
from raftpi.core.quorum import majority
from raftpi.sim.board import Board
from raftpi.sim.ledger import Ledger


class Electorates:
    """Looks at the boards as they are when it is asked."""

    def __init__(self, boards: dict[int, Board], ledger: Ledger) -> None:
        """`boards` by node id."""
        self._boards = boards
        self._ledger = ledger

    def configuration(self) -> Configuration | None:
        """The newest one that is committed."""
        return self._ledger.configuration

    def current(self) -> list[tuple[int, ...]]:
        """Every set of replica ids that may have to agree; empty before anything is committed."""
        committed = self._ledger.configuration
        if committed is None:
            return []
        found = list(_sets_of(committed))
        for node_id in sorted(self._boards):
            known = self._boards[node_id].known_configuration()
            if known is not None and known[0] > self._ledger.configuration_index:
                found.extend(_sets_of(known[1]))
        return found

    def can_lose(self, node_id: int) -> bool:
        """Whether the cluster goes on for good without what is on this board's card."""
        able = self.able_ids()
        lost = self._boards[node_id].replica_id
        return all(
            _has_majority(electorate, [one for one in able if one != lost])
            for electorate in self.current()
        )

    def can_become(self, voters: Sequence[int]) -> bool:
        """Whether these replicas could be the voters."""
        return _has_majority(tuple(voters), self.able_ids())

    def healthy(self, order: Sequence[int]) -> list[int]:
        """The boards, taken in this order, that are just enough for every electorate."""
        taken: list[int] = []
        electorates = self.current()
        for node_id in order:
            ids = [self._boards[one].replica_id for one in taken if self._is_able(one)]
            if electorates and all(_has_majority(one, ids) for one in electorates):
                break
            taken.append(node_id)
        return taken

    def able_ids(self) -> list[int]:
        """The replicas whose card is still there, and remembers all that it promised."""
        return [
            self._boards[node_id].replica_id
            for node_id in sorted(self._boards)
            if self._is_able(node_id)
        ]

    def _is_able(self, node_id: int) -> bool:
        board = self._boards[node_id]
        return not (board.is_in_doubt or board.is_rotten)


def _sets_of(configuration: Configuration) -> Iterator[tuple[int, ...]]:
    """The electorates, and that of the voters to be once the joining have joined."""
    yield from configuration.electorates()
    joining = [member for member in configuration.members if member.joining]
    replaced = [member.replaces for member in joining]
    if joining:
        yield tuple(
            member.replica_id
            for member in configuration.members
            if (member.voter and member.replica_id not in replaced) or member.joining
        )


def _has_majority(electorate: tuple[int, ...], able: Sequence[int]) -> bool:
    count = sum(replica_id in able for replica_id in electorate)
    return count >= majority(len(electorate))
