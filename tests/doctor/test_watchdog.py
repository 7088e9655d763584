"""The hardware watchdog and systemd's feeding of it."""

from pathlib import Path

import pytest

from raftpi.doctor.finding import Finding, Verdict
from raftpi.doctor.watchdog import check_watchdog, parse_span_s
from tests.doctor.fake_board import fake_board

ASK = "systemctl show --property=RuntimeWatchdogUSec --value"


def found(tmp_path: Path, answer: str | None, *, is_pi: bool = True, state: str = "") -> Finding:
    files = {"dev/watchdog": ""}
    if state:
        files["sys/class/watchdog/watchdog0/state"] = state
    commands = {} if answer is None else {ASK: answer}
    return check_watchdog(fake_board(tmp_path, files=files, commands=commands, is_pi=is_pi))


@pytest.mark.parametrize(
    ("text", "span_s"),
    [
        ("0", 0),
        ("infinity", 0),
        ("10s", 10),
        ("1min", 60),
        ("1min 30s", 90),
        ("500ms", 0.5),
        ("15000000", 15),
        ("1h", 3600),
        ("soon", None),
        ("3 apples", None),
        ("", None),
    ],
)
def test_spans_are_read_as_systemctl_prints_them(text: str, span_s: float | None) -> None:
    assert parse_span_s(text) == span_s


def test_a_watchdog_that_is_fed_is_fine(tmp_path: Path) -> None:
    finding = found(tmp_path, "10s", state="active")
    assert finding.verdict is Verdict.OK
    assert "10 s" in finding.text


def test_more_than_a_pi_can_wait_for_is_warned_of(tmp_path: Path) -> None:
    finding = found(tmp_path / "pi", "1min")
    assert finding.verdict is Verdict.ADVICE
    assert "15 s at most" in finding.text
    assert found(tmp_path / "pc", "1min", is_pi=False).verdict is Verdict.OK


@pytest.mark.parametrize("answer", ["0", "infinity"])
def test_a_watchdog_that_is_off_gets_advice(tmp_path: Path, answer: str) -> None:
    finding = found(tmp_path, answer)
    assert finding.verdict is Verdict.ADVICE
    assert "RuntimeWatchdogSec=10" in finding.remedy


def test_the_kernel_is_believed_that_it_is_off(tmp_path: Path) -> None:
    assert found(tmp_path, "10s", state="inactive").verdict is Verdict.ADVICE


def test_without_systemd_it_is_unknown(tmp_path: Path) -> None:
    assert found(tmp_path, None).verdict is Verdict.UNKNOWN


def test_a_pi_without_one_gets_advice_and_others_none(tmp_path: Path) -> None:
    pi = check_watchdog(fake_board(tmp_path / "pi"))
    assert (pi.verdict, "dtparam" in pi.remedy) == (Verdict.ADVICE, True)
    assert check_watchdog(fake_board(tmp_path / "pc", is_pi=False)).verdict is Verdict.OK
