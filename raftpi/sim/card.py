"""One board's card: a virtual disk, how fast it is, and the one write that is under way.

The storage's code runs at once, when the write's time is over. A crash that falls into that
time runs it too, but lets only some of its effects happen: so it can fall between any two.
"""

from collections.abc import Callable
from dataclasses import dataclass

from raftpi.sim.chance import Chance
from raftpi.sim.disk import PowerCut, VirtualDisk

# How many effects of an interrupted write happen, at most: mostly few, for most writes are a
# write and a sync; sometimes as many as the making of a segment takes.
FEW_EFFECTS_COUNT = 3
MANY_EFFECTS_COUNT = 16

Work = Callable[[], object]
Doom = Callable[[int], None]


@dataclass(slots=True)
class Card:
    """`sync_us` is how long a write takes, give or take the part `jitter` of it.

    `stalled_until_us`: no write ends before then. `doom` is told once of the next piece of work
    that begins, and how long it will take; `vote_doom` of the next that holds a vote.
    """

    disk: VirtualDisk
    chance: Chance
    sync_us: int = 500
    jitter: float = 0.0
    stalled_until_us: int = 0
    doom: Doom | None = None
    vote_doom: Doom | None = None

    def duration_us(self, now_us: int) -> int:
        """How long a piece of work that begins now will take."""
        taken_us = self.sync_us
        if self.jitter:
            taken_us += int(taken_us * self.jitter * (2 * self.chance.random() - 1))
        return max(taken_us, self.stalled_until_us - now_us)

    def work_begins(self, taken_us: int, *, holds_vote: bool) -> None:
        """Tell whoever has waited for it."""
        doom, self.doom = self.doom, None
        if doom is not None:
            doom(taken_us)
        if holds_vote:
            doom, self.vote_doom = self.vote_doom, None
            if doom is not None:
                doom(taken_us)

    def recover(self) -> None:
        """No stall and no error is under way any more, and it has room."""
        self.stalled_until_us = 0
        self.disk.capacity_bytes = None
        self.doom = None
        self.vote_doom = None
        self.disk.fail_syncs(0, self.chance)

    def interrupt(self, work: Work) -> bool:
        """Run what is under way, and cut it off after some effects; True if it was."""
        most = MANY_EFFECTS_COUNT if self.chance.happens(0.3) else FEW_EFFECTS_COUNT
        self.disk.cut_after(self.chance.below(most))
        try:
            work()
        except PowerCut:
            return True
        return False
