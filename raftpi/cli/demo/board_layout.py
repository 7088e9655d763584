"""How many boards stand side by side, and how much of each is drawn. Pure."""

from dataclasses import dataclass

# Of a roomy board with its border; it holds "term 12   commit 1048" and two peers' times.
ROOMY_COLUMNS = 25
ROOMY_LINES = 8
COMPACT_COLUMNS = 34
COMPACT_LINES = 2
TIGHT_LINES = 1
# Title, prompt and footer, and at least this much of what happened.
_OTHER_LINES = 3 + 8


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardLayout:
    """`columns` boards in a row; `board_lines` is the height of each."""

    columns: int
    compact: bool
    board_lines: int

    def height_lines(self, board_count: int) -> int:
        """The height of all boards together."""
        return -(-board_count // self.columns) * self.board_lines


def board_layout(width: int, height: int, board_count: int) -> BoardLayout:
    """The roomiest layout that leaves room for the events and the prompt."""
    columns = max(1, min(board_count, width // ROOMY_COLUMNS))
    rows = -(-board_count // columns)
    # Five boards stand as three and two, not as four and one.
    columns = -(-board_count // rows)
    roomy = BoardLayout(columns=columns, compact=False, board_lines=ROOMY_LINES)
    if width >= ROOMY_COLUMNS and roomy.height_lines(board_count) + _OTHER_LINES <= height:
        return roomy
    columns = max(1, min(board_count, width // COMPACT_COLUMNS))
    compact = BoardLayout(columns=columns, compact=True, board_lines=COMPACT_LINES)
    if compact.height_lines(board_count) + _OTHER_LINES <= height:
        return compact
    return BoardLayout(columns=columns, compact=True, board_lines=TIGHT_LINES)
