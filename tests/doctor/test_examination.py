"""The whole examination, on boards that are not there."""

from pathlib import Path

import pytest

from raftpi.doctor import examination
from raftpi.doctor.cluster import Survey
from raftpi.doctor.examination import examine, problem_count
from raftpi.doctor.finding import Verdict
from raftpi.doctor.reach import Reach
from tests.doctor.configs import write_config
from tests.doctor.fake_board import fake_board

ALWAYS = [
    *("configuration", "Python", "processor", "clock", "Wi-Fi power save", "power supply"),
    *("watchdog", "GPIO"),
]


def test_without_a_configuration_the_board_itself_is_looked_at(tmp_path: Path) -> None:
    findings = examine(tmp_path / "nowhere.toml", fake_board(tmp_path, modules=("zmq", "msgpack")))
    assert [finding.name for finding in findings] == ALWAYS
    assert problem_count(findings) == 1
    assert findings[0].verdict is Verdict.PROBLEM


def test_everything_is_looked_at_and_wifi_counts_for_the_timing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reach_all(endpoints: list[str]) -> dict[str, Reach]:
        return {
            endpoint: Reach(endpoint=endpoint, address="10.0.0.2", round_trips_us=(2000,))
            for endpoint in endpoints
        }

    monkeypatch.setattr(examination, "reach_all", reach_all)
    monkeypatch.setattr(examination, "ask_members", lambda *_: Survey(error="nobody"))
    board = fake_board(
        tmp_path / "root",
        files={
            "sys/class/net/wlan0/operstate": "up",
            "sys/class/net/wlan0/wireless/x": "",
        },
        commands={
            "ip -j route get 10.0.0.2": '[{"dev": "wlan0"}]',
            "iw dev wlan0 get power_save": "Power save: on",
        },
        modules=("zmq", "msgpack"),
    )
    findings = {finding.name: finding for finding in examine(write_config(tmp_path), board)}
    assert {*ALWAYS, "card, syncs", "card, space", "card, health", "keys, own"} < set(findings)
    assert {"reach pi2", "reach pi3", "cluster", "timing"} < set(findings)
    assert findings["Wi-Fi power save"].verdict is Verdict.PROBLEM
    assert findings["timing"].verdict is Verdict.ADVICE
    assert '"wifi" fits' in findings["timing"].text
    assert problem_count(list(findings.values())) == 2
