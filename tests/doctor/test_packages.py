"""Python and its packages."""

from pathlib import Path
from typing import Any

import pytest

from raftpi.doctor.finding import Finding, Verdict
from raftpi.doctor.packages import check_packages, judge_packages
from tests.doctor.fake_board import fake_board

GOOD: dict[str, Any] = {
    "python": (3, 13, 5),
    "libzmq": (4, 3, 5),
    "has_curve": True,
    "versions": {"zmq": "26.4", "msgpack": "", "systemd": "235", "gpiozero": None, "lgpio": "0.2"},
    "has_unit": True,
}


def judged(**changed: Any) -> Finding:
    versions = {**GOOD["versions"], **changed.pop("versions", {})}
    return judge_packages(**{**GOOD, **changed, "versions": versions})


def test_versions_are_told() -> None:
    finding = judged()
    assert finding.verdict is Verdict.OK
    assert "Python 3.13.5, libzmq 4.3.5, zmq 26.4, msgpack, systemd 235, lgpio 0.2" in finding.text


@pytest.mark.parametrize(
    ("changed", "remedy"),
    [
        ({"python": (3, 9, 2)}, "bookworm"),
        ({"versions": {"msgpack": None}}, "python3-msgpack"),
        ({"libzmq": (4, 2, 5)}, "python3-zmq"),
        ({"has_curve": False}, "python3-zmq"),
        ({"versions": {"systemd": None}}, "python3-systemd"),
    ],
)
def test_what_raftpi_cannot_do_without_is_a_problem(changed: Any, remedy: str) -> None:
    finding = judged(**changed)
    assert finding.verdict is Verdict.PROBLEM
    assert remedy in finding.remedy


def test_systemd_is_not_missed_where_it_does_not_run_raftpi() -> None:
    assert judged(versions={"systemd": None}, has_unit=False).verdict is Verdict.OK


def test_the_empty_lgpio_of_pypi_is_told() -> None:
    assert judged(versions={"lgpio": "0.0.0.2"}).verdict is Verdict.ADVICE


def test_this_very_environment_can_run_raftpi(tmp_path: Path) -> None:
    assert check_packages(fake_board(tmp_path, modules=("zmq", "msgpack"))).verdict is Verdict.OK
    unit = {"etc/systemd/system/raftpi.service": ""}
    board = fake_board(tmp_path, files=unit, modules=("zmq", "msgpack"))
    assert check_packages(board).verdict is Verdict.PROBLEM
