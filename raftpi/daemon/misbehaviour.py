"""Faults that a person has asked for: frames dropped, frames delayed; always with an end."""

import heapq

from raftpi.node import Send

LONGEST_US = 10 * 60 * 1_000_000
MOST_DELAYED_COUNT = 10_000


class Misbehaviour:
    """What stands between the node and its links while a drill is on.

    Invariant: it ends by itself at `until_us`, whether or not anybody asks it to.
    """

    def __init__(self) -> None:
        """No drill is on."""
        self._blocked_in: frozenset[int] = frozenset()
        self._blocked_out: frozenset[int] = frozenset()
        self._delay_us = 0
        self._until_us = 0
        self._delayed: list[tuple[int, int, Send]] = []
        self._order = 0

    def begin(
        self,
        *,
        blocked_in: tuple[int, ...],
        blocked_out: tuple[int, ...],
        delay_ms: int,
        duration_ms: int,
        now_us: int,
    ) -> None:
        """Drop frames from and to these boards and delay every frame out, for a while."""
        self._blocked_in = frozenset(blocked_in)
        self._blocked_out = frozenset(blocked_out)
        self._delay_us = delay_ms * 1000
        self._until_us = now_us + min(duration_ms * 1000, LONGEST_US)

    def is_on(self, now_us: int) -> bool:
        """Whether a drill is on."""
        return now_us < self._until_us and bool(
            self._blocked_in or self._blocked_out or self._delay_us
        )

    def lets_in(self, node_id: int, now_us: int) -> bool:
        """Whether a frame from this board is heard."""
        return not (self.is_on(now_us) and node_id in self._blocked_in)

    def let_out(self, sends: tuple[Send, ...], now_us: int) -> list[Send]:
        """Which sends leave now: of these, and of those delayed before."""
        leaving: list[Send] = []
        on = self.is_on(now_us)
        while self._delayed and (self._delayed[0][0] <= now_us or not on):
            leaving.append(heapq.heappop(self._delayed)[2])
        for send in sends:
            if not on:
                leaving.append(send)
            elif send.node_id in self._blocked_out:
                continue
            elif self._delay_us == 0:
                leaving.append(send)
            elif len(self._delayed) < MOST_DELAYED_COUNT:
                self._order += 1
                heapq.heappush(self._delayed, (now_us + self._delay_us, self._order, send))
        return leaving

    def next_deadline_us(self) -> int | None:
        """When the next delayed frame is due."""
        return self._delayed[0][0] if self._delayed else None
