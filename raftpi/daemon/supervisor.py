"""What systemd is told: ready, alive, busy with what, stopping (sd_notify(3)).

On a laptop or in a container nobody listens, and nothing is said.
"""

import socket
from collections.abc import Callable, Mapping

Notify = Callable[[str], object]
Complain = Callable[[str], None]

# How often the watchdog is fed within its interval. What passes between two signs of life is
# lost for what may go wrong unpunished: of 8 s, 7 s are left to a slow board.
SIGNS_PER_INTERVAL = 8


class Supervisor:
    """Speaks to systemd, or to nobody; no method raises or waits.

    Invariant: a sign of life is sent only by `progress`, thus by a loop that goes round.
    """

    def __init__(self, notify: Notify | None, watchdog_us: int | None, complain: Complain) -> None:
        """`notify` takes the lines of sd_notify(3), raising OSError; None: nobody listens.

        `watchdog_us` is the interval after which systemd gives the process up, None: never.
        `complain` is told once when systemd cannot be reached, until it can be again.
        """
        self._notify = notify
        self._interval_us = watchdog_us // SIGNS_PER_INTERVAL if watchdog_us else None
        self._complain = complain
        self._next_sign_us: int | None = None
        self._said = ""
        self._is_ready = False
        self._is_failing = False

    def ready(self, now_us: int) -> None:
        """Recovered and bound: from now on the watchdog counts, and `now_us` is a sign of life."""
        self._is_ready = True
        self._send("READY=1")
        self._sign(now_us)

    def say(self, text: str) -> None:
        """The line that `systemctl status` shows; sent only when it changed."""
        line = " ".join(text.split())
        if line != self._said:
            self._said = line
            self._send(f"STATUS={line}")

    def progress(self, now_us: int) -> None:
        """The loop went round, all of it: a sign of life when the next one is due."""
        if self._next_sign_us is not None and now_us >= self._next_sign_us:
            self._sign(now_us)

    def next_deadline_us(self) -> int | None:
        """When the loop must have gone round again, even if nothing else happens."""
        return self._next_sign_us

    def reloading(self, now_us: int) -> None:
        """The keys are being read anew; `reloaded` must follow. `now_us` of the monotonic clock."""
        if self._is_ready:
            self._send(f"RELOADING=1\nMONOTONIC_USEC={now_us}")

    def reloaded(self) -> None:
        """Done with that, whether or not the new keys were any good."""
        if self._is_ready:
            self._send("READY=1")

    def stopping(self) -> None:
        """The daemon is on its way out, by itself or because it was told to."""
        self._send("STOPPING=1")

    def _sign(self, now_us: int) -> None:
        if self._interval_us is not None:
            self._next_sign_us = now_us + self._interval_us
            self._send("WATCHDOG=1")

    def _send(self, lines: str) -> None:
        if self._notify is None:
            return
        try:
            self._notify(lines)
        except OSError as error:
            # systemd may be re-executing itself: the watchdog must be fed again afterwards.
            if not self._is_failing:
                self._complain(f"cannot tell systemd {lines.split()[0]}: {error}")
            self._is_failing = True
        else:
            self._is_failing = False


def open_supervisor(
    environment: Mapping[str, str], process_id: int, complain: Complain
) -> Supervisor:
    """The supervisor that systemd's variables in `environment` describe (sd_watchdog_enabled(3)).

    systemd-python carries the messages; where it is missing, a container whose engine listens
    (podman's --sdnotify) for example, a socket of our own does the same.
    """
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return Supervisor(None, None, complain)
    return Supervisor(_carrier(address), watchdog_us(environment, process_id=process_id), complain)


def watchdog_us(environment: Mapping[str, str], *, process_id: int) -> int | None:
    """The watchdog's interval in microseconds; None if there is none, or for another process."""
    interval = environment.get("WATCHDOG_USEC", "")
    if environment.get("WATCHDOG_PID", str(process_id)) != str(process_id):
        return None
    return int(interval) if interval.isdecimal() and int(interval) > 0 else None


def status_line(role: str, term: int, leader: str = "", trouble: str = "") -> str:
    """What to `say`, like "follower in term 4, pi2 leads".

    `role` as in a status, `leader` the known leader's name, `trouble` why a person must come.
    """
    line = f"{role.replace('_', '-')} in term {term}"
    if role != "leader":
        line += f", {leader} leads" if leader else ", hears no leader"
    return f"{line}; needs a person: {trouble}" if trouble else line


def _carrier(address: str) -> Notify:
    try:
        from systemd.daemon import notify
    except ImportError:
        return lambda lines: send_datagram(address, lines)
    return notify  # type: ignore[no-any-return]  # systemd-python is untyped


def send_datagram(address: str, lines: str) -> None:
    """One message of sd_notify(3) to the socket at `address`, a path or "@name". Raises OSError."""
    if address.startswith("@"):
        # The abstract namespace: unix(7).
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.setblocking(False)
        channel.sendto(lines.encode(), address)
