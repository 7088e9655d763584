"""`Node`: the core, the state machine and the clients' requests, put together.

The driver hands in what arrived, then calls `advance` once and does what it says. The same
class runs under the daemon's loop and in the simulator.
"""

from collections.abc import Mapping, Sequence

from raftpi.core import founding
from raftpi.core.configuration import Configuration
from raftpi.core.entry import Entry, EntryKind
from raftpi.core.founding import Founding
from raftpi.core.hello import Hello
from raftpi.core.limits import Limits
from raftpi.core.messages import Heartbeat, Message
from raftpi.core.raft import NOTHING, Raft
from raftpi.core.ready import HardState, Ready, Role, RoleChange
from raftpi.core.snapshot import SnapshotMeta
from raftpi.core.state import Random
from raftpi.node import narrative
from raftpi.node.address import AddressBook
from raftpi.node.card_job import JobDone, LookForSpace
from raftpi.node.census import Census
from raftpi.node.effects import NO_EFFECTS, Effects
from raftpi.node.event import Event
from raftpi.node.introduction import Introduction
from raftpi.node.lag import Lag
from raftpi.node.machine import StateMachine
from raftpi.node.newcomers import MemberChange, Newcomers
from raftpi.node.outbox import Outbox
from raftpi.node.preference import Preference
from raftpi.node.requests import Requests
from raftpi.node.scrubbing import NEVER_US, Scrubbing
from raftpi.node.snapshot_maker import SnapshotMaker
from raftpi.node.snapshots import Installed, NodeSnapshots
from raftpi.node.space import CardSpace

