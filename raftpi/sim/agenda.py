"""Virtual time: what happens when. Nothing else in the simulator moves the clock."""

from collections.abc import Callable
from heapq import heappop, heappush

from raftpi.sim.violation import Violation

Action = Callable[[], None]


class Agenda:
    """Actions in the order of their time; of those at one moment, the first one put down.

    `limit_count`: after so many actions a Violation is raised, for a run that does not end is
    one in which messages breed messages.
    Invariant: `now_us` never falls.
    """

    __slots__ = ("_events", "_order", "done_count", "limit_count", "now_us")

    def __init__(self, now_us: int) -> None:
        """Nothing to do."""
        self.now_us = now_us
        self.done_count = 0
        self.limit_count: int | None = None
        self._events: list[tuple[int, int, Action]] = []
        self._order = 0

    def at(self, when_us: int, action: Action) -> None:
        """Run `action` then; what lies in the past is run next."""
        self._order += 1
        heappush(self._events, (when_us, self._order, action))

    def after(self, delay_us: int, action: Action) -> None:
        """Run `action` so much later."""
        self.at(self.now_us + delay_us, action)

    def run_until(self, condition: Callable[[], bool], limit_us: int) -> bool:
        """Go on until the condition holds; False if it does not within `limit_us`.

        Then, or when nothing is left to do, the time is that of the limit.
        """
        end_us = self.now_us + limit_us
        while not condition():
            if not self._step(end_us):
                return False
        return True

    def run_for(self, span_us: int) -> None:
        """Go on for so long."""
        end_us = self.now_us + span_us
        while self._step(end_us):
            pass

    def _step(self, end_us: int) -> bool:
        events = self._events
        if not events or events[0][0] > end_us:
            self.now_us = max(self.now_us, end_us)
            return False
        when_us, _, action = heappop(events)
        if when_us > self.now_us:
            self.now_us = when_us
        self.done_count += 1
        if self.done_count == self.limit_count:
            raise Violation("storm", f"{self.limit_count} events, and no end of it")
        action()
        return True
