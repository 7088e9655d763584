"""Waiting until something holds, for no longer than it may take."""

import threading
import time
from collections.abc import Callable

POLL_S = 0.05


class TookTooLong(AssertionError):
    """What was waited for did not happen in time."""


def wait_until(
    condition: Callable[[], bool], what: str, timeout_s: float = 20, poll_s: float = POLL_S
) -> float:
    """Poll until `condition` holds; how many seconds that took. Raises TookTooLong: not in time."""
    pause = threading.Event()
    start_s = time.monotonic()
    while not condition():
        if time.monotonic() - start_s >= timeout_s:
            raise TookTooLong(f"waited {timeout_s:g} s in vain until {what}")
        pause.wait(poll_s)
    return time.monotonic() - start_s
