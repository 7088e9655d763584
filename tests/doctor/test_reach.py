"""Connecting to other boards' addresses, all at once and never for long."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from raftpi.doctor.reach import TRIES, reach_all


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_an_address_that_answers_has_its_round_trips(listener: int) -> None:
    endpoint = f"tcp://localhost:{listener}"
    reach = reach_all([endpoint])[endpoint]
    assert (reach.error, reach.address) == ("", "127.0.0.1")
    assert len(reach.round_trips_us) == TRIES


def test_a_port_where_nobody_listens_says_so(listener: int) -> None:
    dead, alive = f"tcp://127.0.0.1:{free_port()}", f"tcp://127.0.0.1:{listener}"
    found = reach_all([dead, alive])
    assert found[dead].error == "nobody listens there"
    assert found[alive].error == ""


def test_a_name_that_nobody_knows_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **options: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "pi9.local is not known" in reach_all(["tcp://pi9.local:1"])["tcp://pi9.local:1"].error


def test_a_board_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def silence(self: socket.socket, where: Any) -> None:
        raise TimeoutError

    class Silent(socket.socket):
        connect = silence

    monkeypatch.setattr(socket, "socket", Silent)
    found = reach_all(["tcp://127.0.0.1:9"])["tcp://127.0.0.1:9"]
    assert (found.error, found.round_trips_us) == ("no answer in time", ())


def test_a_resolver_that_hangs_does_not_hold_the_command_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hung = threading.Event()

    def hang(*args: Any, **options: Any) -> Any:
        hung.wait(20)
        raise socket.gaierror(-3, "Temporary failure")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    before_s = time.monotonic()
    reach = reach_all(["tcp://slow.local:1"], deadline_s=0.05)["tcp://slow.local:1"]
    took_s = time.monotonic() - before_s
    hung.set()
    assert "not resolved in time" in reach.error
    assert took_s < 5
