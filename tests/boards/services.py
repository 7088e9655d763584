"""systemd's units on a board, from outside: killed, asked, told."""

import os
import signal
from dataclasses import dataclass

from tests.boards.bench.board import Board
from tests.boards.clock import now_us

DAEMON = "raftpi.service"
LAMP = "raftpi-led.service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signalled:
    """A signal that was sent: when, just before; and to which process of the board."""

    at_us: int
    main_pid: int


def main_pid(board: Board, unit: str) -> int:
    """The unit's main process as the board counts it, 0 when it does not run."""
    return int(board.run("systemctl", "show", "--property=MainPID", "--value", unit))


def send_signal(board: Board, unit: str, number: signal.Signals) -> Signalled:
    """Signal a unit's main process from this machine, behind systemd's back."""
    inside = main_pid(board, unit)
    outside = board.process(inside)
    at_us = now_us()
    os.kill(outside, number)
    return Signalled(at_us=at_us, main_pid=inside)


def is_active(board: Board, unit: str) -> bool:
    """Whether the unit runs and is ready."""
    return board.attempt("systemctl", "is-active", "--quiet", unit).returncode == 0


def resident_mb(board: Board, unit: str) -> float:
    """The resident memory of the unit's main process, proc(5) VmRSS, in MB of 10^6 bytes."""
    status = board.path(f"/proc/{main_pid(board, unit)}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return int(fields["VmRSS"].split()[0]) * 1024 / 1e6


def journal(board: Board, unit: str, line_count: int = 30) -> str:
    """The end of a unit's journal."""
    words = ["journalctl", "--unit", unit, "--lines", str(line_count), "--no-pager"]
    return board.run(*words, "--output", "short-monotonic")
