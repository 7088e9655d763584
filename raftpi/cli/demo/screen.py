"""The demo's screen, on Textual: boards, events, answers, a prompt, and keys."""

from collections import deque
from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.events import Resize
from textual.widgets import Static

from raftpi.cli.demo.answer_list import AnswerList
from raftpi.cli.demo.board_layout import board_layout
from raftpi.cli.demo.board_panel import BoardPanel
from raftpi.cli.demo.commands import USAGE, Action, Command, Control, parse_line
from raftpi.cli.demo.key_line import footer_lines
from raftpi.cli.demo.prompt import Prompt
from raftpi.cli.demo.scene import Scene
from raftpi.cli.demo.tail_text import TailText
from raftpi.errors import UsageError

LOOK_EVERY_S = 0.05
SHOWN_EVENT_COUNT = 300
_SIDE_BY_SIDE_COLUMNS = 76


class DemoScreen(App[None]):
    """Draws the scene and turns keys into actions. Ends when the scene is over."""

    TITLE = "raftpi demo"
    AUTO_FOCUS = None
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { layout: vertical; }
    #title { height: 1; padding: 0 1; background: $primary-darken-2; color: $text; }
    #boards { layout: grid; grid-gutter: 0; height: auto; }
    #below { height: 1fr; layout: horizontal; }
    #below.stacked { layout: vertical; }
    #events, #answers { border-top: solid $surface-lighten-3; padding: 0 1; height: 1fr;
                        width: 1fr; background: $background; scrollbar-size-vertical: 1; }
    #prompt { border: none; height: 1; padding: 0 1; background: $surface; }
    #prompt:focus { background: $primary-darken-3; }
    #keys { height: auto; max-height: 3; padding: 0 1; background: $surface; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *[Binding(str(n), f"select({n})", show=False) for n in range(1, 10)],
        Binding("k", "deed('kill')", show=False),
        Binding("r", "deed('restart')", show=False),
        Binding("p", "deed('partition')", show=False),
        Binding("h", "deed('heal')", show=False),
        Binding("s", "deed('slow')", show=False),
        Binding("g", "deed('rogue')", show=False),
        Binding("a", "restart_all", show=False),
        # With priority they take effect before the next key is given to anybody, so a line
        # that is typed fast or pasted never becomes deeds; `check_action` says when they hold.
        Binding("slash,enter,colon", "prompt", show=False, priority=True),
        Binding("escape", "leave_prompt", show=False, priority=True),
        Binding("left", "step(-1)", show=False),
        Binding("right", "step(1)", show=False),
        Binding("q", "quit", show=False),
        Binding("ctrl+c,ctrl+q", "quit", show=False, priority=True),
    ]

    def __init__(self, scene: Scene, clock_us: Callable[[], int], hint: str = "") -> None:
        """`hint` stands in the title line: where the cluster lives."""
        super().__init__()
        self._scene = scene
        self._clock_us = clock_us
        self._hint = hint
        self._selected = min(scene.names)
        self._panels = {i: BoardPanel(i, name) for i, name in scene.names.items()}
        # Kept at hand: while the screen is taken down, a last look finds them all the same.
        self._title = Static("", id="title", markup=False)
        self._events = TailText(id="events")
        self._event_lines: deque[str] = deque(maxlen=SHOWN_EVENT_COUNT)
        self._answers = AnswerList()
        self._event_count = 0
        self._width = 80

    def compose(self) -> ComposeResult:
        """Title, boards, what happened beside what was answered, prompt, keys."""
        yield self._title
        with Container(id="boards"):
            yield from self._panels.values()
        with Horizontal(id="below"):
            yield self._events
            yield self._answers
        yield Prompt()
        yield Static("", id="keys", markup=False)

    def on_mount(self) -> None:
        """Begin to look."""
        self._events.border_title = "events"
        self._answers.border_title = "answers"
        self._select(self._selected)
        self._lay_out(self.size.width, self.size.height)
        self._show_keys()
        self.set_interval(LOOK_EVERY_S, self._look)

    def on_resize(self, event: Resize) -> None:
        """Put as many boards side by side as fit."""
        self._lay_out(event.size.width, event.size.height)

    # --- drawing ---------------------------------------------------------------------------

    def _look(self) -> None:
        if self._scene.is_over():
            self.exit()
            return
        watch = self._scene.watch
        for view in watch.views():
            self._panels[view.id].show(view, watch.shade(view.id))
        events, self._event_count = watch.events_since(self._event_count)
        if events:
            self._event_lines.extend(event.line() for event in events)
            self._events.show(Text("\n".join(self._event_lines), overflow="fold"))
        self._answers.refresh_answers(self._scene.pending_text(), self._clock_us())
        headline = f"{self.TITLE} · {self._scene.headline()}"
        if self._hint and len(headline) + len(self._hint) + 6 <= self.size.width:
            headline += f" · {self._hint}"
        self._title.update(Text(headline, no_wrap=True))

    def _lay_out(self, width: int, height: int) -> None:
        layout = board_layout(width, height, len(self._panels))
        boards = self.query_one("#boards")
        boards.styles.grid_size_columns = layout.columns
        boards.styles.grid_rows = str(layout.board_lines)
        boards.styles.height = layout.height_lines(len(self._panels))
        for panel in self._panels.values():
            panel.set_height(layout.board_lines)
        self.query_one("#below").set_class(width < _SIDE_BY_SIDE_COLUMNS, "stacked")
        self._width = width
        self._show_keys()

    def _show_keys(self) -> None:
        typing = self.focused is not None
        lines = footer_lines(max(20, self._width - 2), typing=typing)
        self.query_one("#keys", Static).update(Text("\n".join(lines), no_wrap=True))

    # --- keys --------------------------------------------------------------------------------

    def _select(self, node_id: int) -> None:
        self._selected = node_id
        for panel in self._panels.values():
            panel.select(panel.node_id == node_id)

    def action_select(self, node_id: int) -> None:
        """Choose the board that the keys act on."""
        if node_id in self._panels:
            self._select(node_id)

    def action_step(self, by: int) -> None:
        """Choose the board before or after."""
        ids = list(self._panels)
        self._select(ids[(ids.index(self._selected) + by) % len(ids)])

    def action_deed(self, name: str) -> None:
        """Do what the key says to the selected board."""
        self._act(Control(action=Action(name), board=self._selected))

    def action_restart_all(self) -> None:
        """Kill every board at once and start them again."""
        self._act(Control(action=Action.RESTART))

    def _act(self, control: Control, line: str = "") -> None:
        who = self._scene.names.get(control.board, "all" if control.board == 0 else "")
        said = line or f"{control.action.value} {who}"
        self._answers.ask(said, self._scene.act(control), self._clock_us())

    def action_prompt(self) -> None:
        """Type into the prompt from now on."""
        # Not `Widget.focus`: that takes effect only later.
        self.set_focus(self.query_one(Prompt))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In the prompt, `/` and Enter are the prompt's own; outside it, Esc does nothing."""
        if action == "prompt":
            return self.focused is None
        if action == "leave_prompt":
            return self.focused is not None
        return super().check_action(action, parameters)

    def action_leave_prompt(self) -> None:
        """Give the keys back their deeds; what was typed stays."""
        self.set_focus(None)

    def on_descendant_focus(self) -> None:
        """The keys mean something else now."""
        self._show_keys()

    def on_descendant_blur(self) -> None:
        """The keys mean something else now."""
        self._show_keys()

    # --- the prompt ----------------------------------------------------------------------------

    def on_prompt_line(self, line: Prompt.Line) -> None:
        """Run the line; the prompt stays open for the next."""
        if not line.text:
            self.action_leave_prompt()
            return
        try:
            command = parse_line(line.text)
        except UsageError as error:
            self._answers.say(line.text, f"✗ {error}")
            return
        if command is not None:
            self._run_line(line.text, command)

    def _run_line(self, line: str, command: Command) -> None:
        if not isinstance(command, Control):
            self._answers.ask(line, self._scene.ask(command), self._clock_us())
        elif command.action is Action.QUIT:
            self.exit()
        elif command.action is Action.HELP:
            self._answers.say(line, "\n".join(USAGE.values()))
        else:
            self._act(command, line)
