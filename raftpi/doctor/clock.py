"""The wall clock, which no decision of raftpi looks at: it only dates the journal's lines."""

from raftpi.doctor.board import Board
from raftpi.doctor.finding import Finding, ok, unknown

NAME = "clock"
HARMLESS = "raftpi decides by the monotonic clock alone, so a wrong date harms nothing but the "
HARMLESS += "journal's dates"


def check_clock(board: Board) -> Finding:
    """Whether there is a battery clock, and whether the time is synchronised."""
    battery = any(name.startswith("rtc") for name in board.names("sys/class/rtc"))
    answer = board.run(["timedatectl", "show", "--property=NTPSynchronized", "--value"])
    synchronised = {"yes": True, "no": False}.get(answer or "")
    if synchronised is None and board.exists("run/systemd/timesync/synchronized"):
        synchronised = True
    return judge_clock(battery=battery, synchronised=synchronised)


def judge_clock(*, battery: bool, synchronised: bool | None) -> Finding:
    """Information only: nothing here is a fault."""
    first = "a battery clock" if battery else "no battery clock, as usual on a Pi"
    if synchronised is None:
        return unknown(
            NAME, f"{first}; whether the time is synchronised cannot be told; {HARMLESS}"
        )
    second = "synchronised by NTP" if synchronised else "not synchronised"
    return ok(NAME, f"{first}; {second}; {HARMLESS}")
