"""The driver of one board: it does for a production node what the daemon's loop does.

Whatever reaches the node comes through here, and whatever it wants done is done here; after
each step the invariants are checked. This is the one place that knows the node's surface.
"""

from collections.abc import Callable
from typing import Protocol

from raftpi.core import invariants
from raftpi.core.configuration import Configuration
from raftpi.core.invariants import StepView
from raftpi.core.ready import Role
from raftpi.errors import NoSpace, RaftpiError, StorageFailure
from raftpi.node import Effects, Node, Outcome, Send
from raftpi.node.card_job import JobDone
from raftpi.node.newcomers import MemberChange
from raftpi.sim.card import Card
from raftpi.sim.clocks import DriftingClock
from raftpi.sim.disk import PowerCut
from raftpi.sim.make_node import make_node
from raftpi.sim.tearing import Tearing
from raftpi.sim.violation import Violation
from raftpi.sim.world import World
from raftpi.sim.writer import VirtualWriter
from raftpi.storage.shortage import Shortage
from raftpi.storage.store import Store

DIRECTORY = "/var/lib/raftpi"


class Asker(Protocol):
    """Who waits for an outcome; requests that are none go to `Board.outcomes`."""

    def answer(self, outcome: Outcome, /) -> None:
        """The board says how it ended."""