SNAPSHOT_ENTRY_COUNT = 50_000
SNAPSHOT_LOG_BYTES = 32 * 1024 * 1024


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
        snapshot: SnapshotMeta | None = None,
        limits: Limits | None = None,
        priorities: Mapping[int, int] | None = None,
        snapshot_entry_count: int = SNAPSHOT_ENTRY_COUNT,
        snapshot_log_bytes: int = SNAPSHOT_LOG_BYTES,
        scrub_pass_us: int = 0,
    ) -> None:
        """Go on from what recovery kept; `founding_of` is given for a fresh directory only.

        `machine` holds the state of `snapshot`, `entries` begin behind it. `priorities` tell which
        boards should lead (`preference`). A snapshot is made after so many entries, or bytes; the
        card is read back once in `scrub_pass_us`, 0 for never.
        """
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
            limits=limits,
            snapshot=snapshot,
        )
        self.census = Census(replica_id)
        self.lag = Lag()
        self.applied_index = snapshot.index if snapshot is not None else 0
        self.is_stopping = False
        self.refused_counts: dict[str, int] = {}
        self._applied_configuration = (
            (snapshot.configuration_index, snapshot.configuration) if snapshot is not None else None
        )
        self._addresses = AddressBook()
        is_founder = snapshot is None and bool(entries) and _is_named_in(entries[0], replica_id)
        self._introduction = Introduction(replica_id, node_id, self.census, is_founder=is_founder)
        self._outbox = Outbox(self._addresses, self._introduction)
        limit_count, limit_bytes = snapshot_entry_count, snapshot_log_bytes
        maker = SnapshotMaker(entry_limit_count=limit_count, log_limit_bytes=limit_bytes)
        self._snapshots = NodeSnapshots(self.raft, maker)
        self._events: list[Event] = []
        self.space = CardSpace(self.raft, self._outbox, self._events.append, self._snapshots)
        self._requests = Requests(
            self.raft, self.census, self._addresses, node_id, self.space, self.lag
        )
        self.scrubbing = Scrubbing(scrub_pass_us, now_us)
        self._newcomers = Newcomers(replica_id, node_id)
        self._preference = Preference(priorities or {})
        # A state that a leader's snapshot has taken the place of, until it is freed.
        self._former_machine: StateMachine | None = None
        self._told_founding = ""
        self._was_member = any(_is_named_in(entry, replica_id) for entry in entries)
        self._addresses.follow(self.raft.configuration, founding_of)

    # --- in: peers and card ---------------------------------------------------------------

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
        if configuration is None and self._addresses.cluster_id == 0:
            self._refuse("frame before the founding")
        elif cluster_id != self._addresses.cluster_id:
            self._refuse("frame of another cluster")
        elif message.receiver != self.replica_id:
            self._refuse("frame for another replica")
        elif self._addresses.board_of(message.sender) == 0:
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
        self.raft.persisted(number, now_us)
        self._introduction.follow(self.configuration, now_us)
        self._outbox.persisted(number)

    def job_done(self, done: JobDone, now_us: int) -> None:
        """A card job of an earlier `advance` was done."""
        if isinstance(done.job, LookForSpace):
            self.space.looked(now_us)
            return
        if done.scrub is not None:
            self._events.extend(self.scrubbing.done(done.scrub, now_us))
            self._snapshots.ask_for_own(self.scrubbing.wants_snapshot(self.applied_index, now_us))
            return
        result = self._snapshots.job_done(done, now_us)
        if isinstance(result, Installed):
            self._install(result, now_us)
        elif result is not None:
            self._events.append(narrative.snapshot_made(result.index))

    def log_has_air(self, air_bytes: int) -> None:
        """What the log's files take beyond the entries counts towards the next snapshot."""
        self._snapshots.log_has_air(air_bytes)

    def writing_since(self, since_us: int | None, now_us: int) -> None:
        """Since when a write of the log has been under way; None: none is."""
        self.raft.writing_since(since_us, now_us)

    # --- in: clients ------------------------------------------------------------------------

    def submit(self, request: object, command: bytes, now_us: int) -> None:
        """Take a command in, or say why not; the outcome comes with an `advance`."""
        self._requests.submit(request, command, self.machine, self.applied_index, now_us)

    def ask(self, request: object, query: bytes, now_us: int) -> None:
        """Take a query in, to be answered linearizably, or say why not."""
        self._requests.ask(request, query, self.machine, self.applied_index, now_us)

    def transfer(self, request: object, target_node_id: int, now_us: int) -> None:
        """Hand leadership to a board; 0 for whichever is furthest along."""
        self._requests.transfer(request, target_node_id, self.applied_index, now_us)

    def change_members(self, request: object, change: MemberChange, now_us: int) -> None:
        """Begin to add, remove, promote or replace a member, or say why not."""
        self._requests.change_members(request, change, self._newcomers, self.applied_index, now_us)

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
        preferred = self._preference.target(self.raft, now_us)
        if preferred:
            self.raft.transfer_leadership(preferred, now_us)
        self._requests.propose(self.applied_index, now_us)
        ready = self.raft.ready()
        self._follow_configuration()
        self._introduction.follow(self.configuration, now_us)
        if ready is not NOTHING:
            for change in ready.role_changes:
                self._on_role_change(change)
            self._outbox.put(ready)
            self._apply(ready)
            self._take_chunks(ready, now_us)
        self._requests.answer_reads(self.machine, self.applied_index)
        self._tend_snapshots()
        return self._take_effects(ready, now_us)

    def _take_effects(self, ready: Ready, now_us: int) -> Effects:
        jobs = self._snapshots.take_jobs() + self.scrubbing.take_job(now_us)
        if now_us >= self.space.due_us:
            jobs += self.space.take_job(now_us)
        sends = self._outbox.take()
        outcomes = self._requests.take_outcomes()
        has_more = self.raft.has_more
        if ready is NOTHING and not (jobs or sends or outcomes or self._events or has_more):
            return NO_EFFECTS  # most often so: answers to heartbeats come, and all is well
        events = tuple(self._events)
        self._events.clear()
        return Effects(
            batches=(ready.batch,) if ready.batch is not None else (),
            jobs=jobs,
            sends=sends,
            outcomes=outcomes,
            events=events,
            has_more=has_more,
        )

    def next_deadline_us(self) -> int | None:
        """When `advance` must be called at the latest; None for not before something arrives."""
        if self.configuration is None and self.founding is not None:
            return self.founding.next_deadline_us()
        raft_us = self.raft.next_deadline_us()
        card_us = min(self.scrubbing.due_us, self.space.due_us)
        deadline_us = card_us if raft_us is None else min(raft_us, card_us)
        return deadline_us if deadline_us < NEVER_US else None

    @property
    def acknowledged_bytes(self) -> int:
        """See `Requests`."""
        return self._requests.acknowledged_bytes

    def leader_node_id(self) -> int:
        """The board that leads, as far as this node knows; 0 for none."""
        return self._requests.leader_node_id()

    def board_of(self, replica_id: int) -> int:
        """The board that this replica lives on, 0 for a stranger."""
        return self._addresses.board_of(replica_id)

    def has_lost_memory(self) -> bool:
        """Whether this directory is fresh though its cluster exists: it must not vote."""
        return (
            self.configuration is None and self.founding is not None and self.founding.lost_memory
        )

    def is_removed(self) -> bool:
        """Whether this replica was a member and is none any more, as far as its log tells."""
        configuration = self.configuration
        return (
            self._was_member
            and configuration is not None
            and configuration.member(self.replica_id) is None
        )

    def snapshot_garbage_count(self) -> int:
        """How many snapshots came that were none."""
        return self._snapshots.garbage_count

    # --- within -----------------------------------------------------------------------------

    def _replica_on(self, node_id: int) -> int:
        configuration = self.configuration
        member = configuration.member_by_node_id(node_id) if configuration is not None else None
        return member.replica_id if member is not None else 0

    def _refuse(self, reason: str) -> None:
        self.refused_counts[reason] = self.refused_counts.get(reason, 0) + 1

    def _on_hello(self, hello: Hello, now_us: int) -> None:
        configuration = self.configuration
        if configuration is None:
            if self.founding is not None:
                self.founding.on_hello(hello, now_us)
                self._addresses.follow(None, self.founding)
        elif hello.fresh:
            event = self._newcomers.note(hello, configuration)
            if event is not None:
                self._events.append(event)
            answer = self._newcomers.answer(hello, configuration, self.raft.state.log)
            self._outbox.greet(hello.node_id, answer)
        elif hello.view == configuration.cluster_id:
            self._addresses.introduce(hello.sender, hello.node_id)

    def _advance_founding(self, now_us: int) -> None:
        born = self.founding
        if born is None:
            return
        for node_id, hello in born.tick(now_us):
            self._outbox.greet(node_id, hello)
        story = narrative.founding_story(born)
        if story is not None and story.text != self._told_founding:
            self._told_founding = story.text
            self._events.append(story)
        self._requests.has_lost_memory = self.has_lost_memory()
        if born.founded is not None:
            self._introduction.is_founder = True
            self.raft.found(founding.founding_entry(born.founded), now_us)

    def _follow_configuration(self) -> None:
        """Address and tell the configuration in force, when it is another than before."""
        configuration = self.configuration
        if configuration is None or not self._addresses.follow(configuration, self.founding):
            return
        self._requests.has_lost_memory = False
        self._was_member = self._was_member or configuration.member(self.replica_id) is not None
        if self.raft.state.log.configuration_index > 1:
            self._events.append(narrative.membership_changed(configuration))

    def _on_role_change(self, change: RoleChange) -> None:
        self._events.append(narrative.role_changed(change, self.configuration))
        if change.role is not Role.LEADER:
            self._requests.lead_lost()

    def _apply(self, ready: Ready) -> None:
        """Apply what is committed, and answer who waits for it."""
        if ready.committed:
            self._requests.begin_applying(ready.committed)
        apply, applied = self.machine.apply, self._requests.applied
        is_asked_for = self._requests.waiting.has_commands
        for entry in ready.committed:
            if entry.kind is EntryKind.COMMAND:
                result = apply(entry.index, entry.command)
                if is_asked_for:
                    applied(entry, result)
            elif entry.configuration is not None:
                self.machine.configure(entry.configuration.machine_settings)
                self._applied_configuration = (entry.index, entry.configuration)
            self.applied_index = entry.index
        self._snapshots.applied(ready)
        self._requests.confirm_reads(ready)

    def _take_chunks(self, ready: Ready, now_us: int) -> None:
        """Read the chunks of a snapshot that followers want, and take in those of a leader's."""
        self._snapshots.want(ready.chunks_wanted)
        for chunk in ready.chunks_received:
            self._snapshots.receive(chunk, self.machine, now_us)

    def _tend_snapshots(self) -> None:
        """Free what a snapshot took the place of, and begin one that is due."""
        if self._former_machine is not None and not self._former_machine.dismantle():
            self._former_machine = None
        if self._applied_configuration is not None:
            self._snapshots.begin_if_due(
                self.machine, self.applied_index, self._applied_configuration
            )

    def _install(self, installed: Installed, now_us: int) -> None:
        """A leader's snapshot is whole and durable: go on from its state, if that is ahead."""
        snapshot = installed.snapshot
        if not self.raft.install(snapshot, installed.leader_id, now_us):
            return
        self._snapshots.give_up_own()
        self._former_machine = self.machine
        self.machine = installed.machine
        self.applied_index = snapshot.index
        self._applied_configuration = (snapshot.configuration_index, snapshot.configuration)
        member = snapshot.configuration.member(installed.leader_id)
        name = member.name if member is not None else ""
        self._events.append(narrative.snapshot_installed(snapshot.index, name))


def _is_named_in(entry: Entry, replica_id: int) -> bool:
    configuration = entry.configuration
    return configuration is not None and configuration.member(replica_id) is not None
