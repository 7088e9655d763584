"""The lamp's loop: hear the feed, know what it means, set the pins; asleep in between."""

from collections.abc import Callable
from typing import Protocol

import zmq

from raftpi.errors import ProtocolError
from raftpi.lamp import LEADER, OFFLINE, Lamp, Style, restyled
from raftpi.led.buzzer import Buzzer
from raftpi.led.watch import LampWatch
from raftpi.status import unpack_status
from raftpi.transport.status_feed import StatusReader

LONGEST_SLEEP_MS = 60_000


class Driver(Protocol):
    """What shows a lamp: `raftpi.led.lamp_driver.LampDriver`, or a test's."""

    def show(self, lamp: Lamp, at_us: int) -> int | None:
        """Show it; when to call again."""

    def close(self, final: Lamp | None = None) -> None:
        """Leave the pins."""


class LampProcess:
    """One board's lamp, until it is told to stop."""

    def __init__(
        self,
        *,
        reader: StatusReader,
        node_id: int,
        driver: Driver,
        buzzer: Buzzer,
        style: Style,
        clock_us: Callable[[], int],
        progress: Callable[[int], int | None] = lambda now_us: None,
    ) -> None:
        """`progress` is told each time the loop went round, and says when it must again."""
        self._reader = reader
        self._node_id = node_id
        self._driver = driver
        self._buzzer = buzzer
        self._style = style
        self._clock_us = clock_us
        self._progress = progress
        self._watch = LampWatch()
        self._lost_count = 0
        self._shown: Lamp | None = None
        self.is_stopping = False

    def run(self, wake_fd: int) -> None:
        """Show the truth until `is_stopping`; anything written to `wake_fd`'s pipe ends a sleep."""
        poller = zmq.Poller()
        for socket in self._reader.pollables():
            poller.register(socket, zmq.POLLIN)
        poller.register(wake_fd, zmq.POLLIN)
        timeout_ms = 0
        while not self.is_stopping:
            poller.poll(timeout_ms)
            timeout_ms = self.turn()

    def turn(self) -> int:
        """Take in what came and show what it means; for how many milliseconds to sleep then."""
        self._listen()
        now_us = self._clock_us()
        lamp = self._watch.lamp(now_us)
        if lamp == LEADER and self._shown not in (None, LEADER):
            self._buzzer.beep(now_us)
        self._shown = lamp
        deadlines_us = [
            self._driver.show(restyled(lamp, self._style), now_us),
            self._watch.next_change_us(now_us),
            self._buzzer.update(now_us),
            self._progress(now_us),
        ]
        waits_us = [deadline_us - now_us for deadline_us in deadlines_us if deadline_us is not None]
        if not waits_us:
            return LONGEST_SLEEP_MS
        return min(LONGEST_SLEEP_MS, max(0, -(-min(waits_us) // 1000)))

    def leave(self) -> None:
        """Leave the lamp red, lit for as long as the kernel keeps the pins so."""
        self._driver.close(OFFLINE)

    def _listen(self) -> None:
        newest = self._reader.read()
        # A daemon that died and came back between two looks: what it said before is void.
        lost_count = self._reader.lost_count(self._node_id)
        if lost_count != self._lost_count or not self._reader.connected(self._node_id):
            self._watch.lost()
            self._lost_count = lost_count
        if self._reader.connected(self._node_id):
            self._watch.connected()
            if self._node_id in newest:
                self._hear(newest[self._node_id])

    def _hear(self, data: bytes) -> None:
        try:
            status = unpack_status(data)
        except ProtocolError:
            return  # as good as silence, and silence is red
        self._watch.heard(status, self._clock_us())
