"""Who is in the cluster, and the settings that all members share: itself an entry of the log."""

from dataclasses import dataclass

from raftpi.core.timing import Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member: the random id of its data directory, and the board it lives on.

    `replica_id` is the identity (a board with a new directory is another member);
    `node_id` and `name` are the board's number and name in the configuration files.
    """

    replica_id: int
    node_id: int
    name: str
    voter: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The membership and the replicated settings, in force from the moment they are in a log.

    `members` are in the order of their node ids. `machine_settings` belongs to the state
    machine; the core carries it unread. Source: thesis section 4.1.
    """

    cluster_id: int
    members: tuple[Member, ...]
    timing: Timing
    machine_settings: bytes = b""

    def voters(self) -> tuple[int, ...]:
        """The replica ids that count for votes and commits."""
        return tuple(member.replica_id for member in self.members if member.voter)

    def member(self, replica_id: int) -> Member | None:
        """The member with this replica id, or None."""
        for member in self.members:
            if member.replica_id == replica_id:
                return member
        return None

    def member_by_node_id(self, node_id: int) -> Member | None:
        """The member that lives on this board, or None."""
        for member in self.members:
            if member.node_id == node_id:
                return member
        return None
