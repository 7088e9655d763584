"""What the lamp tells systemd."""

import socket
from pathlib import Path

from raftpi.led.sign_of_life import open_sign_of_life


def test_without_systemd_nothing_is_said() -> None:
    assert open_sign_of_life({}, 7)(123) is None


def test_ready_once_and_then_signs_three_times_an_interval(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(5)
        environment = {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "3000000",
            "WATCHDOG_PID": "7",
        }
        progress = open_sign_of_life(environment, 7)
        assert progress(10) == 1_000_010
        assert [systemd.recv(100), systemd.recv(100)] == [b"READY=1", b"WATCHDOG=1"]
        assert progress(999_999) == 1_000_010
        assert progress(1_000_010) == 2_000_010
        assert systemd.recv(100) == b"WATCHDOG=1"
        # Another process's watchdog is not ours to feed.
        assert open_sign_of_life({**environment, "WATCHDOG_PID": "8"}, 7)(10) is None
        assert systemd.recv(100) == b"READY=1"


def test_a_systemd_that_is_away_for_a_moment_is_no_error(tmp_path: Path) -> None:
    environment = {"NOTIFY_SOCKET": str(tmp_path / "gone"), "WATCHDOG_USEC": "3000000"}
    assert open_sign_of_life(environment, 7)(10) == 1_000_010
