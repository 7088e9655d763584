"""When the next slice is read back from the card, and what was found so far.

A slice is small and comes after everything else that the card has to do. Slices are spread
evenly, so that all files are gone through once in `pass_us`; while rot is being mended they
follow each other quickly. Nothing here writes: an idle node with a whole card writes nothing.
"""

from raftpi.node import narrative
from raftpi.node.card_job import ScrubSlice
from raftpi.node.event import Event
from raftpi.status import ScrubStatus
from raftpi.storage.scrub_step import ScrubStep

SLICE_BYTES = 64 * 1024
PAUSE_US = 10_000
# While rot waits for a snapshot, which takes its time; and between two that were of no use.
WAIT_US = 1_000_000
SNAPSHOT_RETRY_US = 60_000_000
# The first slice of a start comes after this part of a pass: recovery has just read everything.
FIRST_PART = 1000
NEVER_US = 1 << 62


class Scrubbing:
    """One node's scrub; times are microseconds of the driver's monotonic clock.

    `due_us` is when `take_job` has a job, NEVER_US while one is under way or with `pass_us` 0.
    `rotten` is what is rotten and not mended yet, or "".
    """

    def __init__(self, pass_us: int, now_us: int) -> None:
        """Nothing was read yet."""
        self.due_us = now_us + pass_us // FIRST_PART if pass_us else NEVER_US
        self.rotten = ""
        self._pass_us = pass_us
        self._began_us = now_us
        self._step = ScrubStep()
        self._pass_count = 0
        self._ended_us = 0
        self._rot_count = 0
        self._last_rot = ""
        self._asked_us = -SNAPSHOT_RETRY_US

    def take_job(self, now_us: int) -> tuple[ScrubSlice, ...]:
        """The slice that is due."""
        if now_us < self.due_us:
            return ()
        self.due_us = NEVER_US
        return (ScrubSlice(limit_bytes=SLICE_BYTES),)

    def done(self, step: ScrubStep, now_us: int) -> list[Event]:
        """A slice came back; what there is to tell of it."""
        events: list[Event] = []
        if step.rot:
            self._rot_count += 1
            self._last_rot = step.rot
            events.append(narrative.rot_found(step.rot))
        if step.mended:
            events.append(narrative.rot_mended(step.mended))
        if step.pass_ended:
            self._pass_count += 1
            self._ended_us = now_us
        self._step = step
        self.rotten = step.rotten
        self.due_us = now_us + max(PAUSE_US, self._pause_us(step, now_us))
        if step.pass_ended:
            self._began_us = self.due_us
        return events

    def wants_snapshot(self, applied_index: int, now_us: int) -> bool:
        """Whether a snapshot should be made now: it could take the place of what is rotten."""
        is_wanted = 0 < self._step.needed_index <= applied_index
        if not is_wanted or now_us - self._asked_us < SNAPSHOT_RETRY_US:
            return False
        self._asked_us = now_us
        return True

    def status(self, now_us: int) -> ScrubStatus:
        """How far it is, and what it found."""
        return ScrubStatus(
            pass_us=self._pass_us,
            done_bytes=self._step.done_bytes,
            total_bytes=self._step.total_bytes,
            pass_count=self._pass_count,
            passed_us_ago=now_us - self._ended_us if self._pass_count else -1,
            rot_count=self._rot_count,
            last_rot=self._last_rot,
        )

    def _pause_us(self, step: ScrubStep, now_us: int) -> int:
        if step.is_proving:
            return PAUSE_US
        if step.rotten or not step.total_bytes:  # or nothing is there yet
            return WAIT_US
        if step.pass_ended:
            return self._began_us + self._pass_us - now_us
        return self._pass_us * step.read_bytes // max(step.total_bytes, 1)
