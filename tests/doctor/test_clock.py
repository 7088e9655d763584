"""The clock only informs."""

from pathlib import Path

from raftpi.doctor.clock import check_clock
from raftpi.doctor.finding import Verdict
from tests.doctor.fake_board import fake_board

ASK = "timedatectl show --property=NTPSynchronized --value"


def test_a_board_without_a_battery_clock_is_well(tmp_path: Path) -> None:
    found = check_clock(fake_board(tmp_path, commands={ASK: "yes"}))
    assert found.verdict is Verdict.OK
    assert "no battery clock" in found.text
    assert "; synchronised by NTP" in found.text


def test_a_wrong_date_is_no_fault_and_says_why(tmp_path: Path) -> None:
    board = fake_board(tmp_path, commands={ASK: "no"}, files={"sys/class/rtc/rtc0/name": "pcf"})
    found = check_clock(board)
    assert found.verdict is Verdict.OK
    assert found.text.startswith("a battery clock; not synchronised")
    assert "monotonic clock alone" in found.text


def test_without_timedatectl_systemds_mark_tells(tmp_path: Path) -> None:
    mark = {"run/systemd/timesync/synchronized": ""}
    assert check_clock(fake_board(tmp_path / "a", files=mark)).verdict is Verdict.OK
    assert check_clock(fake_board(tmp_path / "b")).verdict is Verdict.UNKNOWN
