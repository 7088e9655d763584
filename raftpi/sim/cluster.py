"""A cluster of production nodes on virtual time, with everything that can befall it."""

from collections.abc import Callable, Mapping

from raftpi.core.limits import Limits
from raftpi.core.messages import AppendEntries
from raftpi.core.ready import Role
from raftpi.core.timing import PROFILES, Timing
from raftpi.kv.settings import MachineSettings, pack_settings
from raftpi.node import Node, Send
from raftpi.node.node import SNAPSHOT_ENTRY_COUNT, SNAPSHOT_LOG_BYTES
from raftpi.sim.agenda import Agenda
from raftpi.sim.board import Board
from raftpi.sim.card import Card
from raftpi.sim.chance import Chance
from raftpi.sim.clocks import DriftingClock
from raftpi.sim.disk import VirtualDisk
from raftpi.sim.ledger import Ledger
from raftpi.sim.network import Network
from raftpi.sim.tearing import Tearing
from raftpi.sim.trace import Trace
from raftpi.sim.world import Parts, World

BEGINNING_US = 1_000_000
# How soon after a process has died the others' kernels know that its connections are gone.
HINT_US = (50, 500)
# systemd starts a daemon again that has stopped because of its card.
RESTART_US = 1_000_000
PATIENCE_US = 10_000_000


