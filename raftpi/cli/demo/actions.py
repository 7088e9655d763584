"""What the demo does to the cluster: kill, restart, cut off, slow down, and the pre-vote show."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from raftpi.cli.demo.commands import Action, Control
from raftpi.cli.demo.watch import Watch
from raftpi.errors import RaftpiError, UsageError

SLOW_MS = 500
ROGUE_MS = 5_000
# How long after its return a rogue node is watched, for it would disturb at once.
ROGUE_WATCH_S = 1.5
# Partitions and delays end by themselves, should the demo die before it heals them; a node
# grants ten minutes at most, so they are asked for again from time to time (`renew`).
_CHAOS_LASTS_MS = 600_000
RENEW_EVERY_S = 240.0


class Cluster(Protocol):
    """What the demo needs of `raftpi.local.LocalCluster`."""

    def kill(self, node_id: int) -> bool:
        """SIGKILL; False when it did not run."""

    def start_node(self, node_id: int) -> bool:
        """Start and wait until it answers; False when it ran already."""

    def running(self) -> tuple[int, ...]:
        """The ids of the nodes whose daemons live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Misbehaviour:
    """What a node is told to do to its own frames: drop those of `cut_from`, delay its own."""

    cut_from: tuple[int, ...] = ()
    delay_ms: int = 0
    duration_ms: int = _CHAOS_LASTS_MS


# Tells one node, by its id, how to misbehave. Raises RaftpiError.
TellNode = Callable[[int, Misbehaviour], None]


