"""Makes snapshots of the own state, in slices, while commands go on."""

from raftpi.core.snapshot import SnapshotMeta
from raftpi.node.block_stream import framed
from raftpi.node.card_job import (
    BeginSnapshot,
    CardJob,
    DiscardSnapshot,
    FinishSnapshot,
    JobDone,
    Origin,
    WriteSnapshot,
)
from raftpi.node.machine import MachineView, StateMachine

# What is packed in one turn of the loop.
BLOCK_BYTES = 64 * 1024
# A snapshot that would set back a follower waits until the log is so many times its limits.
OVERDUE_FACTOR = 4


class SnapshotMaker:
    """One snapshot at a time: begun when enough was applied since the last one.

    Each slice is packed when the card has taken the one before, so that the log's writes come
    first and the loop is never held up for more than one slice.
    Invariant: `_view` is open exactly while a snapshot is being made.
    """

    def __init__(self, *, entry_limit_count: int, log_limit_bytes: int) -> None:
        """A snapshot is due after so many entries, or so many bytes of the log."""
        self._entry_limit_count = entry_limit_count
        self._log_limit_bytes = log_limit_bytes
        self._entry_count = 0
        self._log_bytes = 0
        self._view: MachineView | None = None
        self._snapshot: SnapshotMeta | None = None
        self._is_discarding = False
        self._is_asked_for = False
        self._lacks_space = False

    @property
    def is_making(self) -> bool:
        """Whether a snapshot is being made."""
        return self._view is not None

    def applied(self, entry_count: int, size_bytes: int) -> None:
        """So much was applied."""
        self._entry_count += entry_count
        self._log_bytes += size_bytes

    def log_has_air(self, air_bytes: int) -> None:
        """The log's files take so much beyond the entries that are in them."""
        self._log_bytes += air_bytes

    def ask(self) -> None:
        """One is due, however little was applied since the last."""
        self._is_asked_for = True

    def is_due(self) -> bool:
        """Whether one should be begun now."""
        return (
            self._view is None
            and not self._is_discarding
            and not self._lacks_space
            and (self._is_asked_for or (self._entry_count > 0 and self._is_past(1)))
        )

    def is_overdue(self) -> bool:
        """Whether it cannot wait any longer: the log has grown to a multiple of its limits."""
        return self._is_past(OVERDUE_FACTOR)

    def begin(self, machine: StateMachine, snapshot: SnapshotMeta) -> list[CardJob]:
        """Begin one of the machine as it is now, which is `snapshot.index`."""
        self._entry_count = 0
        self._log_bytes = 0
        self._is_asked_for = False
        self._view = machine.view()
        self._snapshot = snapshot
        return [BeginSnapshot(origin=Origin.OWN, snapshot=snapshot)]

    def no_space(self) -> None:
        """The card has no room for what was begun: it is gone, and another is due with space."""
        if self._view is not None:
            self._view.close()
        self._view = None
        self._snapshot = None
        self._is_asked_for = True
        self._lacks_space = True

    def has_space(self) -> None:
        """The card has room again."""
        self._lacks_space = False

    def abandon(self) -> list[CardJob]:
        """Another state, durable as a snapshot, takes the machine's place: drop what was begun."""
        self._entry_count = 0
        self._log_bytes = 0
        if self._view is None:
            return []
        self._view.close()
        self._view = None
        self._snapshot = None
        self._is_discarding = True
        return [DiscardSnapshot(origin=Origin.OWN)]

    def job_done(self, done: JobDone) -> tuple[list[CardJob], SnapshotMeta | None]:
        """A job of the own snapshot came back: the next ones, and the snapshot once durable."""
        if isinstance(done.job, DiscardSnapshot):
            self._is_discarding = False
        view, snapshot = self._view, self._snapshot
        if view is None or snapshot is None:
            return [], None
        if isinstance(done.job, FinishSnapshot):
            view.close()
            self._view = None
            return [], snapshot
        block = view.next_block(BLOCK_BYTES)
        if block:
            return [WriteSnapshot(origin=Origin.OWN, data=framed(block))], None
        return [FinishSnapshot(origin=Origin.OWN, snapshot=snapshot)], None

    def _is_past(self, factor: int) -> bool:
        return (
            self._entry_count >= factor * self._entry_limit_count
            or self._log_bytes >= factor * self._log_limit_bytes
        )
