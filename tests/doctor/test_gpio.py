"""Whether the lamp's process can reach its pins."""

import os
from collections.abc import Sequence
from pathlib import Path

from raftpi.doctor.finding import Finding, Verdict
from raftpi.doctor.gpio import check_gpio
from tests.doctor.fake_board import fake_board

UNIT = "systemctl show --property=SupplementaryGroups --value raftpi-led"


def found(
    tmp_path: Path,
    *,
    modules: Sequence[str] = ("gpiozero", "lgpio"),
    members: str = "raftpi-led",
    gid: int | None = None,
    unit: str = "",
    is_pi: bool = True,
) -> Finding:
    gid = os.getegid() if gid is None else gid
    files = {
        "dev/gpiochip0": "",
        "dev/gpiomem": "",
        "etc/group": f"root:x:0:\nnonsense\ngpio:x:{gid}:{members}\n",
    }
    return check_gpio(
        fake_board(tmp_path, files=files, modules=modules, commands={UNIT: unit}, is_pi=is_pi)
    )


def test_a_board_made_ready_is_fine(tmp_path: Path) -> None:
    finding = found(tmp_path)
    assert finding.verdict is Verdict.OK
    assert finding.text.startswith("gpiochip0;")


def test_the_unit_may_give_the_group(tmp_path: Path) -> None:
    assert found(tmp_path / "a", members="pi", unit="gpio").verdict is Verdict.OK
    finding = found(tmp_path / "b", members="pi")
    assert finding.verdict is Verdict.ADVICE
    assert "usermod -aG gpio raftpi-led" in finding.remedy


def test_a_missing_pin_library_is_a_problem_on_a_pi(tmp_path: Path) -> None:
    finding = found(tmp_path / "pi", modules=("gpiozero",))
    assert finding.verdict is Verdict.PROBLEM
    assert finding.remedy == "sudo apt install python3-lgpio"
    assert found(tmp_path / "pc", modules=(), is_pi=False).verdict is Verdict.ADVICE


def test_a_chip_of_another_group_gets_advice(tmp_path: Path) -> None:
    finding = found(tmp_path, gid=os.getegid() + 4711)
    assert finding.verdict is Verdict.ADVICE
    assert 'GROUP="gpio"' in finding.remedy


def test_no_chip_is_strange_on_a_pi_alone(tmp_path: Path) -> None:
    assert check_gpio(fake_board(tmp_path / "pi")).verdict is Verdict.UNKNOWN
    assert check_gpio(fake_board(tmp_path / "pc", is_pi=False)).verdict is Verdict.OK
