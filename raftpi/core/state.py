"""The state of one replica (paper figure 2) and its outbox; the rules are in the modules beside."""

from typing import Protocol

from raftpi.core.configuration import Configuration
from raftpi.core.durability import Durability
from raftpi.core.limits import Limits
from raftpi.core.log import RaftLog
from raftpi.core.messages import InstallSnapshot, Message
from raftpi.core.progress import Progress
from raftpi.core.ready import HardState, ReadReady, Role, RoleChange
from raftpi.core.room import Room
from raftpi.core.snapshot import SnapshotMeta
from raftpi.core.timing import PROFILES, Timing


class Random(Protocol):
    """The only source of chance: `random.Random(seed)` will do."""

    def random(self) -> float:
        """A number from 0 up to, but not including, 1."""


# Without members there is no majority: nobody campaigns, and nothing is committed. So the timing
# is of no consequence.
UNFOUNDED = Configuration(cluster_id=0, members=(), timing=PROFILES["wired"])


class ReplicaState:
    """Everything one replica knows. Times are microseconds of the driver's monotonic clock."""

    def __init__(
        self,
        *,
        replica_id: int,
        hard_state: HardState,
        log: RaftLog,
        limits: Limits,
        random: Random,
        now_us: int,
        snapshot: SnapshotMeta | None = None,
    ) -> None:
        """A follower that has just recovered `hard_state`, `log` and `snapshot`, all durable."""
        self.replica_id = replica_id
        self.limits = limits
        self.random = random
        self.now_us = now_us

        self.current_term = hard_state.term
        self.voted_for = hard_state.voted_for
        # Not 0: what it promised may be forgotten, see `doubt`. Another one after each start.
        self.doubt_id = self.random_us(1, 1 << 48) if hard_state.in_doubt else 0
        self._hard_state = hard_state
        self.log = log
        self.durability = Durability(last_index=log.last_index, hard_state=hard_state)

        self.role = Role.FOLLOWER
        self.leader_id = 0
        self.commit_index = log.snapshot_index
        self.handed_out_index = log.snapshot_index
        # The newest durable snapshot, and whether the log is yet to be told of it.
        self.snapshot = snapshot
        self.snapshot_to_log: SnapshotMeta | None = None
        # Since when a write to the card has been under way; what it has room for, and how much
        # of the log was taken in since it has not enough.
        self.writing_since_us: int | None = None
        self.room = Room.ENOUGH
        self.withheld_bytes = 0

        # Non-leaders: when to campaign (None: not before the own vote is durable).
        self.election_deadline_us: int | None = now_us
        self.leader_contact_us = now_us
        self.hint_attempts_left = 0

        # Candidates: who granted (True) or refused (False) in the present attempt.
        self.votes: dict[int, bool] = {}

        # The role that the driver knows of.
        self._role_told: RoleChange | None = None
        # The other members, by that configuration.
        self._peers_by = UNFOUNDED
        self._peers: tuple[int, ...] = ()

        self._as_a_leader()
        self._as_a_reader()
        self._empty_outbox()

    @property
    def configuration(self) -> Configuration | None:
        """The configuration in force: the latest in the log (thesis 4.1)."""
        return self.log.configuration

    @property
    def cluster(self) -> Configuration:
        """The configuration in force; while there is none, one without members."""
        configuration = self.configuration
        return configuration if configuration is not None else UNFOUNDED

    @property
    def timing(self) -> Timing:
        """The cluster's timing; a default while this replica has no configuration."""
        return self.cluster.timing

    @property
    def hard_state(self) -> HardState:
        """Term and vote as they are now, durable or not."""
        known = self._hard_state
        if (
            known.term != self.current_term
            or known.voted_for != self.voted_for
            or known.in_doubt != (self.doubt_id != 0)
        ):
            known = self._hard_state = HardState(
                term=self.current_term,
                voted_for=self.voted_for,
                in_doubt=self.doubt_id != 0,
            )
        return known

    @property
    def is_voter(self) -> bool:
        """Whether this replica counts, by the configuration in force."""
        member = self.cluster.member(self.replica_id)
        return member is not None and (member.voter or member.outgoing)

    @property
    def may_stand(self) -> bool:
        """Whether this replica may campaign: it has a vote, or will only lose it.

        As long as the entry that takes its vote is not known to be committed, nobody else may be
        able to win and commit it (thesis 4.2.2).
        """
        if self.is_voter:
            return True
        before = self.log.configuration_before
        if before is None or self.log.configuration_index <= self.commit_index:
            return False
        member = before.member(self.replica_id)
        return member is not None and (member.voter or member.outgoing)

    @property
    def reported_role(self) -> Role:
        """The role as the world is told it: a follower that may not vote is a learner.

        So it is while it asks for pre-votes: a removed replica may ask for ever, and a journal
        that told of it each time would wear its card out.
        """
        without_vote = self.doubt_id != 0 or not self.is_voter
        if without_vote and self.role in (Role.FOLLOWER, Role.PRE_CANDIDATE):
            return Role.LEARNER
        return self.role

    @property
    def snapshot_index(self) -> int:
        """The last index in the newest durable snapshot, 0 without one."""
        return self.snapshot.index if self.snapshot is not None else 0

    @property
    def has_empty_outbox(self) -> bool:
        """Whether `Raft.ready` has nothing of this to hand out."""
        return not (
            self.messages
            or self.messages_after_persist
            or self.reads_ready
            or self.reads_lost
            or self.chunks_received
            or self.role_changes
        )

    def peers(self) -> tuple[int, ...]:
        """The other members' replica ids, in the configuration's order."""
        cluster = self.cluster
        if self._peers_by is not cluster:
            self._peers_by = cluster
            self._peers = tuple(
                [one.replica_id for one in cluster.members if one.replica_id != self.replica_id]
            )
        return self._peers

    def advance_commit(self, index: int) -> None:
        """Raise the commit index; it never falls, and never passes the end of the log."""
        self.commit_index = max(self.commit_index, min(index, self.log.last_index))

    def random_us(self, low_us: int, high_us: int) -> int:
        """A time from `low_us` up to `high_us`, by the generator that was handed in."""
        return low_us + int(self.random.random() * (high_us - low_us))

    def send(self, message: Message) -> None:
        """Send as soon as the term it speaks for is durable: a term is a promise too."""
        if self.durability.durable_hard_state.term < self.current_term:
            self.messages_after_persist.append(message)
        else:
            self.messages.append(message)

    def send_after_persist(self, message: Message) -> None:
        """Send once everything up to now is durable: votes and acknowledgements."""
        durability = self.durability
        if (
            durability.durable_index == self.log.last_index
            and durability.durable_hard_state == self.hard_state
        ):
            self.messages.append(message)
        else:
            self.messages_after_persist.append(message)

    def refuse(self, reason: str) -> None:
        """Count something that a peer should not have sent."""
        self.refused_counts[reason] = self.refused_counts.get(reason, 0) + 1

    def report_role(self) -> None:
        """Tell the driver of the role, term and leader, if they differ from what it knows."""
        change = RoleChange(role=self.reported_role, term=self.current_term, leader=self.leader_id)
        if change != self._role_told:
            self._role_told = change
            self.role_changes.append(change)

    def _as_a_leader(self) -> None:
        """What only leaders use."""
        self.progress: dict[int, Progress] = {}
        # Who was sent the entry that takes it out of the cluster, and must yet learn of its commit;
        # from this replica, if it leads (again) when that is known.
        self.leaving: tuple[int, ...] = ()
        self.heartbeat_round = 0
        self.heartbeat_deadline_us = self.now_us
        self.round_sent_us: dict[int, int] = {}
        self.lease_from_us = -1
        # When check-quorum is due, as far as was known when it was last looked at, and with what
        # configuration.
        self.quorum_check_us = 0
        self.quorum_check_by = UNFOUNDED
        self.transfer_target = 0
        self.transfer_deadline_us = 0
        self.timeout_now_sent = False
        self.lease_is_spent = False

    def _as_a_reader(self) -> None:
        """Reads, here and on their way."""
        # Reads, as (who asks, its number): those without a heartbeat round yet, and those that
        # wait for theirs; followers: those that wait for the leader's answer. A number of before
        # a restart must not come back, for its answer may still be under way.
        self.reads_waiting: list[tuple[int, int]] = []
        self.reads_in_round: list[tuple[int, int, tuple[tuple[int, int], ...]]] = []
        self.reads_forwarded: list[int] = []
        self.read_request_id = int(self.random.random() * (1 << 48))
        self.read_request_sent_us = self.now_us

    def _empty_outbox(self) -> None:
        """What `Raft.ready` hands out."""
        self.messages: list[Message] = []
        self.messages_after_persist: list[Message] = []
        self.chunks_received: list[InstallSnapshot] = []
        self.reads_ready: list[ReadReady] = []
        self.reads_lost: list[int] = []
        self.role_changes: list[RoleChange] = []
        self.refused_counts: dict[str, int] = {}
