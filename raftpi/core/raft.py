"""The core's one way in and one way out: `Raft`.

A driver hands in messages, time and completions, then takes one `Ready` and does what it
says. Nothing else leaks: no callbacks, no clock, no I/O.
"""

from collections.abc import Sequence

from raftpi.core import (
    card,
    delivery,
    doubt,
    election,
    heartbeats,
    membership,
    reads,
    replication,
    roles,
    snapshotting,
    stall,
    transfer,
)
from raftpi.core.configuration import Configuration, Member
from raftpi.core.entry import Entry
from raftpi.core.limits import Limits
from raftpi.core.log import RaftLog
from raftpi.core.messages import Message
from raftpi.core.ready import Batch, ChunkWanted, HardState, Ready, Role
from raftpi.core.room import Room
from raftpi.core.snapshot import SnapshotMeta
from raftpi.core.state import Random, ReplicaState

NOTHING = Ready(
    batch=None,
    messages=(),
    messages_after_persist=(),
    persist_number=0,
    committed=(),
    reads=(),
    reads_lost=(),
    chunks_wanted=(),
    chunks_received=(),
    role_changes=(),
)


class Raft:
    """One replica of the Raft algorithm (paper figure 2, thesis 3 and 6).

    Every `now_us` is the driver's monotonic clock in microseconds, read after its inbox was
    drained; step all that arrived before calling `tick`.
    """

    def __init__(
        self,
        *,
        replica_id: int,
        hard_state: HardState,
        entries: Sequence[Entry],
        random: Random,
        now_us: int,
        limits: Limits | None = None,
        snapshot: SnapshotMeta | None = None,
    ) -> None:
        """A follower that recovered this term, vote and log, all durable.

        `entries` begin behind `snapshot`, or at index 1 without one.
        """
        self.state = ReplicaState(
            replica_id=replica_id,
            hard_state=hard_state,
            log=RaftLog(entries, snapshot),
            snapshot=snapshot,
            limits=limits if limits is not None else Limits(),
            random=random,
            now_us=now_us,
        )
        roles.reset_election_deadline(self.state)
        self.state.report_role()

    # --- in -----------------------------------------------------------------------------

    def found(self, entry: Entry, now_us: int) -> None:
        """Begin an empty log with the founding record (`founding.founding_entry`)."""
        state = self.state
        state.now_us = now_us
        state.log.append((entry,))
        # A leader's heartbeat may have come before the record did.
        state.current_term = max(state.current_term, entry.term)
        roles.reset_election_deadline(state)
        state.report_role()

    def step(self, message: Message, now_us: int) -> None:
        """Take in one message from a peer."""
        state = self.state
        state.now_us = now_us
        delivery.take_in(state, message)

    def tick(self, now_us: int) -> None:
        """Do what is due: heartbeats and check-quorum, or an election."""
        state = self.state
        state.now_us = now_us
        if state.role is Role.LEADER:
            transfer.give_up_if_late(state)
            stall.hand_over_if_stalled(state)
            heartbeats.step_down_if_no_quorum(state)
        if state.role is Role.LEADER:
            if now_us >= state.heartbeat_deadline_us:
                heartbeats.broadcast(state)
        elif state.election_deadline_us is not None and now_us >= state.election_deadline_us:
            election.on_election_timeout(state)

    def propose(self, commands: Sequence[bytes], now_us: int) -> int:
        """Append commands to the log of this leader.

        Returns the index of the first; 0 when it does not lead or is handing over.
        """
        self.state.now_us = now_us
        return replication.propose(self.state, commands)

    def read(self, read_id: int, now_us: int) -> bool:
        """Ask for a linearizable read (thesis 6.4); False when no leader is known here.

        The answer comes in `Ready.reads` or `Ready.reads_lost` under the same `read_id`.
        """
        self.state.now_us = now_us
        return reads.request(self.state, read_id)

    def transfer_leadership(self, target: int, now_us: int) -> str:
        """Hand over to `target`, or with 0 to whoever is furthest along; why not, or ""."""
        self.state.now_us = now_us
        return transfer.begin(self.state, target)

    def change_membership(self, members: Sequence[Member], now_us: int) -> str:
        """Begin to make `members` the members of the cluster; why not, or "".

        See `membership.begin`; `membership.with_learner` and its brothers make such lists.
        """
        self.state.now_us = now_us
        return membership.begin(self.state, members)

    def writing_since(self, since_us: int | None, now_us: int) -> None:
        """Since when a write to the card has been under way; None: none is."""
        self.state.now_us = now_us
        self.state.writing_since_us = since_us

    def card_room(self, room: Room, now_us: int) -> None:
        """What the card has room for, from now on."""
        self.state.now_us = now_us
        card.set_room(self.state, room)

    def write_refused(self, now_us: int) -> None:
        """The batches not reported as persisted were not written, for lack of room: none of them.

        `card_room` must follow, before `ready`.
        """
        self.state.now_us = now_us
        card.on_write_refused(self.state)

    def compacted(self, snapshot: SnapshotMeta, now_us: int) -> None:
        """The own snapshot is durable: entries that it holds may go."""
        self.state.now_us = now_us
        snapshotting.compacted(self.state, snapshot)

    def send_chunk(
        self,
        wanted: ChunkWanted,
        snapshot: SnapshotMeta,
        size_bytes: int,
        data: bytes,
        now_us: int,
    ) -> None:
        """A chunk that was wanted has been read; the snapshot has `size_bytes` in all."""
        self.state.now_us = now_us
        snapshotting.send_chunk(self.state, wanted, snapshot, size_bytes, data)

    def chunk_is_gone(self, wanted: ChunkWanted, now_us: int) -> None:
        """A chunk that was wanted cannot be read: its snapshot was removed."""
        self.state.now_us = now_us
        snapshotting.chunk_is_gone(self.state, wanted)

    def chunk_taken(
        self, leader_id: int, snapshot_index: int, offset_bytes: int, now_us: int
    ) -> None:
        """Of a snapshot that `leader_id` sends, everything before `offset_bytes` is here."""
        self.state.now_us = now_us
        snapshotting.answer_taken(self.state, leader_id, snapshot_index, offset_bytes)

    def install(self, snapshot: SnapshotMeta, leader_id: int, now_us: int) -> bool:
        """A snapshot that `leader_id` sent is durable, its state ready to be gone on from.

        False when the log is beyond it already: then its state must not be taken.
        """
        self.state.now_us = now_us
        installed = snapshotting.install(self.state, snapshot)
        snapshotting.answer_installed(self.state, leader_id, snapshot.index)
        return installed

    def persisted(self, number: int, now_us: int) -> None:
        """Batch `number` is durable, and every earlier one with it."""
        state = self.state
        state.now_us = now_us
        state.durability.persisted(number)
        if state.role is Role.LEADER:
            replication.commit_what_a_quorum_holds(state)
        elif state.role is Role.CANDIDATE:
            election.on_own_vote_durable(state)

    def peer_lost(self, peer: int, now_us: int) -> None:
        """The connection to `peer` dropped: a hint, if it leads; what was under way is lost."""
        self.state.now_us = now_us
        election.on_peer_lost(self.state, peer)
        replication.on_unreachable(self.state, peer)

    def unreachable(self, peer: int, now_us: int) -> None:
        """A message to `peer` was dropped before it left."""
        self.state.now_us = now_us
        replication.on_unreachable(self.state, peer)

    # --- out ----------------------------------------------------------------------------

    def ready(self) -> Ready:
        """Everything that is to be done now; see `Ready`. Each thing is handed out once."""
        state = self.state
        chunks_wanted: tuple[ChunkWanted, ...] = ()
        if state.doubt_id != 0:
            doubt.end_if_cleared(state)
        membership.go_on(state)
        if state.role is Role.LEADER:
            reads.start_round(state)
            replication.send_appends(state)
            chunks_wanted = snapshotting.take_chunks_wanted(state)
        elif state.role is Role.FOLLOWER:
            reads.ask_leader(state)
        batch = _take_batch(state)
        committed = _take_committed(state)
        state.log.free_some()
        if batch is None and not committed and not chunks_wanted and state.has_empty_outbox:
            return NOTHING
        ready = Ready(
            batch=batch,
            messages=tuple(state.messages),
            messages_after_persist=_take_after_persist(state),
            persist_number=state.durability.issued_number,
            committed=committed,
            reads=tuple(state.reads_ready),
            reads_lost=tuple(state.reads_lost),
            chunks_wanted=chunks_wanted,
            chunks_received=tuple(state.chunks_received),
            role_changes=tuple(state.role_changes),
        )
        state.messages = []
        state.messages_after_persist = []
        state.reads_ready = []
        state.reads_lost = []
        state.chunks_received = []
        state.role_changes = []
        return ready

    def next_deadline_us(self) -> int | None:
        """When `tick` must be called next; None when only the disk or a peer can move it."""
        state = self.state
        if state.role is not Role.LEADER:
            return state.election_deadline_us
        deadline_us = min(state.heartbeat_deadline_us, heartbeats.check_quorum_at_us(state))
        if state.transfer_target != 0:
            deadline_us = min(deadline_us, state.transfer_deadline_us)
        elif state.writing_since_us is not None:
            # Once it is over there is no need to look more often than with each heartbeat.
            stalled_us = state.writing_since_us + state.limits.disk_stall_us
            if stalled_us > state.now_us:
                deadline_us = min(deadline_us, stalled_us)
        return deadline_us

    # --- what the driver may look at ------------------------------------------------------

    @property
    def role(self) -> Role:
        """The role, `Role.LEARNER` for a follower without a vote."""
        return self.state.reported_role

    @property
    def current_term(self) -> int:
        """The latest term this replica has seen."""
        return self.state.current_term

    @property
    def leader_id(self) -> int:
        """The leader's replica id, 0 when none is known."""
        return self.state.leader_id

    @property
    def configuration(self) -> Configuration | None:
        """The configuration in force."""
        return self.state.configuration

    @property
    def has_more(self) -> bool:
        """Whether the next `ready()` will hand out committed entries or messages."""
        state = self.state
        return state.handed_out_index < state.commit_index or bool(state.messages)

    @property
    def is_handing_over(self) -> bool:
        """Whether a transfer is under way, so that no proposal is taken."""
        return self.state.transfer_target != 0

    @property
    def has_followers_to_catch_up(self) -> bool:
        """Whether a new snapshot would set back a follower that is catching up."""
        return snapshotting.someone_catches_up(self.state)

    def durable_indexes(self) -> tuple[int, ...]:
        """Up to where each voter holds the log durably, as far as this leader knows."""
        return replication.durable_indexes(self.state)

    def lease_until_us(self) -> int:
        """Until when the lamp may be blue; 0 when not at all."""
        return heartbeats.lease_until_us(self.state)

    def quorum_silence_us(self, now_us: int) -> int:
        """For how long neither a leader nor, while leading, a quorum was heard."""
        state = self.state
        if state.role is Role.LEADER:
            return max(0, now_us - heartbeats.quorum_heard_us(state))
        return max(0, now_us - state.leader_contact_us)


