"""A client on virtual time: asks one board at a time, and again with the same stamp.

Its session is the client library's: one command at a time, a new session now and then, and
one that was evicted is unknown, never run as new.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from raftpi.command import (
    CompareAndSwap,
    Delete,
    Get,
    NotWritten,
    Put,
    Stamp,
    Written,
    pack_command,
    pack_query,
    unpack_listing,
    unpack_result,
)
from raftpi.node import Committed, Lost, NotLeading, QueryAnswered
from raftpi.node import Outcome as Answer
from raftpi.sim.chance import Chance
from raftpi.sim.cluster import VirtualCluster
from raftpi.sim.linearizability.history import Kind, Operation, Outcome
from raftpi.sim.violation import Violation

SECOND_US = 1_000_000
WAY_US = (100, 400)
BEFORE_RETRY_US = (1, 20_000)

Asked = Put | Delete | CompareAndSwap | Get


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What clients do: how many, on how many keys, how fast, and when they lose patience.

    `think_us`: the pause between two operations, on average. `silence_us`: when another board
    is asked. `patience_us`: when an operation is given up, its outcome unknown.
    `renewal`: the chance that a new session begins before an operation.
    """

    clients: int = 3
    keys: int = 10
    value_bytes: int = 8
    think_us: int = 30_000
    silence_us: int = 400_000
    patience_us: int = 3_000_000
    loss: float = 0.0
    renewal: float = 0.02


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt at an operation, as a board knows it."""

    client: "VirtualClient"
    operation: int
    attempt: int

    def answer(self, outcome: Answer) -> None:
        """The board's answer sets out for the client."""
        self.client.on_way_back(self, outcome)


