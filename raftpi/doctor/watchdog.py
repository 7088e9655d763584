"""The hardware watchdog: it restarts a board whose kernel hangs."""

import re

from raftpi.doctor.board import Board
from raftpi.doctor.finding import Finding, advice, ok, unknown

NAME = "watchdog"
LONGEST_ON_PI_S = 15.0
REMEDY = (
    "write RuntimeWatchdogSec=10 below [Manager] in /etc/systemd/system.conf.d/watchdog.conf, "
    "then: sudo systemctl daemon-reexec"
)
_UNITS_S = {
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86_400.0,
}


def check_watchdog(board: Board) -> Finding:
    """Whether there is one, and whether systemd feeds it."""
    value = board.run(["systemctl", "show", "--property=RuntimeWatchdogUSec", "--value"])
    return judge_watchdog(
        has_device=board.exists("dev/watchdog") or board.exists("dev/watchdog0"),
        interval_s=None if value is None else parse_span_s(value),
        state=board.read("sys/class/watchdog/watchdog0/state") or "",
        is_pi=board.is_pi,
    )


def judge_watchdog(
    *, has_device: bool, interval_s: float | None, state: str, is_pi: bool
) -> Finding:
    """`interval_s`: systemd's, 0 for none, None if nobody says; `state`: the kernel's, or ""."""
    if not has_device:
        text = "there is none on this machine: nobody restarts it when its kernel hangs"
        remedy = "put dtparam=watchdog=on into /boot/firmware/config.txt" if is_pi else ""
        return advice(NAME, text, remedy) if is_pi else ok(NAME, text)
    if interval_s is None:
        return unknown(NAME, "there is one; systemd does not say whether it feeds it")
    if interval_s == 0:
        return advice(NAME, "there is one, and it is off", REMEDY)
    text = f"on: the board restarts when its kernel hangs for {interval_s:g} s"
    if is_pi and interval_s > LONGEST_ON_PI_S:
        return advice(
            NAME,
            f"set to {interval_s:g} s, and a Pi's can wait for {LONGEST_ON_PI_S:g} s at most: it "
            "is refused and leaves none",
            REMEDY,
        )
    if state == "inactive":
        return advice(NAME, f"set to {interval_s:g} s, but the kernel says that it is off", REMEDY)
    return ok(NAME, text)


def parse_span_s(text: str) -> float | None:
    """A time span as systemctl prints it ("1min 30s", "0", "infinity"), None for anything else."""
    if text == "infinity":
        return 0.0
    if text.isdecimal():
        return int(text) * _UNITS_S["us"]
    total_s = 0.0
    parts = text.split()
    for part in parts:
        found = re.fullmatch(r"([0-9.]+)([a-z]+)", part)
        if not found or found[2] not in _UNITS_S:
            return None
        total_s += float(found[1]) * _UNITS_S[found[2]]
    return total_s if parts else None
