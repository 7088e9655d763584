"""Wi-Fi power save: with it on, an idle link answers after up to two seconds."""

import re

from raftpi.doctor.board import Board
from raftpi.doctor.finding import Finding, advice, ok, problem, unknown

NAME = "Wi-Fi power save"
REMEDY = (
    "sudo nmcli connection modify NAME 802-11-wireless.powersave 2 (2 means off), then up; at "
    "once, until the next start: sudo iw dev {} set power_save off"
)
# NetworkManager's values of 802-11-wireless.powersave: nm-settings(5).
NM_DISABLE, NM_ENABLE = "2", "3"


def wifi_interfaces(board: Board) -> list[str]:
    """The interfaces that are radios."""
    return [
        name
        for name in board.names("sys/class/net")
        if board.exists(f"sys/class/net/{name}/wireless")
        or board.exists(f"sys/class/net/{name}/phy80211")
    ]


def check_wifi(board: Board, used: frozenset[str]) -> list[Finding]:
    """One finding for each radio; `used`: the interfaces through which members are reached."""
    interfaces = wifi_interfaces(board)
    if not interfaces:
        return [ok(NAME, "there is no Wi-Fi here")]
    return [
        judge_wifi(
            interface,
            is_up=board.read(f"sys/class/net/{interface}/operstate") == "up",
            is_used=interface in used,
            power_save=_power_save(board, interface),
        )
        for interface in interfaces
    ]


def judge_wifi(interface: str, *, is_up: bool, is_used: bool, power_save: bool | None) -> Finding:
    """`power_save` None: nobody could say."""
    if not is_up and not is_used:
        return ok(NAME, f"{interface} is down")
    if power_save is None:
        return unknown(NAME, f"neither iw nor nmcli tells of {interface}", "sudo apt install iw")
    if not power_save:
        return ok(NAME, f"off on {interface}")
    remedy = REMEDY.format(interface)
    if is_used:
        text = f"on, on {interface}, which leads to other members: answers may take 2 s"
        return problem(NAME, text, remedy)
    return advice(NAME, f"on, on {interface}, which leads to no member", remedy)


def _power_save(board: Board, interface: str) -> bool | None:
    answer = board.run(["iw", "dev", interface, "get", "power_save"])
    found = re.search(r"Power save:\s*(on|off)", answer or "")
    if found:
        return found[1] == "on"
    connection = board.run(["nmcli", "-g", "GENERAL.CONNECTION", "device", "show", interface])
    if not connection:
        return None
    answer = board.run(
        ["nmcli", "-g", "802-11-wireless.powersave", "connection", "show", connection]
    )
    value = re.search(r"\d", answer or "")
    # Other values leave it to the driver, and then nothing is known.
    return {NM_DISABLE: False, NM_ENABLE: True}.get(value[0]) if value else None
