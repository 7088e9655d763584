"""A cluster on three boards in front of an audience: what is done to it and what is seen of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.boards.bench import network
from tests.boards.bench.bench import Bench
from tests.boards.bench.board import Board
from tests.boards.bench.waiting import TookTooLong, wait_until
from tests.boards.clock import now_us
from tests.boards.deployment import RECORD, Deployment
from tests.boards.lamp_history import BLUE, GREEN, LampHistory
from tests.boards.measurements import Measurements
from tests.boards.running import running
from tests.boards.services import DAEMON, LAMP
from tests.boards.sightings import Sighting, sightings
from tests.boards.writing import Writing

WHOLE_LIMIT_S = 40
# The latest of a file that grows all the time; older lines are of no use to who waits.
TAIL_BYTES = 200_000


class Show:
    """Boards, deployment, a watcher that asks them all the time, and the table.

    Whatever the test before left behind, `heal` makes the cluster whole.
    """

    def __init__(self, bench: Bench, deployment: Deployment, directory: Path) -> None:
        self.bench = bench
        self.deployment = deployment
        self.table = Measurements()
        self._directory = directory
        self._seen = directory / "sightings"
        self._run_count = 0

    # --- the boards ---------------------------------------------------------------------------

    def board(self, number: int) -> Board:
        """One board."""
        return Board(number)

    def heal(self) -> int:
        """Plug in, power on and start whatever is not; the leader's number when all is well."""
        for board in self.bench.boards():
            if not network.is_plugged(board.number):
                network.plug(board.number)
        self.bench.power(self.bench.boards())
        for board in self.bench.boards():
            board.run("systemctl", "start", DAEMON, LAMP)
        return self.wait_until_whole()

    def wait_until_whole(self) -> int:
        """Wait until all follow one leader and the lamps say so: one blue, the others green."""
        numbers = self.bench.numbers()
        found: list[int] = []

        def is_whole() -> bool:
            last = self.last_seen()
            if last is None or not last.is_whole(len(numbers)):
                return False
            found[:] = [last.leader()]
            wanted = {n: BLUE if n == last.leader() else GREEN for n in numbers}
            return all(self.lamp(n).shows(what, now_us()) for n, what in wanted.items())

        try:
            wait_until(is_whole, "one board leads and all others follow", WHOLE_LIMIT_S)
        except TookTooLong as late:
            lamps = {n: self.lamp(n).what_shows(now_us()) for n in numbers}
            raise TookTooLong(f"{late}; lamps: {lamps}; they say: {self.last_seen()}") from late
        return found[0]

    def followers(self, leader: int) -> list[int]:
        """The other boards."""
        return [number for number in self.bench.numbers() if number != leader]

    # --- the lamps ----------------------------------------------------------------------------

    def lamp(self, number: int) -> LampHistory:
        """What a board's lamp has shown until now."""
        with self.board(number).path(RECORD).open() as record:
            return LampHistory(record)

    def wait_for_lamp(self, number: int, what: str, timeout_s: float) -> LampHistory:
        """Wait until a lamp shows one of the patterns; its history until then."""
        found: list[LampHistory] = []

        def shows() -> bool:
            found[:] = [self.lamp(number)]
            return found[0].shows(what, now_us())

        try:
            wait_until(shows, f"the lamp of pi{number} shows {what}", timeout_s)
        except TookTooLong as late:
            raise TookTooLong(f"{late}; it shows {found[0].what_shows(now_us())}") from late
        return found[0]

    # --- what the boards say ------------------------------------------------------------------

    def seen(self) -> list[Sighting]:
        """The latest rounds of asking."""
        with self._seen.open("rb") as file:
            size_bytes = file.seek(0, 2)
            file.seek(max(0, size_bytes - TAIL_BYTES))
            lines = file.read().decode().splitlines(keepends=True)
        return sightings(lines[1:] if size_bytes > TAIL_BYTES else lines)

    def last_seen(self) -> Sighting | None:
        """The latest round of asking."""
        seen = self.seen()
        return seen[-1] if seen else None

    def wait_for(
        self, condition: Callable[[Sighting], bool], what: str, timeout_s: float
    ) -> Sighting:
        """Wait for a round, asked from now on, in which `condition` holds."""
        from_us = now_us()
        found: list[Sighting] = []

        def holds() -> bool:
            found[:] = [s for s in self.seen() if s.asked_us >= from_us and condition(s)][:1]
            return bool(found)

        try:
            wait_until(holds, what, timeout_s)
        except TookTooLong as late:
            raise TookTooLong(f"{late}; the boards say: {self.last_seen()}") from late
        return found[0]

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Keep asking all boards how they are; `seen` has the answers."""
        self._seen.touch()
        words = ["--key", str(self.deployment.key), "--out", str(self._seen)]
        command = self.deployment.python_words("tests.boards.watcher", words)
        with running(command, self._directory / "watcher.log"):
            yield

    # --- writing ------------------------------------------------------------------------------

    @contextmanager
    def writing(self, thread_count: int = 1) -> Iterator[Writing]:
        """Keep writing; at the end the writes under way are waited for."""
        self._run_count += 1
        prefix = f"run{self._run_count}"
        writing = Writing(self.deployment, prefix, self._directory / f"writes.{prefix}")
        with running(writing.words(thread_count), self._directory / "writer.log"):
            writing.wait_for_progress()
            yield writing
