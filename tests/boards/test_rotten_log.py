"""A board whose log rotted stops and says so; a person brings it back with two commands."""

import json
import stat

import pytest

from tests.boards.bench import network
from tests.boards.bench.board import Board
from tests.boards.bench.waiting import wait_until
from tests.boards.clock import now_us
from tests.boards.lamp_history import RED
from tests.boards.services import DAEMON, journal
from tests.boards.show import Show

pytestmark = [pytest.mark.root, pytest.mark.boards, pytest.mark.slow]

PATIENCE_S = 30
DATA = "/var/lib/raftpi"
DAMAGE = 12
KEY = "/root/bench.key"


# Where the head of a segment, its first sector, says whose log this is.
HEAD = slice(40, 200)


def rot(show: Show, board: Board, where: slice) -> None:
    """Some bytes of the head of the oldest segment turn over; the daemon refuses to start."""
    board.run("systemctl", "stop", DAEMON)
    path = min(board.path(f"{DATA}/log").glob("*.wal"))
    data = bytearray(path.read_bytes())
    data[where] = bytes(byte ^ 0x10 for byte in data[where])
    path.write_bytes(data)
    assert board.attempt("systemctl", "start", DAEMON).returncode != 0
    wait_until(lambda: exit_code(board) == DAMAGE, "the daemon refuses the log", PATIENCE_S)
    assert f"{DATA}/log/{path.name}" in journal(board, DAEMON)
    show.wait_for_lamp(board.number, RED, PATIENCE_S)


def give_admin_key(show: Show, board: Board) -> None:
    """Carry an administrator's key to the board, as rejoin asks for it."""
    target = board.path(KEY)
    target.write_bytes(show.deployment.key.read_bytes())
    target.chmod(stat.S_IRUSR)


def exit_code(board: Board) -> int:
    return int(board.run("systemctl", "show", "--property=ExecMainStatus", "--value", DAEMON))


def test_a_board_whose_log_rotted_a_little_is_repaired_in_place(show: Show, leader: int) -> None:
    ill, _ = show.followers(leader)
    board = show.board(ill)
    with show.writing() as writing:
        rot(show, board, slice(HEAD.start, HEAD.start + 1))
        writing.wait_for_progress()
        assert "raftpi fsck --repair" in board.attempt("raftpi", "fsck", DATA).stdout
        assert board.run("raftpi", "fsck", "--repair", DATA).endswith("clean\n")
        board.run("systemctl", "start", DAEMON)
        show.wait_until_whole()
    writing.assert_kept()


def test_a_board_whose_log_is_beyond_repair_comes_back_by_rejoin(show: Show, leader: int) -> None:
    ill, other = show.followers(leader)
    board = show.board(ill)
    with show.writing() as writing:
        rot(show, board, HEAD)
        writing.wait_for_progress()
        report = board.attempt("raftpi", "fsck", "--repair", DATA)
        assert report.returncode == DAMAGE
        assert "raftpi rejoin" in report.stdout
        give_admin_key(show, board)
        told = json.loads(board.run("raftpi", "rejoin", "--start", "--key", KEY, "--json"))
        assert [member["standing"] for member in told["members"]] == ["voter"] * 3
        kept = board.path(told["set_aside"])
        assert kept.is_dir()
        assert kept.stat().st_uid == board.path(f"{DATA}/log").stat().st_uid != 0

        # It counts again: with the other one's cable pulled, two are a majority.
        show.wait_until_whole()
        network.pull(other)
        cut_us = now_us()
        writing.wait_for_progress()
        assert writing.record().acknowledged_after(cut_us)
        network.plug(other)
    writing.assert_kept()
