"""The end of a log, and what is added to it."""

from pathlib import Path

import pytest

from raftpi.local import log_file
from raftpi.local.log_file import Follower, last_lines, size_bytes


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.write_text("".join(f"line {i}\n" for i in range(100)))
    return path


@pytest.mark.parametrize("chunk_bytes", [1, 7, 65_536])
def test_the_last_lines_are_whole_whatever_the_chunks(
    log: Path, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "CHUNK_BYTES", chunk_bytes)
    assert last_lines(log, 3) == ["line 97", "line 98", "line 99"]
    assert len(last_lines(log, 1000)) == 100


def test_only_what_lies_between_the_two_places_is_read(log: Path) -> None:
    begin = size_bytes(log)
    with log.open("a") as file:
        file.write("new\n")
    end = size_bytes(log)
    with log.open("a") as file:
        file.write("newer\n")
    assert last_lines(log, 5, begin, end) == ["new"]


def test_no_file_and_no_lines_are_nothing(log: Path, tmp_path: Path) -> None:
    assert last_lines(tmp_path / "none", 5) == []
    assert last_lines(log, 0) == []
    assert size_bytes(tmp_path / "none") == 0


def test_an_unfinished_last_line_is_shown(log: Path) -> None:
    with log.open("a") as file:
        file.write("half")
    assert last_lines(log, 2) == ["line 99", "half"]


def test_a_follower_tells_whole_lines_once(log: Path) -> None:
    follower = Follower({"pi1": log}, {"pi1": size_bytes(log)})
    assert list(follower.lines()) == []
    with log.open("a") as file:
        file.write("one\ntw")
    assert list(follower.lines()) == [("pi1", "one")]
    with log.open("a") as file:
        file.write("o\n")
    assert list(follower.lines()) == [("pi1", "two")]
    assert list(follower.lines()) == []


def test_a_log_made_anew_is_followed_from_its_beginning(log: Path) -> None:
    follower = Follower({"pi1": log}, {"pi1": size_bytes(log)})
    log.write_text("fresh\n")
    assert list(follower.lines()) == [("pi1", "fresh")]
