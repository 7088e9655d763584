"""A client on virtual time: asks one board at a time, and retries with the same stamp."""

import random
from collections.abc import Callable

from raftpi.command import (
    CompareAndSwap,
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
from tests.linearizability.history import Kind, Operation, Outcome
from tests.virtual.cluster import VirtualCluster

SILENCE_US = 400_000


class VirtualClient:
    """One session; `history` collects what it saw. `busy` false: no new operations begin."""

    def __init__(
        self, cluster: VirtualCluster, number: int, keys: list[bytes], history: list[Operation]
    ) -> None:
        self.cluster = cluster
        self.number = number
        self.keys = keys
        self.history = history
        self.random = random.Random(cluster.mint())
        self.busy = True
        self.sequence = 0
        self.attempt = 0
        self.operation: Put | CompareAndSwap | Get | None = None
        self.called_at = 0
        self.board = 1
        self.seen: dict[bytes, bytes | None] = {}
        self.later(self.begin)

    def later(self, action: Callable[[], None]) -> None:
        delay_us = 1 + int(self.random.random() * 20_000)
        self.cluster.at(self.cluster.now_us + delay_us, action)

    def begin(self) -> None:
        if not self.busy:
            return
        key = self.random.choice(self.keys)
        unique = b"%d.%d" % (self.number, self.sequence)
        chance = self.random.random()
        if chance < 0.4:
            self.operation = Put(key=key, value=unique)
        elif chance < 0.6:
            self.operation = CompareAndSwap(key=key, expected=self.seen.get(key), value=unique)
        else:
            self.operation = Get(key=key)
        self.sequence += 1
        self.called_at = self.cluster.now_us
        self.ask()

    def ask(self) -> None:
        if self.operation is None:
            return
        self.attempt += 1
        request = (self, self.attempt)
        attempt = self.attempt
        self.cluster.at(self.cluster.now_us + SILENCE_US, lambda: self.on_silence(attempt))
        if self.cluster.boards[self.board].node is None:
            self.move_on(0)
        elif isinstance(self.operation, Get):
            self.cluster.ask(self.board, pack_query(self.operation), request)
        else:
            stamp = Stamp(
                session_id=self.number + 1,
                sequence=self.sequence,
                first_pending=self.sequence,
                began_index=0,
            )
            self.cluster.submit(self.board, pack_command(stamp, self.operation), request)

    def on_silence(self, attempt: int) -> None:
        if self.attempt == attempt and self.operation is not None:
            self.move_on(0)

    def move_on(self, leader: int) -> None:
        self.attempt += 1
        self.board = leader or self.random.choice(sorted(self.cluster.boards))
        self.later(self.ask)

    def on_outcome(self, attempt: int, outcome: object) -> None:
        """Take in what a board said; only the answer to the last attempt counts."""
        if self.operation is None or attempt != self.attempt:
            return
        if isinstance(outcome, Committed):
            result = unpack_result(outcome.result)
            assert isinstance(result, Written | NotWritten), result
            self.finish(isinstance(result, Written), None)
        elif isinstance(outcome, QueryAnswered):
            items = unpack_listing(outcome.body).items
            self.finish(bool(items), items[0].value if items else None)
        elif isinstance(outcome, NotLeading | Lost):
            self.move_on(outcome.leader)

    def finish(self, done: bool, value: bytes | None) -> None:
        operation, self.operation = self.operation, None
        assert operation is not None
        if isinstance(operation, Get):
            self.seen[operation.key] = value
        self.history.append(
            self.described(operation, Outcome(done=done, value=value), self.cluster.now_us)
        )
        self.later(self.begin)

    def give_up(self) -> None:
        """The run is over: what is under way has an unknown outcome."""
        if self.operation is not None and not isinstance(self.operation, Get):
            self.history.append(self.described(self.operation, None, None))
        self.operation = None

    def described(
        self, operation: Put | CompareAndSwap | Get, output: Outcome | None, at: int | None
    ) -> Operation:
        inputs: tuple[bytes | None, ...] = ()
        kind = Kind.GET
        if isinstance(operation, Put):
            kind, inputs = Kind.PUT, (operation.value,)
        elif isinstance(operation, CompareAndSwap):
            kind, inputs = Kind.CAS, (operation.expected, operation.value)
        return Operation(
            client=self.number,
            key=operation.key,
            kind=kind,
            inputs=inputs,
            output=output,
            called_at=self.called_at,
            returned_at=at,
        )
