"""A full card, as the node lives with it: who is told, and when to look for space again."""

from collections.abc import Callable

from raftpi.core.raft import Raft
from raftpi.core.room import Room
from raftpi.node import narrative
from raftpi.node.card_job import LookForSpace
from raftpi.node.event import Event
from raftpi.node.outbox import Outbox
from raftpi.node.snapshots import NodeSnapshots
from raftpi.storage.shortage import Shortage

LOOK_EVERY_US = 2_000_000
NEVER_US = 1 << 62


class CardSpace:
    """Between the card, which says what it lacks, and the core, which withholds entries from it.

    `shortage` is what was told last, None while there is room; `due_us` when `take_job` has a
    job, NEVER_US while there is room or a job is under way.
    """

    def __init__(
        self,
        raft: Raft,
        outbox: Outbox,
        tell: Callable[[Event], None],
        snapshots: NodeSnapshots,
    ) -> None:
        """There is room."""
        self.shortage: Shortage | None = None
        self.due_us = NEVER_US
        self._raft = raft
        self._outbox = outbox
        self._tell = tell
        self._snapshots = snapshots

    def write_refused(self, now_us: int) -> None:
        """None of the batches under way was written; `told`, with why, must follow."""
        self._outbox.forget_held()
        self._raft.write_refused(now_us)

    def told(self, shortage: Shortage | None, now_us: int) -> None:
        """What the card lacks after some work; told after every piece of it, whatever it was."""
        before, self.shortage = self.shortage, shortage
        if shortage is None:
            if before is not None:
                self.due_us = NEVER_US
                self._raft.card_room(Room.ENOUGH, now_us)
                self._snapshots.has_space()
                self._tell(narrative.has_space_again())
            return
        self._raft.card_room(Room.VOTES if shortage.takes_votes else Room.NONE, now_us)
        if before is None:
            self.due_us = now_us + LOOK_EVERY_US
            self._tell(narrative.card_is_full(shortage))
        elif before.takes_votes and not shortage.takes_votes:
            self._tell(narrative.no_room_for_votes())

    def take_job(self, now_us: int) -> tuple[LookForSpace, ...]:
        """Look for space, if that is due."""
        if now_us < self.due_us:
            return ()
        self.due_us = NEVER_US
        return (LookForSpace(),)

    def looked(self, now_us: int) -> None:
        """That was done; what came of it, `told` has said or will say."""
        if self.shortage is not None:
            self.due_us = now_us + LOOK_EVERY_US

    def need(self) -> str:
        """What a person has to do, or ""."""
        shortage = self.shortage
        if shortage is None:
            return ""
        return (
            f"disk full: {shortage.text}. Make room for {shortage.wanted_bytes} bytes, "
            f"{shortage.free_bytes} are free; the node then goes on by itself"
        )
