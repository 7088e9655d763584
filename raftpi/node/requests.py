"""Clients' requests: taken in or turned away at the door, proposed, and answered when they end."""

from bisect import bisect_left
from collections.abc import Sequence

from raftpi.core.entry import Entry
from raftpi.core.raft import Raft
from raftpi.core.ready import Ready, Role
from raftpi.node import door
from raftpi.node.address import AddressBook
from raftpi.node.census import Census
from raftpi.node.effects import (
    ChangeBegun,
    Committed,
    Lost,
    NotLeading,
    Outcome,
    QueryAnswered,
    Refused,
    TransferBegun,
)
from raftpi.node.lag import Lag
from raftpi.node.machine import StateMachine
from raftpi.node.newcomers import MemberChange, Newcomers
from raftpi.node.space import CardSpace
from raftpi.node.waiting import WaitingCommand, WaitingRead, WaitingRequests


class Requests:
    """What clients want of this node, from the door to the outcome.

    Invariant: every request that was taken in ends in exactly one outcome, or in none if the
    node ends first.
    """

    def __init__(
        self,
        raft: Raft,
        census: Census,
        addresses: AddressBook,
        node_id: int,
        space: CardSpace,
        lag: Lag,
    ) -> None:
        """Nobody waits. `space` is that of the own card, `lag` that of the own log."""
        self.waiting = WaitingRequests()
        self.has_lost_memory = False
        # Bytes of applied commands, of those that came into the log since the start.
        self.acknowledged_bytes = 0
        self._recovered_index = raft.state.log.last_index
        self._raft = raft
        self._census = census
        self._addresses = addresses
        self._node_id = node_id
        self._space = space
        self._lag = lag
        self._proposals: list[tuple[object, bytes]] = []
        self._proposed_bytes = 0
        self._asked: list[WaitingRead] = []
        # When the door was open last, and for how much more.
        self._open_us = -1
        self._open_count = 0
        self._open_bytes = 0
        self._durable_indexes: list[int] = []
        self._voter_count = 0
        self._outcomes: list[Outcome] = []

    def take_outcomes(self) -> tuple[Outcome, ...]:
        """How requests ended; each is given once."""
        outcomes, self._outcomes = self._outcomes, []
        return tuple(outcomes)

    # --- in ---------------------------------------------------------------------------------

    def submit(
        self,
        request: object,
        command: bytes,
        machine: StateMachine,
        applied_index: int,
        now_us: int,
    ) -> None:
        """Take a command in, or say why not."""
        # Those that came together are judged together: what the door looks at does not change
        # between them, or `propose` turns them away.
        if now_us != self._open_us or self._open_count <= 0 or self._open_bytes <= 0:
            if self.turned_away(request, applied_index, now_us, is_command=True):
                return
            self._open_us = now_us
            self._open_count = door.WAITING_LIMIT_COUNT - self._waiting_count()
            self._open_bytes = door.WAITING_LIMIT_BYTES - self._waiting_bytes()
        refusal = machine.refusal(command)
        if refusal:
            self._outcomes.append(Refused(request=request, reason=refusal))
            return
        self._proposals.append((request, command))
        self._proposed_bytes += len(command)
        self._open_count -= 1
        self._open_bytes -= len(command)

    def ask(
        self, request: object, query: bytes, machine: StateMachine, applied_index: int, now_us: int
    ) -> None:
        """Take a query in, or say why not; a follower that hears its leader answers too."""
        if not self._hears_leader(applied_index) and self.turned_away(
            request, applied_index, now_us
        ):
            return
        refusal = machine.query_refusal(query)
        if refusal:
            self._outcomes.append(Refused(request=request, reason=refusal))
            return
        self._asked.append((request, query))

    def transfer(
        self, request: object, target_node_id: int, applied_index: int, now_us: int
    ) -> None:
        """Hand leadership to a board; 0 for whichever is furthest along."""
        if self._raft.role is not Role.LEADER:
            self.turned_away(request, applied_index, now_us)
            return
        configuration = self._raft.configuration
        member = configuration.member_by_node_id(target_node_id) if configuration else None
        if target_node_id and member is None:
            reason = f"there is no member with the id {target_node_id}"
        else:
            target = member.replica_id if member is not None else 0
            reason = self._raft.transfer_leadership(target, now_us)
        if reason:
            self._outcomes.append(Refused(request=request, reason=f"no transfer: {reason}"))
        else:
            self._outcomes.append(TransferBegun(request=request))

    def change_members(
        self,
        request: object,
        change: MemberChange,
        newcomers: Newcomers,
        applied_index: int,
        now_us: int,
    ) -> None:
        """Begin to add, remove, promote or replace a member, or say why not."""
        configuration = self._raft.configuration
        if self._raft.role is not Role.LEADER or configuration is None:
            self.turned_away(request, applied_index, now_us)
            return
        members, reason = newcomers.members_after(change, configuration)
        if not reason:
            reason = self._raft.change_membership(members, now_us)
        if reason:
            self._outcomes.append(Refused(request=request, reason=f"no change: {reason}"))
        else:
            self._outcomes.append(ChangeBegun(request=request))

    # --- through ----------------------------------------------------------------------------

    def propose(self, applied_index: int, now_us: int) -> None:
        """Put what was taken in into the log, and have the reads confirmed."""
        if self._asked:
            asked, self._asked = self._asked, []
            read_id = self.waiting.add_reads(asked)
            if not self._raft.read(read_id, now_us):
                self._reads_lost(read_id)
        if not self._proposals:
            return
        proposals, self._proposals = self._proposals, []
        self._proposed_bytes = 0
        index = self._raft.propose([command for _, command in proposals], now_us)
        if index == 0:
            for request, _ in proposals:
                self.turned_away(request, applied_index, now_us, is_command=True)
            return
        term = self._raft.current_term
        for offset, (request, command) in enumerate(proposals):
            waiting = WaitingCommand(request, term, len(command))
            self.waiting.add_command(index + offset, waiting)

    def lead_lost(self) -> None:
        """This node leads no longer: what it has in its log may commit or not."""
        leader = self.leader_node_id()
        for request in self.waiting.take_all_commands():
            self._outcomes.append(Lost(request=request, leader=leader))

    def begin_applying(self, committed: Sequence[Entry]) -> None:
        """These are about to be applied; look how far each voter that counts holds the log."""
        if committed[-1].index > self._recovered_index:
            fresh = [entry.command for entry in committed if entry.index > self._recovered_index]
            self.acknowledged_bytes += sum(map(len, fresh))
        configuration = self._raft.configuration
        self._durable_indexes = sorted(self._raft.durable_indexes())
        self._voter_count = len(configuration.voters()) if configuration is not None else 0

    def applied(self, entry: Entry, result: bytes) -> None:
        """A command was applied: tell who waits for it, and on how many cards it is."""
        index = entry.index
        request = self.waiting.take_command(index, entry.term)
        if request is not None:
            durable = self._durable_indexes
            acks = len(durable) - bisect_left(durable, index)
            self._outcomes.append(
                Committed(
                    request=request,
                    index=index,
                    acks=acks,
                    voter_count=self._voter_count,
                    result=result,
                )
            )

    def confirm_reads(self, ready: Ready) -> None:
        """The core says which reads may be answered once applied, and which never will be."""
        for read in ready.reads:
            self.waiting.confirm_reads(read.read_id, read.index)
        for read_id in ready.reads_lost:
            self._reads_lost(read_id)

    def answer_reads(self, machine: StateMachine, applied_index: int) -> None:
        """Answer the reads whose index is applied."""
        if not self.waiting.confirmed_reads:
            return
        query, add = machine.query, self._outcomes.append
        for index, reads in self.waiting.take_reads(applied_index):
            for request, asked in reads:
                add(QueryAnswered(request=request, index=index, body=query(asked)))

    def _reads_lost(self, read_id: int) -> None:
        leader = self.leader_node_id()
        for request, _ in self.waiting.take_lost_reads(read_id):
            self._outcomes.append(Lost(request=request, leader=leader))

    # --- the door ---------------------------------------------------------------------------

    def leader_node_id(self) -> int:
        """The board that leads, as far as this node knows; 0 for none."""
        return self._addresses.board_of(self._raft.leader_id)

    def turned_away(
        self, request: object, applied_index: int, now_us: int, *, is_command: bool = False
    ) -> bool:
        """Whether the request is turned away here for now; its outcome then says why."""
        configuration = self._raft.configuration
        alive_count = self._census.alive_count(configuration, now_us) if configuration else 1
        if self.has_lost_memory:
            reason = "lost memory"
        else:
            reason = door.reason_to_turn_away(
                self._raft,
                now_us=now_us,
                is_quorum_alive=configuration is None
                or self._census.is_quorum_alive(configuration, now_us),
                waiting_count=self._waiting_count(),
                waiting_bytes=self._waiting_bytes(),
                applied_index=applied_index,
            )
        if not reason and is_command and self._is_full():
            member = configuration.member(self._raft.state.replica_id) if configuration else None
            reason = f"disk full on {member.name if member is not None else self._node_id}"
        if not reason:
            return False
        leader = self.leader_node_id()
        self._outcomes.append(
            NotLeading(
                request=request,
                leader=leader if leader != self._node_id else 0,
                reason=reason,
                alive_count=alive_count,
                voter_count=len(configuration.voters()) if configuration else 0,
            )
        )
        return True

    def _waiting_count(self) -> int:
        return self.waiting.count() + len(self._proposals) + len(self._asked)

    def _waiting_bytes(self) -> int:
        return self.waiting.command_bytes + self._proposed_bytes

    def _is_full(self) -> bool:
        return self._space.shortage is not None

    def _hears_leader(self, applied_index: int) -> bool:
        """Whether a read can be answered here: with a full card only what there is already."""
        raft = self._raft
        return (
            applied_index > 0
            and (not self._is_full() or self._lag.count(raft.state.log.last_index) == 0)
            and raft.role in (Role.FOLLOWER, Role.LEARNER)
            and raft.leader_id != 0
            and self._waiting_count() < door.WAITING_LIMIT_COUNT
        )
