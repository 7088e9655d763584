"""The line in which commands are typed."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key
from textual.message import Message
from textual.widgets import Input

_HISTORY_COUNT = 100


class Prompt(Input):
    """Posts a `Line` for each Enter, empties itself at once, and recalls lines by up and down."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "recall(-1)", show=False),
        Binding("down", "recall(1)", show=False),
    ]

    class Line(Message):
        """A line was entered; it may be blank."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(id="prompt", placeholder="press / and type: SET temperature 72.5")
        self._history: list[str] = []
        self._history_at = 0

    async def key_enter(self, event: Key) -> None:
        """Here rather than by a binding, which would take effect after the keys behind it."""
        event.stop()
        await self.action_submit()

    async def action_submit(self) -> None:
        """Hand the line out, and begin the next one."""
        line, self.value = self.value.strip(), ""
        if line:
            self._history = [*self._history[-_HISTORY_COUNT + 1 :], line]
        self._history_at = len(self._history)
        self.post_message(self.Line(line))

    def action_recall(self, by: int) -> None:
        """The line before or after, in place of what is typed."""
        if not self._history:
            return
        self._history_at = min(max(self._history_at + by, 0), len(self._history))
        past = self._history[self._history_at :]
        self.value = past[0] if past else ""
        self.cursor_position = len(self.value)
