"""Boards side by side where there is room, stacked and shrunk where there is not."""

import pytest

from raftpi.cli.demo.board_layout import board_layout
from raftpi.cli.demo.key_line import footer_lines


@pytest.mark.parametrize(
    ("size", "count", "columns", "board_lines"),
    [
        ((80, 24), 3, 3, 8),
        ((120, 40), 3, 3, 8),
        ((120, 40), 5, 3, 8),
        ((200, 50), 7, 7, 8),
        ((80, 24), 5, 2, 2),
        ((80, 24), 1, 1, 8),
        ((45, 30), 3, 1, 2),
        ((40, 60), 3, 1, 8),
        ((40, 20), 7, 1, 1),
        ((20, 10), 3, 1, 1),
    ],
)
def test_layouts(size: tuple[int, int], count: int, columns: int, board_lines: int) -> None:
    layout = board_layout(*size, count)
    assert (layout.columns, layout.board_lines) == (columns, board_lines)
    assert layout.height_lines(count) == -(-count // columns) * board_lines


def test_five_boards_stand_as_three_and_two() -> None:
    assert board_layout(105, 40, 5).columns == 3


@pytest.mark.parametrize("width", [38, 60, 78, 118])
def test_the_keys_are_all_named_and_fit(width: int) -> None:
    lines = footer_lines(width, typing=False)
    assert all(len(line) <= width for line in lines)
    for word in ("board", "kill", "restart", "heal", "slow", "rogue", "prompt", "quit"):
        assert word in " ".join(lines)
    assert len(lines) <= 3
    assert "Esc" in " ".join(footer_lines(width, typing=True))
