"""The card's syncs are measured in a file that leaves nothing behind."""

import errno
import itertools
import os
from pathlib import Path
from typing import Any

import pytest

from raftpi.doctor.finding import Verdict
from raftpi.doctor.sync_speed import (
    SYNC_COUNT,
    Latencies,
    check_syncs,
    judge_syncs,
    measure_syncs,
    shown_ms,
)
from tests.doctor.fake_board import fake_board


def steps(step_us: int) -> Any:
    """A clock that goes on by so much each time it is looked at."""
    times = itertools.count(0, step_us)
    return lambda: next(times)


def latencies(*times_us: int) -> Latencies:
    return Latencies(sorted_us=tuple(sorted(times_us)))


@pytest.mark.parametrize("has_tmpfile", [True, False])
def test_every_record_is_synced_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_tmpfile: bool
) -> None:
    syncs: list[int] = []
    sync, open_ = os.fdatasync, os.open

    def count(fd: int) -> None:
        syncs.append(os.fstat(fd).st_nlink)
        sync(fd)

    def refuse(path: Any, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")
        return open_(path, flags, mode)

    monkeypatch.setattr(os, "fdatasync", count)
    if not has_tmpfile:
        monkeypatch.setattr(os, "open", refuse)
    found = measure_syncs(tmp_path, steps(1000))
    assert syncs == [0] * SYNC_COUNT
    assert found.sorted_us == (1000,) * SYNC_COUNT
    assert not list(tmp_path.iterdir())


def test_a_card_that_stalls_is_not_waited_for_long(tmp_path: Path) -> None:
    found = measure_syncs(tmp_path, steps(700_000))
    assert len(found.sorted_us) == 3


def test_percentiles_are_times_that_were_measured() -> None:
    found = latencies(*range(1, 101))
    assert [found.percentile_us(p) for p in (50, 90, 99, 100)] == [50, 90, 99, 100]
    assert latencies(7).percentile_us(99) == 7
    assert str(latencies(1000, 2000)) == ("2 syncs: median 1 ms, p90 2 ms, p99 2 ms, slowest 2 ms")
    assert [shown_ms(us) for us in (87, 1540, 12_345, 1_234_567)] == [
        *("0.087 ms", "1.5 ms", "12 ms", "1235 ms")
    ]


def test_cards_are_judged_by_their_slow_syncs() -> None:
    assert judge_syncs(latencies(8000, 9000)).verdict is Verdict.OK
    slow = judge_syncs(latencies(8000, 400_000))
    assert slow.verdict is Verdict.ADVICE
    assert "400 ms" in slow.text
    assert judge_syncs(latencies(8000, 2_000_000)).verdict is Verdict.PROBLEM


def test_a_directory_that_may_not_be_written_asks_for_sudo(tmp_path: Path) -> None:
    board = fake_board(tmp_path / "root", forbidden=[tmp_path])
    finding, found = check_syncs(tmp_path, board, steps(1))
    assert (finding.verdict, found) == (Verdict.UNKNOWN, None)
    assert "sudo" in finding.remedy


def test_a_directory_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    finding, found = check_syncs(tmp_path / "data", fake_board(tmp_path), steps(1))
    assert (finding.verdict, found) == (Verdict.UNKNOWN, None)
    assert "there is no" in finding.text


def test_a_card_that_fails_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", fail)
    finding, _ = check_syncs(tmp_path, fake_board(tmp_path / "root"), steps(1))
    assert finding.verdict is Verdict.PROBLEM
    assert "Input/output error" in finding.text
