"""A text of which the newest lines, at the bottom, are always seen."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.events import Resize
from textual.widgets import Static


class TailText(VerticalScroll, can_focus=False):
    """Shows the end of a text, also after it grew or the terminal changed its size."""

    DEFAULT_CSS = """
    TailText { height: 1fr; scrollbar-size-vertical: 1; }
    TailText > Static { height: auto; }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._body = Static("", markup=False)

    def compose(self) -> ComposeResult:
        """The one text that holds all."""
        yield self._body

    def show(self, text: Text) -> None:
        """Show this text in place of the one before."""
        self._body.update(text)
        self.call_after_refresh(self.scroll_end, animate=False)

    def on_resize(self, _event: Resize) -> None:
        """Stay at the end."""
        self.call_after_refresh(self.scroll_end, animate=False)
