"""Waiting until something holds, for no longer than it may take."""

import threading
import time
from collections.abc import Callable

POLL_S = 0.05


class TookTooLong(AssertionError):
    """What was waited for did not happen in time."""


def wait_until(
    condition: Callable[[], bool], what: str, timeout_s: float = 20, poll_s: float = POLL_S
) -> None:
    """Poll until `condition` holds. Raises TookTooLong, which says `what` was waited for."""
    pause = threading.Event()
    end_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() >= end_s:
            raise TookTooLong(f"waited {timeout_s:g} s in vain until {what}")
        pause.wait(poll_s)
