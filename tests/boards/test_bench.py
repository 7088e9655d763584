"""The bench itself: cables that can be pulled, a power switch, and nothing left behind."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.boards.bench import cgroups, network, places
from tests.boards.bench.bench import Bench
from tests.boards.bench.board import Board
from tests.boards.bench.shell import CommandFailed, attempt
from tests.boards.bench.waiting import wait_until

pytestmark = [pytest.mark.root, pytest.mark.boards, pytest.mark.slow]

# None of the show's.
NUMBER = 8


@pytest.fixture
def board(bench: Bench) -> Iterator[Board]:
    """One more board, booted."""
    board = Board(NUMBER)
    bench.power([board])
    yield board
    board.remove()


def has_carrier(board: Board) -> bool:
    """What the board's own kernel says of its cable."""
    return "NO-CARRIER" not in board.run("ip", "link", "show", "eth0")


def remains() -> list[str]:
    """What is left of the extra board on this machine."""
    mounts = Path("/proc/self/mounts").read_text()
    found = [str(root / f"{places.NAMESPACE}-pi{NUMBER}") for root in cgroups.tree_roots()]
    found += [str(places.home() / f"pi{NUMBER}"), f"/run/netns/{places.board_namespace(NUMBER)}"]
    left = [path for path in found if Path(path).exists()]
    return left + [
        line for line in mounts.splitlines() if str(places.home() / f"pi{NUMBER}") in line
    ]


def test_a_pulled_cable_takes_the_carrier_and_the_network_away(bench: Bench, board: Board) -> None:
    assert has_carrier(board)
    network.pull(NUMBER)
    wait_until(lambda: not has_carrier(board), "the carrier is gone")
    assert not network.is_plugged(NUMBER)
    assert board.run("hostname").strip() == f"pi{NUMBER}"
    network.plug(NUMBER)
    wait_until(lambda: has_carrier(board), "the carrier is back")


def test_a_cut_ends_every_process_and_the_disk_keeps_what_was_written(
    bench: Bench, board: Board
) -> None:
    board.path("/root/note").write_text("written before the cut")
    bench.cut_power([board])
    assert not board.is_on()
    assert network.processes(places.board_namespace(NUMBER)) == []
    with pytest.raises(CommandFailed, match="is off"):
        board.run("true")
    bench.power([board])
    assert board.path("/root/note").read_text() == "written before the cut"


def test_a_disk_thrown_away_forgets_everything(bench: Bench, board: Board) -> None:
    board.path("/root/note").write_text("written before")
    board.throw_disk_away()
    bench.power([board])
    assert not board.path("/root/note").exists()


def test_what_a_crashed_run_leaves_is_found_and_removed(bench: Bench, board: Board) -> None:
    # Nobody remembers this board: a bench made anew finds it by what lies about.
    assert NUMBER in Bench().numbers()
    assert remains()
    Board(NUMBER).remove()
    assert remains() == []
    # A crash in the middle of making or removing leaves parts.
    network.lay_cable(NUMBER)
    assert NUMBER in Bench().numbers()
    Board(NUMBER).remove()
    (places.home() / f"pi{NUMBER}" / "upper").mkdir(parents=True)
    assert NUMBER in Bench().numbers()
    Board(NUMBER).remove()
    assert remains() == []


def test_a_board_that_reboots_boots_anew(bench: Bench, board: Board) -> None:
    before = board.first_process()
    board.path("/run/note").write_text("gone with the reboot")
    board.run("systemctl", "reboot", "--no-block")
    wait_until(lambda: board.first_process() not in (None, before), "it boots anew")
    board.wait_until_up()
    assert not board.path("/run/note").exists()
    board.cut_power()
    assert not board.is_on()


def test_a_bench_in_use_is_refused_to_another_process(bench: Bench) -> None:
    done = attempt([sys.executable, "-m", "tests.boards.bench", "down"], timeout_s=60)
    assert done.returncode == 1
    assert f"process {os.getpid()} has the bench" in done.stderr
    assert all(board.is_on() for board in bench.boards())
