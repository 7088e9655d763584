"""`Node`: the core, the state machine and the clients' requests, put together.

The driver hands in what arrived, then calls `advance` once and does what it says. The same
class runs under the daemon's loop and in the simulator.
"""

from collections import deque
from collections.abc import Sequence

from raftpi.core import founding
from raftpi.core.configuration import Configuration
from raftpi.core.entry import Entry, EntryKind
from raftpi.core.founding import Founding
from raftpi.core.hello import Hello
from raftpi.core.messages import AppendEntries, Heartbeat, Message
from raftpi.core.raft import Raft
from raftpi.core.ready import HardState, Ready, Role, RoleChange
from raftpi.core.state import Random
from raftpi.node import door, narrative
from raftpi.node.census import Census
from raftpi.node.effects import (
    Committed,
    Effects,
    Lost,
    NotLeading,
    Outcome,
    QueryAnswered,
    Refused,
    Send,
    TransferBegun,
)
from raftpi.node.event import Event
from raftpi.node.lag import Lag
from raftpi.node.machine import StateMachine
from raftpi.node.waiting import WaitingCommand, WaitingRead, WaitingRequests


class Node:
    """One replica of the cluster. Times are microseconds of the driver's monotonic clock."""

    def __init__(
        self,
        *,
        replica_id: int,
        node_id: int,
        hard_state: HardState,
        entries: Sequence[Entry],
        founding_of: Founding | None,
        machine: StateMachine,
        random: Random,
        now_us: int,
    ) -> None:
        """Go on from what recovery kept; `founding_of` is given for a fresh directory only."""
        self.replica_id = replica_id
        self.node_id = node_id
        self.machine = machine
        self.founding = founding_of
        self.raft = Raft(
            replica_id=replica_id,
            hard_state=hard_state,
            entries=entries,
            random=random,
            now_us=now_us,
        )
        self.census = Census(replica_id)
        self.waiting = WaitingRequests()
        self.lag = Lag()
        self.applied_index = 0
        self.is_stopping = False
        self.refused_counts: dict[str, int] = {}
        self._proposals: list[tuple[object, bytes]] = []
        self._proposed_bytes = 0
        self._held: deque[tuple[int, tuple[Message, ...]]] = deque()
        self._durable_number = 0
        self._sends: list[Send] = []
        self._outcomes: list[Outcome] = []
        self._events: list[Event] = []
        self._known_strangers: dict[int, int] = {}
        self._told_founding = ""

    # --- in: peers and disk ---------------------------------------------------------------

    @property
    def configuration(self) -> Configuration | None:
        """The configuration in force, None before the founding."""
        return self.raft.configuration

    def receive(self, cluster_id: int, message: Message | Hello, now_us: int) -> None:
        """Take in a frame from another board; what does not belong here is counted and dropped."""
        if isinstance(message, Hello):
            self._on_hello(message, now_us)
            return
        configuration = self.configuration
        if configuration is None:
            self._refuse("frame before the founding")
        elif cluster_id != configuration.cluster_id:
            self._refuse("frame of another cluster")
        elif message.receiver != self.replica_id:
            self._refuse("frame for another replica")
        elif configuration.member(message.sender) is None:
            self._refuse("frame of a stranger")
        else:
            self.census.heard(message.sender, now_us)
            self.raft.step(message, now_us)
            if isinstance(message, Heartbeat):
                last_index = self.raft.state.log.last_index
                self.lag.told(message.leader_commit_index, last_index, now_us)

    def peer_lost(self, node_id: int, now_us: int) -> None:
        """The connection to this board dropped."""
        replica_id = self._replica_on(node_id)
        if replica_id:
            self.census.lost(replica_id)
            self.raft.peer_lost(replica_id, now_us)

    def unreachable(self, node_id: int, now_us: int) -> None:
        """A bulk message to this board was dropped before it left."""
        replica_id = self._replica_on(node_id)
        if replica_id:
            self.raft.unreachable(replica_id, now_us)

    def persisted(self, number: int, now_us: int) -> None:
        """Batch `number` and all before it are durable: what waited for them may leave."""
        self._durable_number = max(self._durable_number, number)
        self.raft.persisted(number, now_us)
        while self._held and self._held[0][0] <= number:
            self._send_all(self._held.popleft()[1])

    # --- in: clients ------------------------------------------------------------------------

    def submit(self, request: object, command: bytes, now_us: int) -> None:
        """Take a command in, or say why not; the outcome comes with an `advance`."""
        if self._turned_away(request, now_us):
            return
        refusal = self.machine.refusal(command)
        if refusal:
            self._outcomes.append(Refused(request=request, reason=refusal))
            return
        self._proposals.append((request, command))
        self._proposed_bytes += len(command)

    def ask(self, request: object, query: bytes, now_us: int) -> None:
        """Take a query in, to be answered linearizably, or say why not."""
        if self._turned_away(request, now_us):
            return
        refusal = self.machine.query_refusal(query)
        if refusal:
            self._outcomes.append(Refused(request=request, reason=refusal))
            return
        read_id = self.waiting.add_read(WaitingRead(request=request, query=query))
        self.raft.read(read_id, now_us)

    def transfer(self, request: object, target_node_id: int, now_us: int) -> None:
        """Hand leadership to a board; 0 for whichever is furthest along."""
        if self.raft.role is not Role.LEADER:
            self._turned_away(request, now_us)
            return
        target = self._replica_on(target_node_id) if target_node_id else 0
        if target_node_id and not target:
            reason = f"there is no member with the id {target_node_id}"
        else:
            reason = self.raft.transfer_leadership(target, now_us)
        if reason:
            self._outcomes.append(Refused(request=request, reason=f"no transfer: {reason}"))
        else:
            self._outcomes.append(TransferBegun(request=request))

    def stop(self, now_us: int) -> None:
        """Prepare to stop: a leader hands over first. `may_exit` says when that is done."""
        self.is_stopping = True
        if self.raft.role is Role.LEADER and not self.raft.is_handing_over:
            self.raft.transfer_leadership(0, now_us)

    def may_exit(self) -> bool:
        """Whether a stopping node has nothing left to hand over."""
        return self.raft.role is not Role.LEADER or not self.raft.is_handing_over

    # --- out --------------------------------------------------------------------------------

    def advance(self, now_us: int) -> Effects:
        """Do what is due and say what the driver has to do; call it after every input."""
        if self.configuration is None:
            self._advance_founding(now_us)
        self.raft.tick(now_us)
        self._propose(now_us)
        ready = self.raft.ready()
        for change in ready.role_changes:
            self._on_role_change(change)
        self._hold_or_send(ready)
        self._apply(ready)
        effects = Effects(
            batches=(ready.batch,) if ready.batch is not None else (),
            sends=tuple(self._sends),
            outcomes=tuple(self._outcomes),
            events=tuple(self._events),
            has_more=self.raft.has_more_committed,
        )
        self._sends = []
        self._outcomes = []
        self._events = []
        return effects

    def next_deadline_us(self) -> int | None:
        """When `advance` must be called at the latest; None for not before something arrives."""
        if self.configuration is None and self.founding is not None:
            return self.founding.next_deadline_us()
        return self.raft.next_deadline_us()

    def leader_node_id(self) -> int:
        """The board that leads, as far as this node knows; 0 for none."""
        configuration = self.configuration
        member = configuration.member(self.raft.leader_id) if configuration is not None else None
        return member.node_id if member is not None else 0

    def has_lost_memory(self) -> bool:
        """Whether this directory is fresh though its cluster exists: it must not vote."""
        return (
            self.configuration is None and self.founding is not None and self.founding.lost_memory
        )

    # --- within -----------------------------------------------------------------------------

    def _replica_on(self, node_id: int) -> int:
        configuration = self.configuration
        member = configuration.member_by_node_id(node_id) if configuration is not None else None
        return member.replica_id if member is not None else 0

    def _refuse(self, reason: str) -> None:
        self.refused_counts[reason] = self.refused_counts.get(reason, 0) + 1

    def _turned_away(self, request: object, now_us: int) -> bool:
        configuration = self.configuration
        alive_count = self.census.alive_count(configuration, now_us) if configuration else 1
        if self.has_lost_memory():
            reason = "lost memory"
        else:
            reason = door.reason_to_turn_away(
                self.raft,
                now_us=now_us,
                alive_count=alive_count,
                waiting_count=self.waiting.count() + len(self._proposals),
                waiting_bytes=self.waiting.command_bytes + self._proposed_bytes,
                applied_index=self.applied_index,
            )
        if not reason:
            return False
        leader = self.leader_node_id()
        self._outcomes.append(
            NotLeading(
                request=request,
                leader=leader if leader != self.node_id else 0,
                reason=reason,
                alive_count=alive_count,
                voter_count=len(configuration.voters()) if configuration else 0,
            )
        )
        return True

    def _on_hello(self, hello: Hello, now_us: int) -> None:
        configuration = self.configuration
        if configuration is None:
            if self.founding is not None:
                self.founding.on_hello(hello, now_us)
            return
        if not hello.fresh:
            return
        member = configuration.member_by_node_id(hello.node_id)
        if (
            member is not None
            and member.replica_id != hello.sender
            and self._known_strangers.get(hello.node_id) != hello.sender
        ):
            self._known_strangers[hello.node_id] = hello.sender
            self._events.append(narrative.memory_lost_elsewhere(hello))
        answer = Hello(
            sender=self.replica_id,
            receiver=hello.sender,
            node_id=self.node_id,
            name="",
            fresh=False,
            view=configuration.cluster_id,
            settings_digest=0,
            configuration=self.raft.state.log.entry(1).configuration,
        )
        self._sends.append(Send(node_id=hello.node_id, cluster_id=0, message=answer, bulk=False))

    def _advance_founding(self, now_us: int) -> None:
        born = self.founding
        if born is None:
            return
        for node_id, hello in born.tick(now_us):
            self._sends.append(Send(node_id=node_id, cluster_id=0, message=hello, bulk=False))
        story = narrative.founding_story(born)
        if story is not None and story.text != self._told_founding:
            self._told_founding = story.text
            self._events.append(story)
        if born.founded is not None:
            self.raft.found(founding.founding_entry(born.founded), now_us)

    def _propose(self, now_us: int) -> None:
        if not self._proposals:
            return
        proposals, self._proposals = self._proposals, []
        self._proposed_bytes = 0
        index = self.raft.propose([command for _, command in proposals], now_us)
        if index == 0:
            for request, _ in proposals:
                self._turned_away(request, now_us)
            return
        term = self.raft.current_term
        for offset, (request, command) in enumerate(proposals):
            waiting = WaitingCommand(request=request, term=term, size_bytes=len(command))
            self.waiting.add_command(index + offset, waiting)

    def _on_role_change(self, change: RoleChange) -> None:
        self._events.append(narrative.role_changed(change, self.configuration))
        if change.role is not Role.LEADER:
            leader = self.leader_node_id()
            for request in self.waiting.take_all_commands():
                self._outcomes.append(Lost(request=request, leader=leader))

    def _hold_or_send(self, ready: Ready) -> None:
        self._send_all(ready.messages)
        if not ready.messages_after_persist:
            return
        if ready.persist_number <= self._durable_number:
            self._send_all(ready.messages_after_persist)
        else:
            self._held.append((ready.persist_number, ready.messages_after_persist))

    def _send_all(self, messages: Sequence[Message]) -> None:
        configuration = self.configuration
        if configuration is None:
            return
        for message in messages:
            member = configuration.member(message.receiver)
            if member is not None:
                self._sends.append(
                    Send(
                        node_id=member.node_id,
                        cluster_id=configuration.cluster_id,
                        message=message,
                        bulk=isinstance(message, AppendEntries),
                    )
                )

    def _apply(self, ready: Ready) -> None:
        """Apply what is committed, answer who waits for it, then the reads it makes possible."""
        voter_count = len(self.configuration.voters()) if self.configuration is not None else 0
        for entry in ready.committed:
            if entry.kind is EntryKind.COMMAND:
                result = self.machine.apply(entry.index, entry.command)
                request = self.waiting.take_command(entry.index, entry.term)
                if request is not None:
                    self._outcomes.append(
                        Committed(
                            request=request,
                            index=entry.index,
                            acks=self.raft.acknowledged_count(entry.index),
                            voter_count=voter_count,
                            result=result,
                        )
                    )
            elif entry.configuration is not None:
                self.machine.configure(entry.configuration.machine_settings)
            self.applied_index = entry.index
        for read in ready.reads:
            self.waiting.confirm_read(read.read_id, read.index)
        for read_id in ready.reads_lost:
            lost = self.waiting.reads.pop(read_id, None)
            if lost is not None:
                self._outcomes.append(Lost(request=lost.request, leader=self.leader_node_id()))
        for index, waiting in self.waiting.take_reads(self.applied_index):
            self._outcomes.append(
                QueryAnswered(
                    request=waiting.request, index=index, body=self.machine.query(waiting.query)
                )
            )
