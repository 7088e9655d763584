"""Production nodes on virtual time: a network that can cut, lose and delay, and a virtual card.

Deterministic: every choice comes from one seed. After every step the invariants are checked.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from raftpi.core import invariants
from raftpi.core.entry import Entry
from raftpi.core.founding import Founding
from raftpi.core.hello import Hello
from raftpi.core.messages import AppendEntries, Message
from raftpi.core.ready import Batch, HardState, Role
from raftpi.core.timing import PROFILES
from raftpi.kv.machine import Machine
from raftpi.kv.settings import MachineSettings, pack_settings
from raftpi.node import Effects, Node, Outcome, Send

SETTINGS = pack_settings(MachineSettings())


@dataclass(slots=True)
class Card:
    """What one board's storage holds: all in `durable` survives a crash."""

    replica_id: int
    hard_state: HardState = field(default_factory=lambda: HardState(term=0, voted_for=0))
    entries: list[Entry] = field(default_factory=list)
    sync_us: int = 500

    def write(self, batch: Batch) -> None:
        if batch.hard_state is not None:
            self.hard_state = batch.hard_state
        if batch.entries:
            del self.entries[batch.entries[0].index - 1 :]
            self.entries.extend(batch.entries)


@dataclass(slots=True)
class Board:
    """One board: its card, and its node while it is up. `life` tells incarnations apart."""

    node_id: int
    card: Card
    node: Node | None = None
    life: int = 0
    writing: bool = False
    queue: list[Batch] = field(default_factory=list)
    wake_us: int | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    story: list[str] = field(default_factory=list)