class Board:
    """One board: its card, its clock, and its node while it is up.

    `life` tells the incarnations of its process apart. `on_failure` is called when the process
    ends by itself because its card failed. `story` is its journal.
    Invariant: there is a writer exactly while there is a node.
    """

    def __init__(
        self, world: World, node_id: int, name: str, card: Card, clock: DriftingClock
    ) -> None:
        """Powered, but not started."""
        self.node_id = node_id
        self.name = name
        self.card = card
        self.clock = clock
        self.node: Node | None = None
        self.life = 0
        self.replica_id = 0
        # Its log's end was spoilt, and that it counts again is not yet on its card.
        self.is_in_doubt = False
        # A byte on its card is another than was written: it may refuse to start.
        self.is_rotten = False
        self.outcomes: list[Outcome] = []
        self.story: list[str] = []
        self.on_failure: Callable[[Board], None] = lambda board: None
        self._world = world
        self._writer: VirtualWriter | None = None
        self._wake_us: int | None = None
        self._view: StepView | None = None
        self._verified_index = 0
        self._known: tuple[int, Configuration] | None = None
        # The boards in its configuration file, itself with them.
        self._configured = self._with_me(world.founders)

    # --- power ------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the directory and run a node on it."""
        assert self.node is None, f"{self.name} runs already"
        self._begin_life()
        try:
            store = self._open()
        except PowerCut:
            self.power_went()
            return
        except (StorageFailure, NoSpace) as error:
            self._end_by_itself(error)
            return
        except RaftpiError as error:
            if not (self.card.disk.harmed or self.is_rotten):
                raise Violation("storage", f"{self.name} cannot start: {error}") from error
            self.tell(f"does not start: {error}")
            return
        recovered = store.recovered
        self.is_rotten = False
        self.is_in_doubt = self.is_in_doubt or recovered.hard_state.in_doubt
        self.replica_id = recovered.identity.replica_id
        for finding in recovered.findings:
            self.tell(f"{finding.path} at {finding.offset}: {finding.text}")
        last_index = recovered.first_index + len(recovered.entries) - 1
        self.tell(f"starts with entries up to {last_index}, term {recovered.hard_state.term}")
        self._writer = VirtualWriter(self._world.agenda, self.card, store, self)
        self.node = make_node(
            self._world,
            store,
            node_id=self.node_id,
            name=self.name,
            founders=self._configured,
            chance=self._world.chance.stream(f"{self.name} {self.life}"),
            now_us=self.local_us(),
        )
        self.told_shortage(store.shortage)
        self._writer.run(())  # what the start has left to do
        self.advance()

    def start_in_vain(self, effect_count: int, tearing: Tearing) -> None:
        """Begin to start, and lose the power after so many effects on the card."""
        self._begin_life()
        self.card.disk.cut_after(effect_count)
        try:
            self._open()
        except PowerCut:
            self.tell("loses its power while it starts")
        except RaftpiError as error:
            self.tell(f"does not start: {error}")
        else:
            self.tell("loses its power as soon as it has started")
        self.card.disk.crash(self.card.chance, tearing)

    def lose_power(self, tearing: Tearing = Tearing.SECTORS) -> None:
        """What was not synced may be gone; a write under way happens in part."""
        self._end("loses its power")
        self.card.disk.crash(self.card.chance, tearing)

    def kill(self) -> None:
        """SIGKILL: the process ends at once; the page cache lives on."""
        self._end("is killed")
        self.card.disk.kill()

    def tell(self, text: str) -> None:
        """A line of this board's journal, and of the trace."""
        now_us = self._world.agenda.now_us
        self.story.append(f"{now_us} {text}")
        self._world.trace.event(now_us, self.name, text)

    def known_configuration(self) -> tuple[int, Configuration] | None:
        """The last configuration in its log, with its index, also while the board is down."""
        if self.node is not None:
            self._note_configuration(self.node)
        return self._known

    def put_in(self, card: Card, configured: tuple[tuple[int, str], ...]) -> None:
        """Another card, while the board is down, with a configuration that names these boards."""
        assert self.node is None, f"{self.name} runs"
        self._configured = self._with_me(configured)
        self.card = card
        self.replica_id = 0
        self.is_in_doubt = False
        self.is_rotten = False
        self._known = None

    # --- in ---------------------------------------------------------------------------------

    def local_us(self) -> int:
        """What its clock shows now."""
        return self.clock.local_us(self._world.agenda.now_us)

    def receive(self, source: int, send: Send) -> None:
        """A frame of another board has arrived."""
        node = self.node
        world = self._world
        fate = "delivered" if node is not None else "lost"
        world.trace.message(world.agenda.now_us, fate, source, self.node_id, send.message)
        if node is not None:
            node.receive(send.cluster_id, send.message, self.local_us())
            self.advance()

    def submit(self, request: object, command: bytes) -> None:
        """A client's command has arrived; nobody hears it if the board is down."""
        if self.node is not None:
            self.node.submit(request, command, self.local_us())
            self.advance()

    def ask(self, request: object, query: bytes) -> None:
        """A client's query has arrived."""
        if self.node is not None:
            self.node.ask(request, query, self.local_us())
            self.advance()

    def transfer(self, request: object, target_node_id: int) -> None:
        """Somebody asks it to hand over."""
        if self.node is not None:
            self.node.transfer(request, target_node_id, self.local_us())
            self.advance()

    def change_members(self, request: object, verb: str, node_id: int) -> None:
        """Somebody asks it to change the membership."""
        if self.node is not None:
            change = MemberChange(verb=verb, node_id=node_id)
            self.node.change_members(request, change, self.local_us())
            self.advance()

    def lose_peer(self, node_id: int) -> None:
        """The connection to another board drops, or seems to."""
        if self.node is not None:
            self.node.peer_lost(node_id, self.local_us())
            self.advance()

    # --- out --------------------------------------------------------------------------------

    def advance(self) -> None:
        """Let the node do what is due, check it, and do what it says."""
        node = self.node
        if node is None:
            return
        writer = self._writer
        assert writer is not None
        since_us = writer.writing_since_us
        now_us = self.local_us()
        node.writing_since(None if since_us is None else self.clock.local_us(since_us), now_us)
        effects = node.advance(now_us)
        self._check(node)
        self._carry_out(node, writer, effects)
        if effects.has_more:
            self._wake_at(self._world.agenda.now_us)
        else:
            self._wake_in_time(node)

    def _carry_out(self, node: Node, writer: VirtualWriter, effects: Effects) -> None:
        """In the daemon's order: messages, the card, the clients, the journal."""
        world = self._world
        for send in effects.sends:
            world.ledger.note_message(send.message)
            if not world.network.transmit(self.node_id, send):
                node.unreachable(send.node_id, self.local_us())
        if effects.batches:
            writer.write(effects.batches)
        if effects.jobs:
            writer.run(effects.jobs)
        for outcome in effects.outcomes:
            request = outcome.request
            answer = getattr(request, "answer", None)
            if answer is not None:
                answer(outcome)
            elif request is not None:
                self.outcomes.append(outcome)
        for event in effects.events:
            self.tell(event.text)

    def _check(self, node: Node) -> None:
        """The invariants of this state, of the step that led to it, and of the cluster."""
        state = node.raft.state
        invariants.check_state(state)
        if self._view is not None:
            invariants.check_step(self._view, state)
        self._view = invariants.view(state)
        if self.is_in_doubt and not state.durability.durable_hard_state.in_doubt:
            self.is_in_doubt = False
        if state.role is Role.LEADER:
            self._world.ledger.note_leader(state)
        if state.commit_index > self._verified_index:
            self._verified_index = self._world.ledger.note_commits(state, self._verified_index)

    # --- time -------------------------------------------------------------------------------

    def _wake_in_time(self, node: Node) -> None:
        deadline_us = node.next_deadline_us()
        if deadline_us is None:
            return
        when_us = self.clock.virtual_us(deadline_us)
        if self._wake_us is None or when_us < self._wake_us:
            self._wake_at(when_us)

    def _wake_at(self, when_us: int) -> None:
        life = self.life
        when_us = max(when_us, self._world.agenda.now_us + 1)
        self._wake_us = when_us

        def wake() -> None:
            if self.life == life and self._wake_us == when_us:
                self._wake()

        self._world.agenda.at(when_us, wake)

    def _wake(self) -> None:
        """Something was due; but since then the deadline may have moved."""
        self._wake_us = None
        node = self.node
        if node is None:
            return
        deadline_us = node.next_deadline_us()
        has_more = node.raft.has_more
        if not has_more and deadline_us is not None and deadline_us > self.local_us():
            self._wake_in_time(node)
        else:
            self.advance()

    # --- the card ---------------------------------------------------------------------------

    def written(self, number: int) -> None:
        """The card has taken everything up to this batch."""
        if self.node is not None:
            self.node.persisted(number, self.local_us())
            self.advance()

    def job_done(self, done: JobDone) -> None:
        """The card has done another job."""
        if self.node is not None:
            self.node.job_done(done, self.local_us())
            self.advance()

    def write_refused(self, shortage: Shortage | None) -> None:
        """The card has no room for what was handed in."""
        if self.node is not None:
            self.node.space.write_refused(self.local_us())
            self.told_shortage(shortage)
            self.advance()

    def told_shortage(self, shortage: Shortage | None) -> None:
        """How full the card is now."""
        if self.node is not None:
            self.node.space.told(shortage, self.local_us())

    def card_failed(self, error: RaftpiError) -> None:
        """The daemon stops before any answer that relied on the card."""
        if not isinstance(error, StorageFailure | NoSpace) and not self.card.disk.harmed:
            raise Violation("storage", f"{self.name} cannot go on: {error}") from error
        self._end_by_itself(error)

    def card_recovered(self) -> None:
        """No stall and no error is under way any more."""
        self.card.recover()
        if self._writer is not None:
            self._writer.hurry()

    # --- lives ------------------------------------------------------------------------------

    def _begin_life(self) -> None:
        self.life += 1
        self._wake_us = None
        self._view = None
        self._verified_index = 0

    def _open(self) -> Store:
        return self._world.parts.store.open(
            disk=self.card.disk,
            directory=DIRECTORY,
            node_id=self.node_id,
            name=self.name,
            mint_replica_id=self._world.chance.number,
            segment_bytes=self._world.segment_bytes,
            reserve_bytes=self._world.reserve_bytes,
        )

    def _with_me(self, boards: tuple[tuple[int, str], ...]) -> tuple[tuple[int, str], ...]:
        me = (self.node_id, self.name)
        return boards if me in boards else (*boards, me)

    def _note_configuration(self, node: Node) -> None:
        configuration = node.configuration
        if configuration is not None:
            self._known = (node.raft.state.log.configuration_index, configuration)

    def _end(self, text: str) -> None:
        """The process is gone, at once; of work under way some effects have happened."""
        self.tell(text)
        writer, self._writer = self._writer, None
        self._lose_node()
        if writer is not None:
            try:
                writer.interrupt()
            except (StorageFailure, NoSpace) as error:
                self.tell(f"had just met: {error}")

    def _end_by_itself(self, error: RaftpiError) -> None:
        """The card failed; systemd will start the process again."""
        self.tell(f"stops: {error}")
        if self._writer is not None:
            self._writer.close()
        self._writer = None
        self._lose_node()
        self.card.disk.kill()
        self.on_failure(self)

    def power_went(self, tearing: Tearing = Tearing.SECTORS) -> None:
        """Its card would do no more (`VirtualDisk.cut_after`): that was the power, soon back."""
        self.tell("loses its power between two effects")
        if self._writer is not None:
            self._writer.close()
        self._writer = None
        self._lose_node()
        self.card.disk.crash(self.card.chance, tearing)
        self.on_failure(self)

    def _lose_node(self) -> None:
        if self.node is not None:
            self._note_configuration(self.node)
        self.node = None
        self.life += 1