class Actions:
    """The keys' deeds. Each may take seconds: call `do` from a thread of its own, one at a time.

    `sleep` and `tell` are handed in for tests.
    """

    def __init__(
        self,
        cluster: Cluster,
        watch: Watch,
        names: dict[int, str],
        tell: TellNode,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._cluster = cluster
        self._watch = watch
        self._names = names
        self._tell = tell
        self._sleep = sleep
        self._cut: set[int] = set()
        self._slow: set[int] = set()

    def do(self, control: Control) -> str:
        """Do it, note it in the event log, and say how it went. Raises RaftpiError."""
        if control.board and control.board not in self._names:
            known = ", ".join(str(node_id) for node_id in self._names)
            raise UsageError(f"there is no board {control.board}; the boards are {known}")
        deeds: dict[Action, Callable[[int], str]] = {
            Action.KILL: self._kill,
            Action.RESTART: self._restart,
            Action.PARTITION: self._partition,
            Action.HEAL: self._heal,
            Action.SLOW: self._slow_down,
            Action.ROGUE: self._rogue,
        }
        return deeds[control.action](control.board)

    def renew(self) -> None:
        """Ask again for the partitions and delays that stand, before they end by themselves."""
        for node_id in sorted(self._cut | self._slow):
            if node_id not in self._cluster.running():
                continue
            try:
                self._apply(node_id, cut=node_id in self._cut, slow=node_id in self._slow)
            except RaftpiError as error:
                name = self._names[node_id]
                self._watch.note(f"✗ what was done to {name} will end by itself: {error}")

    def _kill(self, node_id: int) -> str:
        name = self._names[node_id]
        self._watch.note(f"{name} is killed (SIGKILL)")
        if not self._cluster.kill(node_id):
            return f"{name} did not run"
        self._forget(node_id)
        return f"{name} killed; r restarts it"

    def _restart(self, node_id: int) -> str:
        if node_id == 0:
            return self._restart_all()
        name = self._names[node_id]
        if node_id in self._cluster.running():
            self._watch.note(f"{name} is killed (SIGKILL) and started again")
            self._cluster.kill(node_id)
        else:
            self._watch.note(f"{name} is started again")
        self._forget(node_id)
        self._cluster.start_node(node_id)
        return f"{name} runs again"

    def _restart_all(self) -> str:
        self._watch.note("every board is killed (SIGKILL) at once")
        for node_id in self._names:
            self._cluster.kill(node_id)
            self._forget(node_id)
        failures = []
        for node_id in self._names:
            try:
                self._cluster.start_node(node_id)
            except RaftpiError as error:
                failures.append(f"{self._names[node_id]}: {error}")
        if failures:
            raise RaftpiError("; ".join(failures))
        self._watch.note("every board was started again")
        return "all boards run again; nothing acknowledged is lost: ask for a key"

    def _partition(self, node_id: int) -> str:
        name = self._names[node_id]
        self._require_running(node_id)
        self._apply(node_id, cut=True, slow=node_id in self._slow)
        self._watch.note(f"{name} is cut off from the others")
        return f"{name} cut off; h heals it"

    def _heal(self, node_id: int) -> str:
        asked = [node_id] if node_id else sorted(self._cut | self._slow)
        healed = []
        for one in asked:
            if one in self._cluster.running():
                self._apply(one, cut=False, slow=False)
                healed.append(self._names[one])
            else:
                self._forget(one)
        if not healed:
            return "nothing to heal (a killed board wants r, restart)"
        self._watch.note(f"healed: {', '.join(healed)}")
        return f"healed: {', '.join(healed)}"

    def _slow_down(self, node_id: int) -> str:
        name = self._names[node_id]
        self._require_running(node_id)
        self._apply(node_id, cut=node_id in self._cut, slow=True)
        self._watch.note(f"{name} sends everything {SLOW_MS} ms late")
        return f"{name} slowed by {SLOW_MS} ms; h heals it"

    def _rogue(self, node_id: int) -> str:
        """Cut a board off, let it come back by itself, and tell whether it disturbed anybody."""
        name = self._names[node_id]
        self._require_running(node_id)
        led = self._watch.leader()
        if led is not None and led.id == node_id:
            raise UsageError(f"{name} leads; a rogue node is one that does not: select another")
        others = tuple(other for other in self._names if other != node_id)
        self._tell(node_id, Misbehaviour(cut_from=others, duration_ms=ROGUE_MS))
        self._cut.discard(node_id)
        self._slow.discard(node_id)
        self._watch.mark(node_id, "rogue: cut off")
        seconds = ROGUE_MS // 1000
        self._watch.note(f"{name} goes rogue: cut off for {seconds} s")
        self._sleep(ROGUE_MS / 1000)
        if node_id not in self._cut and node_id not in self._slow:
            self._watch.mark(node_id, "")
        self._watch.note(f"{name} is back, and wants to lead")
        self._sleep(ROGUE_WATCH_S)
        said = self._verdict(name, led.id if led else 0, led.term if led else 0)
        self._watch.note(said)
        return said

    def _verdict(self, name: str, leader_id: int, term: int) -> str:
        now = self._watch.leader()
        if not leader_id or now is None:
            return f"{name} is back; there was no leader that it could have disturbed"
        leader = self._names[leader_id]
        if now.id == leader_id and now.term == term:
            return f"✓ {name} disturbed nobody: {leader} led all along, the term is still {term}"
        return (
            f"✗ the leader changed meanwhile: {leader} in term {term}, "
            f"now {self._names.get(now.id, now.name)} in term {now.term}"
        )

    def _apply(self, node_id: int, *, cut: bool, slow: bool) -> None:
        others = tuple(other for other in self._names if other != node_id)
        self._tell(
            node_id,
            Misbehaviour(
                cut_from=others if cut else (),
                delay_ms=SLOW_MS if slow else 0,
                duration_ms=_CHAOS_LASTS_MS if cut or slow else 0,
            ),
        )
        (self._cut.add if cut else self._cut.discard)(node_id)
        (self._slow.add if slow else self._slow.discard)(node_id)
        words = ["cut off"] * cut + [f"slow {SLOW_MS} ms"] * slow
        self._watch.mark(node_id, ", ".join(words))

    def _forget(self, node_id: int) -> None:
        # A new process begins well-behaved.
        self._cut.discard(node_id)
        self._slow.discard(node_id)
        self._watch.mark(node_id, "")

    def _require_running(self, node_id: int) -> None:
        if node_id not in self._cluster.running():
            raise UsageError(f"{self._names[node_id]} does not run; r restarts it")
