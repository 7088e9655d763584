"""Undervoltage: a weak supply or cable makes boards fail in ways that look like anything else."""

import re

from raftpi.doctor.board import Board
from raftpi.doctor.finding import Finding, advice, ok, problem, unknown

NAME = "power supply"
REMEDY = "take a better power supply and a short, thick cable (5.1 V at the board)"
# Bits of `vcgencmd get_throttled`: raspberrypi.com/documentation/computers/os.html
LOW_NOW, HOT_NOW = 1 << 0, 1 << 2
LOW_BEFORE, HOT_BEFORE = 1 << 16, 1 << 18


def check_power(board: Board) -> Finding:
    """What the firmware says, or the kernel's sensor for it."""
    return judge_power(throttled=_throttled(board), alarm=_alarm(board), is_pi=board.is_pi)


def judge_power(*, throttled: int | None, alarm: bool | None, is_pi: bool) -> Finding:
    """`throttled`: the firmware's bits; `alarm`: the kernel's; None for what cannot be read."""
    bits = throttled or 0
    if bits & LOW_NOW or alarm:
        return problem(NAME, "the voltage is too low right now", REMEDY)
    if bits & LOW_BEFORE:
        return advice(NAME, "the voltage was too low since power-on", REMEDY)
    if bits & (HOT_NOW | HOT_BEFORE):
        when = "now" if bits & HOT_NOW else "since power-on"
        return advice(NAME, f"slowed down by heat {when}", "give the board air or a heat sink")
    if throttled is None and alarm is None:
        text = "not readable here" if is_pi else "not a Raspberry Pi: nothing to read here"
        return unknown(NAME, text, "run this with sudo" if is_pi else "")
    return ok(NAME, "the voltage is right" + ("" if throttled is None else ", now and before"))


def _throttled(board: Board) -> int | None:
    found = re.search(r"throttled=0x([0-9a-fA-F]+)", board.run(["vcgencmd", "get_throttled"]) or "")
    return int(found[1], 16) if found else None


def _alarm(board: Board) -> bool | None:
    for name in board.names("sys/class/hwmon"):
        folder = f"sys/class/hwmon/{name}"
        if board.read(f"{folder}/name") == "rpi_volt":
            value = board.read(f"{folder}/in0_lcrit_alarm")
            return None if value is None else value != "0"
    return None
