"""The board's files and commands are read without ever failing."""

from pathlib import Path

from raftpi.doctor import board as module
from raftpi.doctor.board import run_command
from tests.doctor.fake_board import fake_board


def test_a_command_prints_or_there_is_none() -> None:
    assert run_command(["echo", "yes"]) == "yes"
    assert run_command(["false"]) is None
    assert run_command(["/no/such/command"]) is None


def test_a_command_that_hangs_is_given_up(monkeypatch: object) -> None:
    before = module.COMMAND_TIMEOUT_S
    module.COMMAND_TIMEOUT_S = 0.05
    try:
        assert run_command(["sleep", "30"]) is None
    finally:
        module.COMMAND_TIMEOUT_S = before


def test_files_that_are_not_there_are_nothing(tmp_path: Path) -> None:
    board = fake_board(tmp_path, files={"sys/a/b": "x\n\0"})
    assert board.read("sys/a/b") == "x"
    assert board.read("sys/a/c") is None
    assert board.names("sys/a") == ["b"]
    assert board.names("sys/c") == []
    assert board.exists("sys/a")
    assert not board.exists("sys/c")


def test_a_pi_is_known_by_its_device_tree(tmp_path: Path) -> None:
    assert fake_board(tmp_path / "pi").is_pi
    assert not fake_board(tmp_path / "pc", is_pi=False).is_pi