class VirtualCluster:
    """`count` boards named pi1, pi2, …; run it with `run_for_us` or `run_until`."""

    def __init__(
        self,
        count: int,
        seed: int,
        *,
        spares: int = 0,
        start: bool = True,
        keep_sent: bool = True,
        trace: Trace | None = None,
        parts: Parts | None = None,
        timing: Timing | None = None,
        machine_settings: MachineSettings | None = None,
        lease_reads: bool = False,
        segment_bytes: int = 256 * 1024,
        reserve_bytes: int = 16 * 1024,
        limits: Limits | None = None,
        priorities: Mapping[int, int] | None = None,
        snapshot_entry_count: int = SNAPSHOT_ENTRY_COUNT,
        snapshot_log_bytes: int = SNAPSHOT_LOG_BYTES,
    ) -> None:
        """Boards with good cards and true clocks; `start` starts them at once.

        `spares` boards more belong to nobody: they may be taken in as members later.
        `keep_sent` keeps every message in `sent`, for tests that count them.
        """
        chance = Chance(f"cluster {seed}")
        agenda = Agenda(BEGINNING_US)
        trace = trace if trace is not None else Trace()
        ledger = Ledger()
        network = Network(agenda, chance.stream("network"), trace, self._deliver)
        network.sent = [] if keep_sent else None
        self.world = World(
            agenda=agenda,
            chance=chance,
            trace=trace,
            ledger=ledger,
            network=network,
            parts=parts if parts is not None else Parts(),
            founders=tuple((i, f"pi{i}") for i in range(1, count + 1)),
            timing=timing if timing is not None else PROFILES["wired"],
            machine_settings=pack_settings(machine_settings or MachineSettings()),
            lease_reads=lease_reads,
            segment_bytes=segment_bytes,
            reserve_bytes=reserve_bytes,
            limits=limits if limits is not None else Limits(),
            priorities=priorities if priorities is not None else {},
            snapshot_entry_count=snapshot_entry_count,
            snapshot_log_bytes=snapshot_log_bytes,
        )
        self.agenda = agenda
        self.network = network
        self.boards: dict[int, Board] = {}
        for node_id in range(1, count + spares + 1):
            name = f"pi{node_id}"
            board = Board(self.world, node_id, name, self._new_card(name), DriftingClock())
            board.on_failure = self._on_failure
            self.boards[node_id] = board
        if start:
            for node_id in self.boards:
                self.start(node_id)

    def _new_card(self, name: str) -> Card:
        return Card(disk=VirtualDisk(), chance=self.world.chance.stream(f"card of {name}"))

    # --- boards -----------------------------------------------------------------------------

    def start(self, node_id: int) -> None:
        """Start a board that is down."""
        self.boards[node_id].start()

    def crash(
        self, node_id: int, *, hint: bool = False, tearing: Tearing = Tearing.SECTORS
    ) -> None:
        """Take a board's power; or with `hint` kill its process, so that the others see it."""
        board = self.boards[node_id]
        if hint:
            board.kill()
            self._drop_connections(node_id)
        else:
            board.lose_power(tearing)

    def throw_away_card(self, node_id: int) -> None:
        """Another card, fresh, in a board that is down.

        Once there is a cluster, its configuration names all boards: one that named the founders
        alone could found a second cluster, as it was told to.
        """
        board = self.boards[node_id]
        card = self._new_card(f"{board.name} {board.life}")
        card.sync_us, card.jitter = board.card.sync_us, board.card.jitter
        configured = self.world.founders
        if self.world.ledger.configuration is not None:
            configured = tuple((one.node_id, one.name) for one in self.boards.values())
        board.put_in(card, configured)

    def isolate(self, node_id: int) -> None:
        """Cut a board off from all others, both ways."""
        for other in self.boards:
            if other != node_id:
                self.network.cut(node_id, other)
                self.network.cut(other, node_id)

    def heal(self) -> None:
        """Every link is whole again."""
        self.network.heal()

    def node(self, node_id: int) -> Node:
        """The node of a board that is up."""
        node = self.boards[node_id].node
        assert node is not None, f"pi{node_id} is down"
        return node

    def live(self) -> list[Node]:
        """The nodes of all boards that are up."""
        return [board.node for board in self.boards.values() if board.node is not None]

    def leader(self) -> int:
        """The board that leads the highest term, 0 for none."""
        leaders = [node for node in self.live() if node.raft.role is Role.LEADER]
        if not leaders:
            return 0
        return max(leaders, key=lambda node: node.raft.current_term).node_id

    def advance(self, board: Board) -> None:
        """Let a node go on, after a test has told it something by itself."""
        board.advance()

    # --- time -------------------------------------------------------------------------------

    @property
    def now_us(self) -> int:
        """Virtual time."""
        return self.agenda.now_us

    def run_until(self, condition: Callable[[], bool], limit_us: int = PATIENCE_US) -> bool:
        """Go on until the condition holds; False if it does not in time."""
        return self.agenda.run_until(condition, limit_us)

    def run_for_us(self, span_us: int) -> None:
        """Go on for so long."""
        self.agenda.run_for(span_us)

    def elect(self) -> int:
        """Go on until a leader has committed in its term; its node id."""
        assert self.run_until(self._is_settled), "no leader in ten seconds"
        return self.leader()

    def _is_settled(self) -> bool:
        leader = self.leader()
        if not leader:
            return False
        state = self.node(leader).raft.state
        return state.log.term_at(state.commit_index) == state.current_term

    # --- clients ----------------------------------------------------------------------------

    def submit(self, node_id: int, command: bytes, request: object = "asked") -> None:
        """A client's command arrives at a board."""
        self.boards[node_id].submit(request, command)

    def ask(self, node_id: int, query: bytes, request: object = "asked") -> None:
        """A client's query arrives at a board."""
        self.boards[node_id].ask(request, query)

    # --- what is looked at ------------------------------------------------------------------

    @property
    def sent(self) -> list[tuple[int, int, object]]:
        """Every message sent so far, as (source, target, message)."""
        assert self.network.sent is not None, "this cluster does not keep what it sends"
        return self.network.sent  # type: ignore[return-value]  # a list of narrower tuples

    def count_sent(self, kind: type) -> int:
        """How many messages of this kind were sent."""
        return sum(isinstance(message, kind) for _, _, message in self.sent)

    def appended_bytes(self) -> int:
        """How many bytes of commands were sent."""
        return sum(
            len(entry.command)
            for _, _, message in self.sent
            if isinstance(message, AppendEntries)
            for entry in message.entries
        )

    def check_everything(self) -> None:
        """The costly invariants across all pairs; call it at the end, or now and then."""
        self.world.ledger.check_in_full(self.live())

    # --- within -----------------------------------------------------------------------------

    def _deliver(self, source: int, send: Send) -> None:
        self.boards[send.node_id].receive(source, send)

    def _drop_connections(self, node_id: int) -> None:
        for other in self.boards.values():
            if other.node_id != node_id and not self.network.is_cut(node_id, other.node_id):
                self._hint(other, node_id)

    def _hint(self, board: Board, lost: int) -> None:
        delay_us = self.world.chance.between(*HINT_US)
        self.agenda.after(delay_us, lambda: board.lose_peer(lost))

    def _on_failure(self, board: Board) -> None:
        """The process has ended by itself: connections drop, systemd starts it anew."""
        self._drop_connections(board.node_id)
        life = board.life

        def restart() -> None:
            if board.node is None and board.life == life:
                board.start()

        self.agenda.after(RESTART_US, restart)
