"""Who is in the cluster, and the settings that all members share: itself an entry of the log."""

from dataclasses import dataclass

from raftpi.core.timing import Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member: the random id of its data directory, and the board it lives on.

    `replica_id` is the identity (a board with a new directory is another member);
    `node_id` and `name` are the board's number and name in the configuration files.

    A `voter` counts; without it, a learner. `outgoing` counts in the old set while a change of
    voters is under way (thesis 4.3); a member that is outgoing and no voter leaves with its end.
    A learner that is `joining` is made a voter by the leader once it has caught up, in the place
    of the member `replaces` where that is not 0. `cleared_doubt_id` ends a doubt, see `doubt`.
    """

    replica_id: int
    node_id: int
    name: str
    voter: bool = True
    outgoing: bool = False
    joining: bool = False
    replaces: int = 0
    cleared_doubt_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The membership and the replicated settings, in force from the moment they are in a log.

    `members` are in the order of their node ids. `lease_reads` says that leaders may answer reads
    from their lease (thesis 6.4.1). `machine_settings` belongs to the state machine; the core
    carries it unread. Source: thesis section 4.1.
    """

    cluster_id: int
    members: tuple[Member, ...]
    timing: Timing
    lease_reads: bool = False
    machine_settings: bytes = b""

    @property
    def is_joint(self) -> bool:
        """Whether a change of voters is under way: old and new voters must both agree."""
        return any(member.outgoing for member in self.members)

    def electorates(self) -> tuple[tuple[int, ...], ...]:
        """The sets of replica ids of each of which a majority must agree: one, or two if joint."""
        incoming = tuple([member.replica_id for member in self.members if member.voter])
        outgoing = tuple([member.replica_id for member in self.members if member.outgoing])
        return (incoming, outgoing) if outgoing else (incoming,)

    def voters(self) -> tuple[int, ...]:
        """The replica ids that count for votes and commits, in whichever electorate."""
        return tuple([m.replica_id for m in self.members if m.voter or m.outgoing])

    def member(self, replica_id: int) -> Member | None:
        """The member with this replica id, or None."""
        for member in self.members:
            if member.replica_id == replica_id:
                return member
        return None

    def member_by_node_id(self, node_id: int) -> Member | None:
        """The member that lives on this board, or None; the newer one while it is replaced."""
        found: Member | None = None
        for member in self.members:
            if member.node_id == node_id and (found is None or member.replaces != 0):
                found = member
        return found
