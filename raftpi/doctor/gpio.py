"""The pins of the lamp: a chip, the group that may use it, and a library that can."""

from raftpi.doctor.board import Board
from raftpi.doctor.finding import Finding, advice, ok, problem, unknown

NAME = "GPIO"
GROUP, LAMP = "gpio", "raftpi-led"
PACKAGES = {"gpiozero": "python3-gpiozero", "lgpio": "python3-lgpio"}


def check_gpio(board: Board) -> Finding:
    """Whether the lamp's process can reach its pins."""
    chips = [name for name in board.names("dev") if name.startswith("gpiochip")]
    groups = _groups(board.read("etc/group") or "")
    chip_gid = (board.root / "dev" / chips[0]).stat().st_gid if chips else -1
    gid, members = groups.get(GROUP, (-1, ()))
    unit = board.run(["systemctl", "show", "--property=SupplementaryGroups", "--value", LAMP])
    return judge_gpio(
        chips=chips,
        is_pi=board.is_pi,
        chip_has_group=bool(chips) and chip_gid == gid,
        lamp_has_group=LAMP in members or GROUP in (unit or "").split(),
        missing=[name for name in PACKAGES if not board.has_module(name)],
    )


def judge_gpio(
    *,
    chips: list[str],
    is_pi: bool,
    chip_has_group: bool,
    lamp_has_group: bool,
    missing: list[str],
) -> Finding:
    """The two groups are `gpio`; `missing` lists modules of the pin factory."""
    if not chips:
        text = "there is no /dev/gpiochip*: no lamp can be wired to this machine"
        return unknown(NAME, text) if is_pi else ok(NAME, text)
    if missing:
        names = " and ".join(missing)
        packages = " ".join(PACKAGES[name] for name in missing)
        report = problem if is_pi else advice
        return report(
            NAME,
            f"Python cannot import {names}: the lamp stays dark",
            f"sudo apt install {packages}",
        )
    if not chip_has_group:
        return advice(
            NAME,
            f"/dev/{chips[0]} does not belong to the group {GROUP}, so only root drives the lamp",
            f'a udev rule: SUBSYSTEM=="gpio", KERNEL=="gpiochip*", GROUP="{GROUP}", MODE="0660"',
        )
    if not lamp_has_group:
        return advice(
            NAME,
            f"neither {LAMP}.service nor its user is in the group {GROUP}: the lamp stays dark",
            f"install {LAMP}.service, or: sudo usermod -aG {GROUP} {LAMP}",
        )
    return ok(NAME, f"{', '.join(chips)}; gpiozero and lgpio are there")


def _groups(text: str) -> dict[str, tuple[int, tuple[str, ...]]]:
    """(gid, members) of every group by name; group(5)."""
    groups: dict[str, tuple[int, tuple[str, ...]]] = {}
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) == 4 and fields[2].isdecimal():
            groups[fields[0]] = (int(fields[2]), tuple(filter(None, fields[3].split(","))))
    return groups
