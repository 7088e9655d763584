"""An open store, as the scrub goes through it.

A part of `Store` that has a file of its own, and so knows its insides: it is loaded only where
there is a scrub.
"""

from raftpi.core.ready import Batch
from raftpi.core.snapshot import SnapshotMeta
from raftpi.errors import NoSpace, StorageFailure
from raftpi.storage.identity import Identity
from raftpi.storage.scrub import Scrub
from raftpi.storage.scrub_step import ScrubStep
from raftpi.storage.store import Store

NO_STEP = ScrubStep()


class ScrubbedStore:
    """Implements `scrub.ScrubbedLog`. It is used where `append` is, and never beside it."""

    def __init__(self, store: Store) -> None:
        """`store` is open."""
        self._store = store
        self._scrub = Scrub(store._disk, store._directory, self)

    def step(self, limit_bytes: int) -> ScrubStep:
        """See `Scrub.step`. Raises StorageFailure, after which every append is refused."""
        store = self._store
        if store._segment is None or store._failure:
            return NO_STEP  # nothing was written yet, or nothing will be
        try:
            return self._scrub.step(limit_bytes)
        except StorageFailure:
            store._failure = store._failure or "mending what is rotten did not succeed"
            raise

    @property
    def identity(self) -> Identity:
        """See `ScrubbedLog`."""
        return self._store._identity

    @property
    def durable_end(self) -> tuple[int, int]:
        """See `ScrubbedLog`."""
        segment = self._store._segment
        assert segment is not None  # `step` has looked
        return segment.generation, segment.end_sector

    @property
    def beginnings(self) -> list[tuple[int, int]]:
        """See `ScrubbedLog`."""
        return self._store._end.beginnings

    @property
    def kept(self) -> tuple[SnapshotMeta, ...]:
        """See `ScrubbedLog`."""
        return self._store._snapshots.kept

    def forget_snapshot(self, index: int) -> None:
        """See `ScrubbedLog`."""
        self._store._snapshots.forget(index)

    def note_again(self) -> bool:
        """See `ScrubbedLog`."""
        meta = self._store._snapshots.made_again()
        if meta is not None:
            self._note(meta)
        return meta is not None

    def begin_anew(self) -> None:
        """See `ScrubbedLog`."""
        if self._store.shortage is not None:
            raise NoSpace("the card is full: a new segment waits until there is space")
        self._store._begin_empty_segment()

    def cut_to_newest(self) -> None:
        """See `ScrubbedLog`. What is cut away may have held the note of that snapshot."""
        snapshots = self._store._snapshots
        self._note(snapshots.kept[-1])
        snapshots.rely_on_newest()
        self._store._cut()

    def tell_identity(self) -> None:
        """See `ScrubbedLog`."""
        self._store._tell_identity()

    def _note(self, snapshot: SnapshotMeta) -> None:
        self._store.append((Batch(number=0, hard_state=None, entries=(), snapshot=snapshot),))
