"""Wi-Fi power save: a problem where members are reached by it."""

from pathlib import Path

import pytest

from raftpi.doctor.finding import Finding, Verdict
from raftpi.doctor.wifi import check_wifi, wifi_interfaces
from tests.doctor.fake_board import fake_board

IW = "iw dev wlan0 get power_save"
NM_NAME = "nmcli -g GENERAL.CONNECTION device show wlan0"
NM_SAVE = "nmcli -g 802-11-wireless.powersave connection show home"
FILES = {
    "sys/class/net/eth0/operstate": "up\n",
    "sys/class/net/wlan0/operstate": "up\n",
    "sys/class/net/wlan0/wireless/link": "",
}


def found(tmp_path: Path, commands: dict[str, str], used: str = "wlan0") -> Finding:
    findings = check_wifi(fake_board(tmp_path, files=FILES, commands=commands), frozenset({used}))
    assert len(findings) == 1
    return findings[0]


def test_a_board_without_a_radio_is_fine(tmp_path: Path) -> None:
    board = fake_board(tmp_path, files={"sys/class/net/eth0/operstate": "up"})
    assert wifi_interfaces(board) == []
    assert check_wifi(board, frozenset())[0].verdict is Verdict.OK


def test_power_save_on_the_way_to_members_is_a_problem_with_a_command(tmp_path: Path) -> None:
    finding = found(tmp_path, {IW: "Power save: on"})
    assert finding.verdict is Verdict.PROBLEM
    assert "iw dev wlan0 set power_save off" in finding.remedy


def test_power_save_elsewhere_is_advice(tmp_path: Path) -> None:
    assert found(tmp_path, {IW: "Power save: on"}, used="eth0").verdict is Verdict.ADVICE


def test_power_save_off_is_fine(tmp_path: Path) -> None:
    assert found(tmp_path, {IW: "Power save: off"}).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("2 (disable)", Verdict.OK),
        ("2", Verdict.OK),
        ("3", Verdict.PROBLEM),
        ("0 (default)", Verdict.UNKNOWN),
        ("1", Verdict.UNKNOWN),
        ("", Verdict.UNKNOWN),
    ],
)
def test_without_iw_network_manager_is_asked(tmp_path: Path, answer: str, verdict: Verdict) -> None:
    assert found(tmp_path, {NM_NAME: "home", NM_SAVE: answer}).verdict is verdict


def test_without_both_it_is_unknown(tmp_path: Path) -> None:
    finding = found(tmp_path, {})
    assert finding.verdict is Verdict.UNKNOWN
    assert "install iw" in finding.remedy


def test_a_radio_that_is_down_does_not_matter(tmp_path: Path) -> None:
    files = {
        "sys/class/net/wlan0/operstate": "down",
        "sys/class/net/wlan0/phy80211/name": "phy0",
    }
    board = fake_board(tmp_path, files=files, commands={IW: "Power save: on"})
    assert check_wifi(board, frozenset())[0].verdict is Verdict.OK
