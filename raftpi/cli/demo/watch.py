"""Watching the boards: their status feeds, the lamps on mock pins, and what happened when."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from gpiozero.pins.mock import MockFactory, MockPWMPin

from raftpi.cli.demo.board_view import BoardView, board_view, highest_index
from raftpi.cli.demo.events import status_events, view_events
from raftpi.lamp import HUNG_AFTER_US, Shade
from raftpi.led.lamp_driver import LampDriver
from raftpi.status import NodeStatus

KEPT_EVENT_COUNT = 1000
_PINS = (17, 27, 22)


class Feeds(Protocol):
    """The status feeds of all boards, by node id."""

    def wait(self, limit_s: float) -> None:
        """Return as soon as there is something to read, or after the limit."""

    def read(self) -> Mapping[int, NodeStatus]:
        """The newest status of each board that sent one since the last call."""

    def connected(self, node_id: int) -> bool:
        """Whether the connection to this board's feed stands."""

    def close(self) -> None:
        """Let go of the sockets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, `at_us` after the demo began."""

    at_us: int
    text: str

    def line(self) -> str:
        """As the event log shows it."""
        return f"{self.at_us / 1_000_000:5.2f}s {self.text}"


@dataclass(slots=True, kw_only=True)
class _Board:
    id: int
    name: str
    lamp: LampDriver
    shade: Shade = (0.0, 0.0, 0.0)
    connected: bool = False
    status: NodeStatus | None = None
    status_at_us: int = 0
    mischief: str = ""
    view: BoardView | None = None


class Watch:
    """All boards as last seen.

    One thread calls `wait_and_look` again and again; all else may be called from any.
    `names` is by node id; `clock_us` is a monotonic clock.
    """

    def __init__(self, names: Mapping[int, str], feeds: Feeds, clock_us: Callable[[], int]) -> None:
        self._feeds = feeds
        self._clock_us = clock_us
        self._began_us = clock_us()
        self._boards = {
            node_id: _Board(id=node_id, name=name, lamp=_mock_lamp())
            for node_id, name in sorted(names.items())
        }
        self._events: deque[Event] = deque(maxlen=KEPT_EVENT_COUNT)
        self._event_count = 0
        self._writing = threading.Lock()

    def wait_and_look(self, limit_s: float) -> None:
        """Wait until a board says something, `limit_s` at most, then `look`."""
        self._feeds.wait(limit_s)
        self.look()

    def look(self) -> None:
        """Read every feed, set every lamp, note what happened."""
        for node_id, status in self._feeds.read().items():
            board = self._boards[node_id]
            for line in status_events(board.status, status):
                self.note(line)
            board.status = status
            board.status_at_us = self._clock_us()
        known = [board.status for board in self._boards.values() if board.status is not None]
        highest = highest_index(known)
        now_us = self._clock_us()
        for board in self._boards.values():
            board.connected = self._feeds.connected(board.id)
            view = board_view(
                board.id,
                board.name,
                board.status,
                age_us=now_us - board.status_at_us,
                connected=board.connected,
                highest_index=highest,
                mischief=board.mischief,
            )
            for line in view_events(board.view, view):
                self.note(line)
            board.view = view
            board.lamp.show(view.lamp, now_us - self._began_us)
            board.shade = board.lamp.shown()

    def note(self, text: str) -> None:
        """Write `text` into the event log; from any thread."""
        with self._writing:
            at_us = self._clock_us() - self._began_us
            self._events.append(Event(at_us=at_us, text=text))
            self._event_count += 1

    def events_since(self, known_count: int) -> tuple[list[Event], int]:
        """The events after the first `known_count`, and how many there are now."""
        with self._writing:
            new_count = min(self._event_count - known_count, len(self._events))
            events = list(self._events)
            return events[len(events) - new_count :], self._event_count

    def views(self) -> tuple[BoardView, ...]:
        """Every board as last seen, by id."""
        return tuple(board.view for board in self._boards.values() if board.view is not None)

    def shade(self, node_id: int) -> Shade:
        """What the pins of this board's lamp say: red, green, blue, 0 to 1."""
        return self._boards[node_id].shade

    def mark(self, node_id: int, mischief: str) -> None:
        """Say on the board what the demo does to it; empty: nothing."""
        self._boards[node_id].mischief = mischief

    def status(self, node_id: int) -> NodeStatus | None:
        """The last status of this board, however old."""
        return self._boards[node_id].status

    def alive(self) -> tuple[NodeStatus, ...]:
        """The statuses of the boards that are heard now."""
        now_us = self._clock_us()
        return tuple(
            board.status
            for board in self._boards.values()
            if board.status is not None
            and board.connected
            and now_us - board.status_at_us <= HUNG_AFTER_US
        )

    def leader(self) -> NodeStatus | None:
        """The leader that says so now, of the newest term; None when nobody does."""
        leaders = [status for status in self.alive() if status.role == "leader"]
        return max(leaders, key=lambda status: status.term, default=None)

    def close(self) -> None:
        """Let go of the feeds and the lamps; once nobody looks any more."""
        self._feeds.close()
        for board in self._boards.values():
            board.lamp.close()


def _mock_lamp() -> LampDriver:
    # The very driver of a board with GPIO; only the pins are mock ones.
    return LampDriver(*_PINS, smooth=True, pin_factory=MockFactory(pin_class=MockPWMPin))
