"""The running demo behind either face: the cluster, the watch, the store and the actions."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from raftpi.cli.demo.actions import RENEW_EVERY_S, Actions, Cluster
from raftpi.cli.demo.answers import (
    Done,
    Found,
    done_text,
    failure_text,
    found_text,
    no_answer_reason,
    pending_text,
)
from raftpi.cli.demo.commands import Action, Control, StoreCommand
from raftpi.cli.demo.watch import Watch
from raftpi.errors import RaftpiError
from raftpi.local.failures import DaemonDied

_CHECK_EVERY_S = 1.0
# How often lamps and silences are looked at while the feeds say nothing.
LOOK_EVERY_S = 0.05


class Store(Protocol):
    """The replicated store, asked from a thread that may wait."""

    def run(self, command: StoreCommand) -> Done | Found:
        """Run the command and wait for its outcome. Raises RaftpiError."""

    def close(self) -> None:
        """Let go of the sockets."""


class LivingCluster(Cluster, Protocol):
    """The cluster of the actions, which besides tells of daemons that ended by themselves."""

    def deaths(self) -> tuple[DaemonDied, ...]:
        """One error for each daemon that ended by itself since the last call."""


class Scene:
    """What the screen and the plain mode share. `close` before the cluster is stopped."""

    def __init__(
        self,
        *,
        names: dict[int, str],
        cluster: LivingCluster,
        watch: Watch,
        store: Store,
        actions: Actions,
        clock_us: Callable[[], int],
        ending: threading.Event,
    ) -> None:
        """`ending` is set when the demo ends: whoever sleeps in an action wakes."""
        self.names = names
        self.watch = watch
        self._cluster = cluster
        self._store = store
        self._actions = actions
        self._clock_us = clock_us
        self._ending = ending
        # One after the other, as they were typed: a GET sees the SET before it.
        self._store_thread = ThreadPoolExecutor(1, "store")
        # What is done to the cluster is done in order; only the rogue show goes on beside it.
        self._action_thread = ThreadPoolExecutor(1, "actions")
        self._rogue_thread = ThreadPoolExecutor(1, "rogue")
        self._watch_thread = ThreadPoolExecutor(1, "watch")
        self._watching: Future[None] | None = None
        self._check: Future[None] | None = None
        self._checked_us = self._renewed_us = clock_us()
        self._dead_count = 0
        self._ever_led = False
        # Why there is no cluster to show; whoever draws the scene ends when it is set.
        self.failure: RaftpiError | None = None

    def begin(self) -> None:
        """Watch the boards from now on, in a thread of its own."""
        self._watching = self._watch_thread.submit(self._watch_boards)

    def is_over(self) -> bool:
        """Whether the demo is to end: it was asked to, or there is nothing to show."""
        broken = self._watching is not None and self._watching.done()
        return self._ending.is_set() or self.failure is not None or broken

    def ask(self, command: StoreCommand) -> "Future[str]":
        """Run a command of the prompt; the future gives the answer's text and never raises."""
        return self._store_thread.submit(self._answer, command)

    def act(self, control: Control) -> "Future[str]":
        """Do something to the cluster; the future says how it went and never raises."""
        thread = self._rogue_thread if control.action is Action.ROGUE else self._action_thread
        return thread.submit(self._act, control)

    def pending_text(self) -> str:
        """What to show in place of an answer that is still awaited."""
        return pending_text(self.watch.alive(), len(self.names))

    def headline(self) -> str:
        """Who leads, in a few words."""
        leader = self.watch.leader()
        if leader is None:
            return "no leader"
        return f"{leader.name} leads term {leader.term}"

    def close(self) -> None:
        """Stop every thread that could still touch the cluster, then let go of the sockets.

        Raises what ended the watching, if anything did.
        """
        self._ending.set()
        every = (self._watch_thread, self._action_thread, self._rogue_thread, self._store_thread)
        for threads in every:
            threads.shutdown(wait=False, cancel_futures=True)
        # Ends the commands that still wait for an answer.
        self._store.close()
        for threads in every:
            threads.shutdown(wait=True)
        self.watch.close()
        if self._watching is not None and not self._watching.cancelled():
            self._watching.result()

    def _watch_boards(self) -> None:
        while not self._ending.is_set():
            self.watch.wait_and_look(LOOK_EVERY_S)
            self._ever_led = self._ever_led or self.watch.leader() is not None
            now_us = self._clock_us()
            due = now_us - self._checked_us >= _CHECK_EVERY_S * 1_000_000
            if due and (self._check is None or self._check.done()):
                self._checked_us = now_us
                self._check = self._begin_check()

    def _begin_check(self) -> "Future[None] | None":
        try:
            return self._action_thread.submit(self._look_after)
        except RuntimeError:
            return None  # the scene is being closed

    def _answer(self, command: StoreCommand) -> str:
        try:
            outcome = self._store.run(command)
        except RaftpiError as error:
            return failure_text(error, no_answer_reason(self.watch.alive(), len(self.names)))
        if isinstance(outcome, Done):
            return done_text(command, outcome)
        return found_text(command, outcome)

    def _act(self, control: Control) -> str:
        try:
            return self._actions.do(control)
        except (RaftpiError, OSError) as error:
            text = f"✗ {control.action.value}: {error}"
            self.watch.note(text)
            return text

    def _look_after(self) -> None:
        for death in self._cluster.deaths():
            self._dead_count += 1
            last = f": {death.last_lines[-1]}" if death.last_lines else ""
            self.watch.note(f"{death}{last}")
            if not self._ever_led and self._dead_count * 2 >= len(self.names):
                self.failure = death
        now_us = self._clock_us()
        if now_us - self._renewed_us >= RENEW_EVERY_S * 1_000_000:
            self._renewed_us = now_us
            self._actions.renew()