def _take_batch(state: ReplicaState) -> Batch | None:
    """What is not yet on its way to the card: new entries, a term or vote, word of a snapshot.

    Entries only if there is room for them.
    """
    if state.configuration is None:
        return None  # without a log there is nothing to which a term or vote could belong
    if state.room is Room.NONE:
        return None
    durability = state.durability
    hard_state = state.hard_state
    new_hard_state = hard_state if hard_state != durability.issued_hard_state else None
    snapshot, state.snapshot_to_log = state.snapshot_to_log, None
    if snapshot is not None:
        # What it holds need not be written any more, if it was not yet.
        durability.issued_index = max(durability.issued_index, snapshot.index)
    first_index = durability.issued_index + 1
    last_index = state.log.last_index if state.room is Room.ENOUGH else durability.issued_index
    if first_index > last_index and new_hard_state is None and snapshot is None:
        return None
    entries = state.log.between(first_index, last_index)
    number = durability.issue(
        last_index=last_index, hard_state=hard_state, has_snapshot=snapshot is not None
    )
    return Batch(number=number, hard_state=new_hard_state, entries=entries, snapshot=snapshot)


def _take_after_persist(state: ReplicaState) -> tuple[Message, ...]:
    """What waits for the batches issued so far; nothing where not even a vote can be written."""
    is_held_up = state.room is Room.NONE and (
        state.hard_state != state.durability.issued_hard_state or state.snapshot_to_log is not None
    )
    return () if is_held_up else tuple(state.messages_after_persist)


def _take_committed(state: ReplicaState) -> tuple[Entry, ...]:
    if state.handed_out_index == state.commit_index:
        return ()
    first_index = state.handed_out_index + 1
    last_index = min(state.commit_index, state.handed_out_index + state.limits.commit_count)
    state.handed_out_index = last_index
    return state.log.between(first_index, last_index)
