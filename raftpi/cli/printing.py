"""How the command prints: JSON, aligned columns, and bytes that may be no text."""

import sys
from collections.abc import Sequence


def print_json(value: object) -> None:
    """One JSON document on one line of standard output."""
    import json

    print(json.dumps(value, ensure_ascii=False), flush=True)


def json_text(name: str, data: bytes) -> dict[str, object]:
    """{name: text}; for bytes that are no UTF-8 {name: null, name_base64: …}."""
    try:
        return {name: data.decode("utf-8")}
    except UnicodeDecodeError:
        import base64

        return {name: None, f"{name}_base64": base64.b64encode(data).decode("ascii")}


def shown(data: bytes) -> str:
    """The bytes as one line of printable text, all else as \\xNN, \\n, \\t …"""
    text = data.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def print_raw(data: bytes) -> None:
    """The bytes as they are; followed by a newline where a person reads them."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    if sys.stdout.isatty():
        sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()


def columns(rows: Sequence[Sequence[str]], rights: frozenset[int] = frozenset()) -> list[str]:
    """The rows as lines with aligned columns; those numbered in `rights` to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if i in rights else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def print_line(text: str) -> None:
    """A line for people on standard output."""
    print(text, flush=True)


def print_note(text: str) -> None:
    """A line for people on standard error: `raftpi: …`."""
    print(f"raftpi: {text}", file=sys.stderr, flush=True)
