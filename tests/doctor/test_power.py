"""Undervoltage, from the firmware or the kernel."""

from pathlib import Path

import pytest

from raftpi.doctor.finding import Verdict
from raftpi.doctor.power import check_power
from tests.doctor.fake_board import fake_board

ASK = "vcgencmd get_throttled"
SENSOR = {"sys/class/hwmon/hwmon0/name": "cpu_thermal", "sys/class/hwmon/hwmon1/name": "rpi_volt"}


@pytest.mark.parametrize(
    ("answer", "verdict", "told"),
    [
        ("throttled=0x0", Verdict.OK, "is right, now and before"),
        ("throttled=0x50005", Verdict.PROBLEM, "too low right now"),
        ("throttled=0x50000", Verdict.ADVICE, "was too low"),
        ("throttled=0x40000", Verdict.ADVICE, "heat since power-on"),
        ("throttled=0x4", Verdict.ADVICE, "heat now"),
        ("throttled=0x20002", Verdict.OK, "is right"),
        ("error=1", Verdict.UNKNOWN, "not readable"),
    ],
)
def test_the_firmware_tells(tmp_path: Path, answer: str, verdict: Verdict, told: str) -> None:
    found = check_power(fake_board(tmp_path, commands={ASK: answer}))
    assert found.verdict is verdict
    assert told in found.text


@pytest.mark.parametrize(("alarm", "verdict"), [("0\n", Verdict.OK), ("1\n", Verdict.PROBLEM)])
def test_the_kernel_tells_an_ordinary_user(tmp_path: Path, alarm: str, verdict: Verdict) -> None:
    files = {**SENSOR, "sys/class/hwmon/hwmon1/in0_lcrit_alarm": alarm}
    assert check_power(fake_board(tmp_path, files=files)).verdict is verdict


def test_where_nobody_tells_it_is_unknown(tmp_path: Path) -> None:
    on_pi = check_power(fake_board(tmp_path / "pi", files=SENSOR))
    assert (on_pi.verdict, on_pi.remedy) == (Verdict.UNKNOWN, "run this with sudo")
    assert "not a Raspberry Pi" in check_power(fake_board(tmp_path / "pc", is_pi=False)).text
