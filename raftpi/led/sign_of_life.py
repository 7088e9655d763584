"""The lamp's side of systemd's watchdog: a lamp that hangs would show the past for ever.

sd_notify(3), sd_watchdog_enabled(3). Without systemd nothing is said.
"""

import socket
from collections.abc import Callable, Mapping

SIGNS_PER_INTERVAL = 3


def open_sign_of_life(
    environment: Mapping[str, str], process_id: int
) -> Callable[[int], int | None]:
    """What the loop calls each time it went round; it says when it must again.

    The first call says that the lamp is lit.
    """
    address = environment.get("NOTIFY_SOCKET", "")
    interval = environment.get("WATCHDOG_USEC", "")
    is_ours = environment.get("WATCHDOG_PID", str(process_id)) == str(process_id)
    period_us = int(interval) // SIGNS_PER_INTERVAL if interval.isdecimal() and is_ours else 0
    if not address:
        return lambda now_us: None
    return _Signs(address, period_us).progress


class _Signs:
    def __init__(self, address: str, period_us: int) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._period_us = period_us
        self._next_us: int | None = None
        self._is_ready = False

    def progress(self, now_us: int) -> int | None:
        """A sign when one is due, at `period_us`; with none, only the first: ready."""
        if not self._is_ready:
            self._is_ready = True
            self._say("READY=1")
            self._next_us = now_us if self._period_us else None
        if self._next_us is not None and now_us >= self._next_us:
            self._say("WATCHDOG=1")
            self._next_us = now_us + self._period_us
        return self._next_us

    def _say(self, line: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.setblocking(False)
            try:
                channel.sendto(line.encode(), self._address)
            except OSError:
                return  # systemd may be re-executing itself; the next sign comes soon
