"""What systemd is told. The real systemd-python carries it on the virtual boards."""

import socket
import sys
from pathlib import Path
from types import ModuleType

import pytest

from raftpi.daemon.supervisor import (
    SIGNS_PER_INTERVAL,
    Supervisor,
    open_supervisor,
    send_datagram,
    status_line,
    watchdog_us,
)

WATCHDOG_US = 8_000_000
SIGN_US = WATCHDOG_US // SIGNS_PER_INTERVAL


class Systemd:
    """Keeps what it is told, or is out of reach."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.complaints: list[str] = []
        self.is_away = False

    def notify(self, lines: str) -> bool:
        if self.is_away:
            raise ConnectionRefusedError("nobody there")
        self.told.append(lines)
        return True

    def supervisor(self, interval_us: int | None = WATCHDOG_US) -> Supervisor:
        return Supervisor(self.notify, interval_us, self.complaints.append)


@pytest.fixture
def systemd() -> Systemd:
    return Systemd()


def test_ready_is_the_first_sign_of_life(systemd: Systemd) -> None:
    systemd.supervisor().ready(5)
    assert systemd.told == ["READY=1", "WATCHDOG=1"]


def test_before_it_is_ready_nothing_feeds_the_watchdog(systemd: Systemd) -> None:
    supervisor = systemd.supervisor()
    supervisor.progress(10 * WATCHDOG_US)
    assert systemd.told == []
    assert supervisor.next_deadline_us() is None


def test_a_loop_that_goes_round_is_alive_eight_times_in_an_interval(systemd: Systemd) -> None:
    supervisor = systemd.supervisor()
    supervisor.ready(0)
    for now_us in range(0, WATCHDOG_US + 1, 1000):
        supervisor.progress(now_us)
    assert systemd.told.count("WATCHDOG=1") == 1 + SIGNS_PER_INTERVAL


def test_an_idle_loop_is_woken_in_time_for_its_sign_of_life(systemd: Systemd) -> None:
    supervisor = systemd.supervisor()
    supervisor.ready(100)
    assert supervisor.next_deadline_us() == 100 + SIGN_US
    supervisor.progress(100 + SIGN_US)
    assert supervisor.next_deadline_us() == 100 + 2 * SIGN_US


def test_a_loop_that_does_not_go_round_gives_no_sign(systemd: Systemd) -> None:
    supervisor = systemd.supervisor()
    supervisor.ready(0)
    supervisor.say("leader in term 3")
    supervisor.reloading(2 * WATCHDOG_US)
    supervisor.reloaded()
    assert systemd.told.count("WATCHDOG=1") == 1


def test_without_a_watchdog_there_is_no_sign_and_no_deadline(systemd: Systemd) -> None:
    supervisor = systemd.supervisor(interval_us=None)
    supervisor.ready(0)
    supervisor.progress(10 * WATCHDOG_US)
    assert systemd.told == ["READY=1"]
    assert supervisor.next_deadline_us() is None


def test_the_status_is_sent_only_when_it_changed(systemd: Systemd) -> None:
    supervisor = systemd.supervisor()
    for text in ("recovers", "recovers", "leader in term 3", "recovers"):
        supervisor.say(text)
    assert systemd.told == ["STATUS=recovers", "STATUS=leader in term 3", "STATUS=recovers"]


def test_a_status_of_several_lines_cannot_say_anything_else(systemd: Systemd) -> None:
    systemd.supervisor().say("waits:\nREADY=1")
    assert systemd.told == ["STATUS=waits: READY=1"]


def test_a_reload_has_a_beginning_with_its_time_and_an_end(systemd: Systemd) -> None:
    supervisor = systemd.supervisor(interval_us=None)
    supervisor.ready(0)
    supervisor.reloading(77)
    supervisor.reloaded()
    assert systemd.told[1:] == ["RELOADING=1\nMONOTONIC_USEC=77", "READY=1"]


def test_a_reload_before_the_start_is_over_does_not_end_the_start(systemd: Systemd) -> None:
    supervisor = systemd.supervisor()
    supervisor.reloading(77)
    supervisor.reloaded()
    assert systemd.told == []


def test_stopping_is_told(systemd: Systemd) -> None:
    systemd.supervisor().stopping()
    assert systemd.told == ["STOPPING=1"]


def test_systemd_out_of_reach_is_complained_of_once_and_tried_again(systemd: Systemd) -> None:
    supervisor = systemd.supervisor()
    supervisor.ready(0)
    systemd.is_away = True
    supervisor.progress(SIGN_US)
    supervisor.progress(2 * SIGN_US)
    assert systemd.complaints == ["cannot tell systemd WATCHDOG=1: nobody there"]
    systemd.is_away = False
    supervisor.progress(3 * SIGN_US)
    assert systemd.told.count("WATCHDOG=1") == 2
    systemd.is_away = True
    supervisor.progress(4 * SIGN_US)
    assert len(systemd.complaints) == 2


def test_where_nobody_listens_nothing_is_said() -> None:
    supervisor = open_supervisor({"WATCHDOG_USEC": "8000000"}, 1, pytest.fail)
    supervisor.ready(0)
    supervisor.say("leader in term 3")
    supervisor.progress(WATCHDOG_US)
    supervisor.stopping()
    assert supervisor.next_deadline_us() is None


@pytest.mark.parametrize(
    ("environment", "interval_us"),
    [
        ({"WATCHDOG_USEC": "8000000", "WATCHDOG_PID": "42"}, 8_000_000),
        ({"WATCHDOG_USEC": "8000000"}, 8_000_000),
        ({"WATCHDOG_USEC": "8000000", "WATCHDOG_PID": "41"}, None),
        ({"WATCHDOG_USEC": "0", "WATCHDOG_PID": "42"}, None),
        ({"WATCHDOG_USEC": "soon", "WATCHDOG_PID": "42"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_this_process_s_or_nobodys(
    environment: dict[str, str], interval_us: int | None
) -> None:
    assert watchdog_us(environment, process_id=42) == interval_us


def test_systemd_python_carries_what_is_told(
    systemd: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, daemon = ModuleType("systemd"), ModuleType("systemd.daemon")
    daemon.notify = systemd.notify  # type: ignore[attr-defined]  # a stub of the real module
    monkeypatch.setitem(sys.modules, "systemd", package)
    monkeypatch.setitem(sys.modules, "systemd.daemon", daemon)
    environment = {"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "8000000", "WATCHDOG_PID": "7"}
    supervisor = open_supervisor(environment, 7, pytest.fail)
    supervisor.ready(0)
    assert systemd.told == ["READY=1", "WATCHDOG=1"]
    assert supervisor.next_deadline_us() == SIGN_US


def test_without_systemd_python_a_datagram_carries_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "systemd", None)
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        listener.settimeout(5)
        supervisor = open_supervisor({"NOTIFY_SOCKET": path}, 7, pytest.fail)
        supervisor.ready(0)
        supervisor.say("leader in term 3")
        assert [listener.recv(100), listener.recv(100)] == [b"READY=1", b"STATUS=leader in term 3"]


def test_a_socket_in_the_abstract_namespace_is_reached(tmp_path: Path) -> None:
    name = f"raftpi-test-{tmp_path}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name)
        listener.settimeout(5)
        send_datagram("@" + name, "READY=1")
        assert listener.recv(100) == b"READY=1"


def test_a_systemd_that_does_not_listen_never_makes_the_loop_wait(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        with pytest.raises(BlockingIOError):
            for _ in range(100_000):
                send_datagram(path, "WATCHDOG=1")


@pytest.mark.parametrize(
    ("role", "leader", "trouble", "line"),
    [
        ("leader", "pi1", "", "leader in term 4"),
        ("follower", "pi2", "", "follower in term 4, pi2 leads"),
        ("pre_candidate", "", "", "pre-candidate in term 4, hears no leader"),
        (
            "learner",
            "",
            "lost its memory",
            "learner in term 4, hears no leader; needs a person: lost its memory",
        ),
    ],
)
def test_the_status_line_names_role_term_leader_and_trouble(
    role: str, leader: str, trouble: str, line: str
) -> None:
    assert status_line(role, 4, leader, trouble) == line
