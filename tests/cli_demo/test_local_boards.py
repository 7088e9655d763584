"""Each daemon that ended by itself is told of once."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from raftpi.cli.demo.local_boards import LocalBoards
from raftpi.local.failures import DaemonDied


class Deathbed:
    """A cluster of two, of which `dead` have ended."""

    def __init__(self) -> None:
        self.nodes = (SimpleNamespace(id=1, pid=11), SimpleNamespace(id=2, pid=12))
        self.dead: set[int] = set()

    def died(self, node_ids: Sequence[int]) -> tuple[DaemonDied, ...]:
        return tuple(DaemonDied(f"pi{i}", 12, []) for i in node_ids if i in self.dead)


def test_a_death_is_told_once_and_again_for_the_next_process() -> None:
    cluster: Any = Deathbed()
    boards = LocalBoards(cluster)
    assert boards.deaths() == ()
    cluster.dead = {2}
    assert [death.name for death in boards.deaths()] == ["pi2"]
    assert boards.deaths() == ()
    cluster.nodes[1].pid = 13
    assert [death.name for death in boards.deaths()] == ["pi2"]