class VirtualCluster:
    """`count` boards named pi1, pi2, …; run it by `run_for_us` or `run_until`."""

    def __init__(self, count: int, seed: int, *, start: bool = True) -> None:
        self.random = random.Random(seed)
        self.now_us = 1_000_000
        self.events: list[tuple[int, int, Callable[[], None]]] = []
        self.order = 0
        self.founders = tuple((i, f"pi{i}") for i in range(1, count + 1))
        self.boards = {i: Board(i, Card(self.mint())) for i, _ in self.founders}
        self.blocked: set[tuple[int, int]] = set()
        self.loss = 0.0
        self.delay_us: Callable[[], int] = lambda: 200 + int(self.random.random() * 300)
        self.link_free_us: dict[tuple[int, int, bool], int] = {}
        self.reorder = False
        self.sent: list[tuple[int, int, Message | Hello]] = []
        self.committed_terms: dict[int, int] = {}
        self.newest_commit_term = 0
        if start:
            for node_id in self.boards:
                self.start(node_id)

    def mint(self) -> int:
        return 1 + int(self.random.random() * (1 << 62))

    # --- boards ---------------------------------------------------------------------------

    def start(self, node_id: int) -> None:
        board = self.boards[node_id]
        assert board.node is None
        board.life += 1
        board.writing, board.queue, board.wake_us = False, [], None
        card = board.card
        founding = None
        if not card.entries:
            founding = Founding(
                replica_id=card.replica_id,
                node_id=node_id,
                founders=self.founders,
                timing=PROFILES["wired"],
                machine_settings=SETTINGS,
                now_us=self.now_us,
            )
        board.node = Node(
            replica_id=card.replica_id,
            node_id=node_id,
            hard_state=card.hard_state,
            entries=tuple(card.entries),
            founding_of=founding,
            machine=Machine(),
            random=random.Random(self.mint()),
            now_us=self.now_us,
        )
        self.advance(board)

    def crash(self, node_id: int, *, hint: bool = False) -> None:
        """Power off; what was not synced is gone. With `hint` the others see the link drop."""
        board = self.boards[node_id]
        board.node = None
        board.life += 1
        if hint:
            for other in self.boards.values():
                if other.node is not None:
                    other.node.peer_lost(node_id, self.now_us)
                    self.advance(other)

    def throw_away_card(self, node_id: int) -> None:
        self.boards[node_id].card = Card(self.mint())

    def isolate(self, node_id: int) -> None:
        for other in self.boards:
            if other != node_id:
                self.blocked |= {(node_id, other), (other, node_id)}

    def heal(self) -> None:
        self.blocked.clear()

    def node(self, node_id: int) -> Node:
        node = self.boards[node_id].node
        assert node is not None
        return node

    def live(self) -> list[Node]:
        return [board.node for board in self.boards.values() if board.node is not None]

    def leader(self) -> int:
        """The board that leads the highest term, 0 for none."""
        leaders = [n for n in self.live() if n.raft.role is Role.LEADER]
        return max(leaders, key=lambda n: n.raft.current_term).node_id if leaders else 0

    # --- time -----------------------------------------------------------------------------

    def at(self, when_us: int, action: Callable[[], None]) -> None:
        self.order += 1
        heapq.heappush(self.events, (when_us, self.order, action))

    def run_until(self, condition: Callable[[], bool], limit_us: int = 10_000_000) -> bool:
        end_us = self.now_us + limit_us
        while not condition():
            if not self.events or self.events[0][0] > end_us:
                self.now_us = end_us
                return False
            when_us, _, action = heapq.heappop(self.events)
            self.now_us = max(self.now_us, when_us)
            action()
        return True

    def run_for_us(self, span_us: int) -> None:
        self.run_until(lambda: False, span_us)

    def elect(self) -> int:
        """Run until a leader has committed in its term; its node id."""

        def settled() -> bool:
            leader = self.leader()
            if not leader:
                return False
            state = self.node(leader).raft.state
            return state.log.term_at(state.commit_index) == state.current_term

        assert self.run_until(settled), "no leader in ten seconds"
        return self.leader()

    # --- clients --------------------------------------------------------------------------

    def submit(self, node_id: int, command: bytes, request: object = "asked") -> None:
        board = self.boards[node_id]
        self.node(node_id).submit(request, command, self.now_us)
        self.advance(board)

    def ask(self, node_id: int, query: bytes, request: object = "asked") -> None:
        self.node(node_id).ask(request, query, self.now_us)
        self.advance(self.boards[node_id])

    # --- the driver -------------------------------------------------------------------------

    def advance(self, board: Board) -> None:
        node = board.node
        if node is None:
            return
        before = invariants.view(node.raft.state)
        effects = node.advance(self.now_us)
        invariants.check_state(node.raft.state)
        invariants.check_step(before, node.raft.state)
        self.carry_out(board, effects)
        self.check_cluster()
        if effects.has_more:
            self.later(board, self.now_us)
        deadline_us = node.next_deadline_us()
        if deadline_us is not None and (board.wake_us is None or deadline_us < board.wake_us):
            self.later(board, deadline_us)

    def later(self, board: Board, when_us: int) -> None:
        life = board.life
        board.wake_us = when_us

        def wake() -> None:
            if board.life == life:
                board.wake_us = None
                self.advance(board)

        self.at(max(when_us, self.now_us + 1), wake)

    def carry_out(self, board: Board, effects: Effects) -> None:
        for outcome in effects.outcomes:
            if isinstance(outcome.request, tuple):
                client, attempt = outcome.request
                self.at(self.now_us + 100, partial(client.on_outcome, attempt, outcome))
            else:
                board.outcomes.append(outcome)
        board.story.extend(f"{self.now_us} {event.text}" for event in effects.events)
        board.queue.extend(effects.batches)
        if board.queue and not board.writing:
            self.write(board)
        for send in effects.sends:
            self.transmit(board.node_id, send)

    def write(self, board: Board) -> None:
        batches, board.queue = board.queue, []
        board.writing = True
        life = board.life

        def synced() -> None:
            if board.life != life or board.node is None:
                return
            for batch in batches:
                board.card.write(batch)
            board.writing = False
            before = invariants.view(board.node.raft.state)
            board.node.persisted(batches[-1].number, self.now_us)
            invariants.check_step(before, board.node.raft.state)
            self.advance(board)
            if board.queue and not board.writing:
                self.write(board)

        self.at(self.now_us + board.card.sync_us, synced)

    def transmit(self, source: int, send: Send) -> None:
        self.sent.append((source, send.node_id, send.message))
        if (source, send.node_id) in self.blocked or self.random.random() < self.loss:
            return
        when_us = self.now_us + self.delay_us()
        link = (source, send.node_id, send.bulk)
        if not self.reorder:
            when_us = max(when_us, self.link_free_us.get(link, 0) + 1)
            self.link_free_us[link] = when_us
        self.at(when_us, lambda: self.deliver(source, send))

    def deliver(self, source: int, send: Send) -> None:
        board = self.boards[send.node_id]
        if board.node is None or (source, send.node_id) in self.blocked:
            return
        before = invariants.view(board.node.raft.state)
        board.node.receive(send.cluster_id, send.message, self.now_us)
        invariants.check_state(board.node.raft.state)
        invariants.check_step(before, board.node.raft.state)
        self.advance(board)

    def check_cluster(self) -> None:
        states = [node.raft.state for node in self.live()]
        leaders: dict[int, int] = {}
        for state in states:
            if state.role is Role.LEADER:
                assert leaders.setdefault(state.current_term, state.replica_id) == state.replica_id
            for index in range(len(self.committed_terms) + 1, state.commit_index + 1):
                self.committed_terms[index] = state.log.term_at(index)
                self.newest_commit_term = max(self.newest_commit_term, state.current_term)

    def check_everything(self) -> None:
        """The costly invariants across all pairs; call it at the end, or now and then."""
        states = [node.raft.state for node in self.live()]
        invariants.check_cluster(states)
        for state in states:
            for index in range(state.log.first_index, state.commit_index + 1):
                assert state.log.term_at(index) == self.committed_terms[index]
            invariants.check_leader_completeness(
                self.committed_terms, state, self.newest_commit_term
            )

    def count_sent(self, kind: type) -> int:
        return sum(isinstance(message, kind) for _, _, message in self.sent)

    def appended_bytes(self) -> int:
        return sum(
            len(entry.command)
            for _, _, message in self.sent
            if isinstance(message, AppendEntries)
            for entry in message.entries
        )
