"""The demo without a terminal: boards and events as lines, commands from standard input."""

import os
import queue
import stat
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import IO

from raftpi.cli.demo.board_view import plain_line
from raftpi.cli.demo.commands import USAGE, Action, Command, Control, parse_line
from raftpi.cli.demo.scene import Scene
from raftpi.errors import UsageError

LOOK_EVERY_S = 0.05
# How long the first command waits for the first leader.
FIRST_LEADER_S = 20.0
# After the last command's answer, so that what it did is still seen.
LINGER_S = 1.0
_PENDING_AFTER_S = 0.5


def ends_with_input(stream: IO[str] | None) -> bool:
    """Whether the end of this input ends the demo: not for /dev/null or none at all."""
    if stream is None:
        return False
    try:
        mode = os.fstat(stream.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISCHR(mode) or stream.isatty()


class PlainFace:
    """Prints what changes and answers commands one after the other.

    `say` prints one line at once; `ending` is set by a signal; `clock_s` is monotonic.
    """

    def __init__(
        self,
        scene: Scene,
        say: Callable[[str], None],
        ending: threading.Event,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._scene = scene
        self._say = say
        self._ending = ending
        self._clock_s = clock_s
        self._lines: dict[int, str] = {}
        self._event_count = 0
        self._inbox: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def run(self, stream: IO[str] | None) -> None:
        """Go on until the scene is over, `quit` is read, or the input ends (see above)."""
        until_end = ends_with_input(stream)
        if stream is not None and until_end:
            threading.Thread(target=self._read, args=(stream,), daemon=True).start()
        self._wait(lambda: self._scene.watch.leader() is not None, FIRST_LEADER_S)
        while not self._scene.is_over():
            self._show_changes()
            try:
                line = self._inbox.get(timeout=LOOK_EVERY_S)
            except queue.Empty:
                continue
            if line is None or not self._obey(line):
                break
        self._wait(lambda: False, LINGER_S)

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._inbox.put(line)
        self._inbox.put(None)

    def _obey(self, line: str) -> bool:
        """Run one line and print its answer; False for `quit`."""
        try:
            command = parse_line(line)
        except UsageError as error:
            self._say(f"> {line.strip()}\n✗ {error}")
            return True
        if command is None:
            return True
        self._say(f"> {line.strip()}")
        if isinstance(command, Control) and command.action is Action.QUIT:
            return False
        if isinstance(command, Control) and command.action is Action.HELP:
            self._say("\n".join(USAGE.values()))
            return True
        self._await(command, self._begin(command))
        return True

    def _begin(self, command: Command) -> "Future[str]":
        return (
            self._scene.act(command) if isinstance(command, Control) else self._scene.ask(command)
        )

    def _await(self, command: Command, answer: "Future[str]") -> None:
        if not isinstance(command, Control):
            self._wait(answer.done, _PENDING_AFTER_S)
            if not answer.done() and not self._scene.is_over():
                self._say(self._scene.pending_text())
        self._wait(answer.done, None)
        if answer.done() and not answer.cancelled():
            self._show_changes()
            self._say(answer.result())

    def _wait(self, done: Callable[[], bool], limit_s: float | None) -> None:
        """Show what changes until `done`, the limit or the end."""
        began_s = self._clock_s()
        while not self._scene.is_over():
            self._show_changes()
            if done() or (limit_s is not None and self._clock_s() - began_s >= limit_s):
                return
            self._ending.wait(LOOK_EVERY_S)

    def _show_changes(self) -> None:
        watch = self._scene.watch
        events, self._event_count = watch.events_since(self._event_count)
        for event in events:
            self._say(event.line())
        for view in watch.views():
            line = plain_line(view)
            if self._lines.get(view.id) != line:
                self._lines[view.id] = line
                self._say(f"          {line}")
