"""The clock of all records: this machine's and all boards', for they share a kernel."""

import time


def now_us() -> int:
    """Microseconds of CLOCK_MONOTONIC."""
    return time.monotonic_ns() // 1000
