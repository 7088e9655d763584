"""Whether there is a terminal to draw on."""

import os
import sys


def on_a_terminal() -> bool:
    """Whether there is a terminal that can draw, for both input and output."""
    return (
        sys.stdin is not None
        and sys.stdin.isatty()
        and sys.stdout.isatty()
        and os.environ.get("TERM", "") not in ("", "dumb")
    )
