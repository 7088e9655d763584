"""The whole bench: some boards on one switch, up and down together."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence

from tests.boards.bench import claim, image, network, places, ssh
from tests.boards.bench.board import Board
from tests.boards.bench.shell import attempt, run
from tests.boards.bench.waiting import wait_until

REACH_LIMIT_S = 20


class Bench:
    """All boards whose disks exist, on or off.

    From `up` to `down`, or to its end, a process has the bench for itself.
    """

    def __init__(self, claim_limit_s: float = 600) -> None:
        """`claim_limit_s`: for how long `up` and `down` wait while another process has it."""
        self._claim_limit_s = claim_limit_s

    def boards(self) -> list[Board]:
        """The boards, by number."""
        return [Board(number) for number in self.numbers()]

    def numbers(self) -> list[int]:
        """The numbers of the boards that have a disk or a namespace: a crash may leave either."""
        spaces = [path.name for path in network.NAMESPACES.glob(f"{places.NAME}-pi*")]
        names = [name.removeprefix(f"{places.NAME}-") for name in spaces]
        names += [path.name for path in places.home().glob("pi*")]
        matches = [re.fullmatch(r"pi(\d+)", name) for name in names]
        return sorted({int(match[1]) for match in matches if match})

    def up(self, count: int) -> list[Board]:
        """Boot boards 1 to `count` and wait until each lets us in; those that are on stay on."""
        claim.take(self._claim_limit_s)
        image.ensure()
        network.lay_switch()
        numbers = list(range(1, count + 1))
        boards = [Board(number) for number in numbers]
        self.power(boards)
        return boards

    def cut_power(self, boards: Sequence[Board]) -> int:
        """Cut the power of several boards in one moment; when, in us of CLOCK_MONOTONIC."""
        first = [board.first_process() for board in boards]
        at_us = time.monotonic_ns() // 1000
        for pid in first:
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
        for board in boards:
            board.cut_power()
        return at_us

    def power(self, boards: Sequence[Board]) -> None:
        """Power several boards on together and wait until each lets us in."""
        for board in boards:
            board.power_on(self._neighbours([each.number for each in boards]))
        for board in boards:
            self._wait_for(board)

    def down(self) -> None:
        """Remove all boards and namespaces, and whatever a crashed run left of them."""
        claim.take(self._claim_limit_s)
        network.remove(places.NAMESPACE)
        for board in self.boards():
            board.remove()
        shutil.rmtree(places.ssh_connections(), ignore_errors=True)
        claim.give_back()

    def run(self, words: Sequence[str], timeout_s: float = 60) -> str:
        """Run a program where all boards can be reached. Raises CommandFailed."""
        return run(ssh.on_bench(words), timeout_s=timeout_s)

    def attempt(
        self, words: Sequence[str], timeout_s: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a program there whose failure is an answer too."""
        return attempt(ssh.on_bench(words), timeout_s=timeout_s)

    def _neighbours(self, numbers: Sequence[int]) -> list[int]:
        return sorted({*self.numbers(), *numbers})

    def _wait_for(self, board: Board) -> None:
        board.wait_until_up()
        if network.is_plugged(board.number):
            wait_until(lambda: ssh.answers(board.number), f"{board.name} lets us in", REACH_LIMIT_S)
