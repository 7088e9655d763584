"""One board on the screen: its lamp as the pins say, and its facts beside it."""

from rich.text import Text
from textual.widgets import Static

from raftpi.cli.demo.board_layout import ROOMY_LINES, TIGHT_LINES
from raftpi.cli.demo.board_view import BoardView, facts, short_facts
from raftpi.cli.demo.paint import ink_color, screen_color
from raftpi.lamp import Shade, describe, glyph


class BoardPanel(Static):
    """A board; redrawn only when what it shows has changed."""

    DEFAULT_CSS = """
    BoardPanel { border: round $surface-lighten-3; padding: 0 1; }
    BoardPanel.selected { border: heavy $accent; }
    BoardPanel.compact { border: none; padding: 0; }
    """

    def __init__(self, node_id: int, name: str) -> None:
        super().__init__(id=f"board-{node_id}", markup=False)
        self.node_id = node_id
        self.border_title = f"{node_id} {name}"
        self._lines = ROOMY_LINES
        self._drawn: object = None

    def select(self, selected: bool) -> None:
        """Mark this board as the one that the keys act on."""
        self.set_class(selected, "selected")
        self._drawn = None

    def set_height(self, lines: int) -> None:
        """Draw a roomy box, or without a border two lines or one."""
        self._lines = lines
        self.styles.height = lines
        self.set_class(lines < ROOMY_LINES, "compact")
        self._drawn = None

    def show(self, view: BoardView, shade: Shade) -> None:
        """Draw the board if anything changed."""
        if (view, shade) == self._drawn:
            return
        self._drawn = (view, shade)
        self.update(
            self._roomy(view, shade) if self._lines >= ROOMY_LINES else self._short(view, shade)
        )

    def _roomy(self, view: BoardView, shade: Shade) -> Text:
        lamp = f"{ink_color(shade)} on {screen_color(shade)}"
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append("     ", style=lamp).append(" ")
        text.append(view.role, style="bold").append("\n")
        text.append(f"  {glyph(view.lamp)}  ", style=lamp).append(" ")
        text.append(describe(view.lamp), style="dim").append("\n")
        style = "" if view.online else "dim"
        lines = facts(view)
        for line in lines[:-1]:
            text.append(line, style=style).append("\n")
        text.append(lines[-1], style="bold yellow")
        return text

    def _short(self, view: BoardView, shade: Shade) -> Text:
        chosen = self.has_class("selected")
        first, second = short_facts(view)
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append("▶" if chosen else " ", style="bold")
        text.append(f"{view.id}", style="bold reverse" if chosen else "bold")
        text.append(" ")
        text.append(f" {glyph(view.lamp)} ", style=f"{ink_color(shade)} on {screen_color(shade)}")
        text.append(f" {view.role}", style="bold").append(f" {first}")
        if self._lines > TIGHT_LINES:
            text.append(f"\n   {second}", style="dim")
        return text