class VirtualClient:
    """One session at a time; `history` collects what it saw. `busy` false: it begins no more."""

    def __init__(
        self,
        cluster: VirtualCluster,
        number: int,
        workload: Workload,
        history: list[Operation],
        chance: Chance,
    ) -> None:
        """Begins to work soon."""
        self.busy = True
        self.answered_count = 0
        self._cluster = cluster
        self._agenda = cluster.agenda
        self._trace = cluster.world.trace
        self._number = number
        self._workload = workload
        self._history = history
        self._chance = chance
        self._node_ids: Sequence[int] = sorted(cluster.boards)
        self._node_id = chance.pick(self._node_ids)
        self._session_id = chance.number()
        self._began_index = 0
        self._known_index = 0
        self._sequence = 0
        self._count = 0
        self._attempt = 0
        self._asked: Asked | None = None
        self._packed = b""
        self._called_us = 0
        self._seen: dict[bytes, bytes | None] = {}
        self._think()

    def give_up(self) -> None:
        """What is under way has an unknown outcome."""
        if self._asked is not None:
            self._told("unknown")
            self._record(self._asked, None)
        self._asked = None
        self._attempt += 1

    # --- asking -----------------------------------------------------------------------------

    def _think(self) -> None:
        self._agenda.after(1 + self._chance.below(2 * self._workload.think_us), self._begin)

    def _begin(self) -> None:
        if not self.busy:
            return
        if self._chance.happens(self._workload.renewal):
            self._renew()
        self._count += 1
        asked = self._draw()
        self._asked = asked
        if isinstance(asked, Get):
            self._packed = pack_query(asked)
        else:
            self._sequence += 1
            stamp = Stamp(
                session_id=self._session_id,
                sequence=self._sequence,
                first_pending=self._sequence,
                began_index=self._began_index,
            )
            self._packed = pack_command(stamp, asked)
        self._called_us = self._agenda.now_us
        self._ask()

    def _draw(self) -> Asked:
        key = b"key%d" % self._chance.below(self._workload.keys)
        value = b"%d.%d" % (self._number, self._count)
        value = value.ljust(self._workload.value_bytes, b" ")
        chance = self._chance.random()
        if chance < 0.35:
            return Put(key=key, value=value)
        if chance < 0.6:
            return CompareAndSwap(key=key, expected=self._seen.get(key), value=value)
        if chance < 0.65:
            return Delete(key=key)
        return Get(key=key)

    def _renew(self) -> None:
        self._session_id = self._chance.number()
        self._began_index = self._known_index
        self._sequence = 0

    def _ask(self) -> None:
        asked = self._asked
        if asked is None:
            return
        now_us = self._agenda.now_us
        if now_us - self._called_us > self._workload.patience_us:
            self.give_up()
            self._think()
            return
        self._attempt += 1
        attempt = self._attempt
        self._trace.client(now_us, self._number, f"asks pi{self._node_id} to {_shown(asked)}")
        self._agenda.after(self._workload.silence_us, lambda: self._on_silence(attempt))
        if self._chance.happens(self._workload.loss):
            return
        board = self._cluster.boards[self._node_id]
        call, packed = Call(self, self._count, attempt), self._packed
        is_query = isinstance(asked, Get)

        def arrive() -> None:
            if is_query:
                board.ask(call, packed)
            else:
                board.submit(call, packed)

        self._agenda.after(self._chance.between(*WAY_US), arrive)

    def _on_silence(self, attempt: int) -> None:
        if self._attempt == attempt and self._asked is not None:
            self._move_on(0)

    def _move_on(self, leader: int) -> None:
        self._attempt += 1
        self._node_id = leader or self._chance.pick(self._node_ids)
        operation = self._count

        def ask_again() -> None:
            if self._count == operation:
                self._ask()

        self._agenda.after(self._chance.between(*BEFORE_RETRY_US), ask_again)

    # --- answers ----------------------------------------------------------------------------

    def on_way_back(self, call: Call, answer: Answer) -> None:
        """An answer has left a board; it may get lost."""
        if not self._chance.happens(self._workload.loss):
            delay_us = self._chance.between(*WAY_US)
            self._agenda.after(delay_us, lambda: self._on_answer(call, answer))

    def _on_answer(self, call: Call, answer: Answer) -> None:
        """How the operation ended counts from any attempt; where to ask, from the last one."""
        asked = self._asked
        if asked is None or call.operation != self._count:
            return
        if isinstance(answer, NotLeading | Lost):
            if call.attempt == self._attempt:
                self._move_on(answer.leader)
        elif isinstance(answer, QueryAnswered):
            self._known_index = max(self._known_index, answer.index)
            items = unpack_listing(answer.body).items
            self._seen[asked.key] = items[0].value if items else None
            if items:
                self._finish(Outcome(done=True, value=items[0].value, revision=items[0].revision))
            else:
                self._finish(Outcome(done=False))
        elif isinstance(answer, Committed):
            self._known_index = max(self._known_index, answer.index)
            result = unpack_result(answer.result)
            if isinstance(result, Written | NotWritten):
                done = isinstance(result, Written)
                self._finish(Outcome(done=done, revision=result.revision))
            else:
                self.give_up()
                self._renew()
                self._think()
        else:
            raise Violation("error", f"client {self._number} was told {answer}")

    def _finish(self, outcome: Outcome) -> None:
        asked, self._asked = self._asked, None
        assert asked is not None
        self.answered_count += 1
        found = "" if outcome.value is None else f" {outcome.value.decode().rstrip()}"
        self._told(f"{'done' if outcome.done else 'not done'}{found} @{outcome.revision}")
        self._record(asked, outcome)
        self._think()

    def _told(self, text: str) -> None:
        self._trace.client(self._agenda.now_us, self._number, f"was told: {text}")

    def _record(self, asked: Asked, outcome: Outcome | None) -> None:
        kind, inputs = Kind.GET, ()  # type: tuple[Kind, tuple[bytes | None, ...]]
        if isinstance(asked, Put):
            kind, inputs = Kind.PUT, (asked.value,)
        elif isinstance(asked, CompareAndSwap):
            kind, inputs = Kind.CAS, (asked.expected, asked.value)
        elif isinstance(asked, Delete):
            kind = Kind.DELETE
        elif outcome is None:
            return
        self._history.append(
            Operation(
                client=self._number,
                key=asked.key,
                kind=kind,
                inputs=inputs,
                output=outcome,
                called_at=self._called_us / SECOND_US,
                returned_at=None if outcome is None else self._agenda.now_us / SECOND_US,
            )
        )


def _shown(asked: Asked) -> str:
    key = asked.key.decode()
    if isinstance(asked, Put):
        return f"put {key} {asked.value.decode().rstrip()}"
    if isinstance(asked, CompareAndSwap):
        expected = "(none)" if asked.expected is None else asked.expected.decode().rstrip()
        return f"cas {key} {expected} {asked.value.decode().rstrip()}"
    return f"{'get' if isinstance(asked, Get) else 'delete'} {key}"
