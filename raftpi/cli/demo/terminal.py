"""Whether there is a terminal to draw on."""

import os
import sys


def on_a_terminal() -> bool:
    """Whether there is a terminal that can draw, for input and both outputs.

    Textual draws on standard error: sent into a file, nothing would be seen.
    """
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return all(stream is not None and stream.isatty() for stream in streams) and os.environ.get(
        "TERM", ""
    ) not in ("", "dumb")
