"""Where members live: from replica id to board, also before this board has a log of its own."""

from raftpi.core.configuration import Configuration
from raftpi.core.founding import Founding

# More than any cluster has boards.
INTRODUCED_LIMIT_COUNT = 64


class AddressBook:
    """Looks up boards by replica ids.

    Who was a member stays in it: a leader that is being removed leads until that has committed,
    so it must be heard and answered by those whose log says already that it is gone. So must one
    that a log does not name yet: it introduces itself.
    """

    def __init__(self) -> None:
        """Nobody is known."""
        self.cluster_id = 0
        self._configuration: Configuration | None = None
        self._boards: dict[int, int] = {}
        # All that any configuration named.
        self._members: set[int] = set()
        # Board -> who introduced itself from there, and is in no configuration known here.
        self._introduced: dict[int, int] = {}

    def follow(self, configuration: Configuration | None, founding: Founding | None) -> bool:
        """Take over who is known now; True when the configuration is another than before."""
        if configuration is None:
            if founding is not None:
                self.cluster_id = founding.cluster_id
                self._boards.update(founding.boards)
            return False
        if configuration is self._configuration:
            return False
        self._configuration = configuration
        self.cluster_id = configuration.cluster_id
        for member in configuration.members:
            self._members.add(member.replica_id)
            self._boards[member.replica_id] = member.node_id
        return True

    def introduce(self, replica_id: int, node_id: int) -> None:
        """A replica of this cluster says that it lives on that board; one for each board."""
        if self.board_of(replica_id) != 0:
            return
        former = self._introduced.get(node_id)
        if former is None and len(self._introduced) == INTRODUCED_LIMIT_COUNT:
            return
        if former is not None and former not in self._members:
            del self._boards[former]
        self._introduced[node_id] = replica_id
        self._boards[replica_id] = node_id

    def board_of(self, replica_id: int) -> int:
        """The board's node id, 0 for a stranger."""
        return self._boards.get(replica_id, 0)
