"""JSON, columns, and bytes that may be no text."""

import io
import sys

import pytest

from raftpi.cli import printing


def test_bytes_that_are_no_utf8_come_as_base64() -> None:
    assert printing.json_text("value", "ä".encode()) == {"value": "ä"}
    assert printing.json_text("value", b"\xff\x00") == {"value": None, "value_base64": "/wA="}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain", "plain"),
        ("ä✓".encode(), "ä✓"),
        (b"a\nb\t\x1b[0m", r"a\nb\t\x1b[0m"),
        (b"\xff", r"\xff"),
    ],
)
def test_what_is_shown_stays_on_one_line(data: bytes, text: str) -> None:
    assert printing.shown(data) == text


def test_columns_are_aligned() -> None:
    lines = printing.columns([("A", "N"), ("long", "1"), ("b", "100")], frozenset({1}))
    assert lines == ["A       N", "long    1", "b     100"]


class Screen(io.TextIOWrapper):
    """A terminal that keeps what was written."""

    def __init__(self, terminal: bool) -> None:
        self.bytes = io.BytesIO()
        self.terminal = terminal
        super().__init__(self.bytes, encoding="utf-8")

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(("terminal", "expected"), [(True, b"\xff\x00\n"), (False, b"\xff\x00")])
def test_raw_bytes_get_a_newline_on_a_terminal_only(
    terminal: bool, expected: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen(terminal)
    monkeypatch.setattr(sys, "stdout", screen)
    printing.print_raw(b"\xff\x00")
    assert screen.bytes.getvalue() == expected
