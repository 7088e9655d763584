"""Programs that run beside the boards while something is done to them."""

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.boards.bench.ssh import on_bench

END_LIMIT_S = 15


@contextmanager
def running(words: Sequence[str], log: Path) -> Iterator[None]:
    """Run a program where all boards can be reached; terminate it at the end.

    What it says goes to `log`. AssertionError if it ended before it was told to.
    """
    with log.open("ab") as said:
        process = subprocess.Popen(
            on_bench(words), stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
    try:
        yield
        assert process.poll() is None, f"{words} ended by itself:\n{log.read_text()[-3000:]}"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
