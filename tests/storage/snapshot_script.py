"""A scripted life with snapshots: made, received, logged, cut to; and what must be found of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from raftpi.core.entry import Entry
from raftpi.core.ready import Batch, HardState
from raftpi.core.snapshot import SnapshotMeta
from raftpi.storage.disk import Disk
from raftpi.storage.store import Store
from tests.storage.script import NO_TERM, batch, changed, command, configuration, founding, tend
from tests.storage.script import open_store as opened

SEGMENT_BYTES = 4096


def meta(index: int, term: int, *, configured: int = 1, settings: bytes = b"") -> SnapshotMeta:
    return SnapshotMeta(
        index=index,
        term=term,
        configuration_index=configured,
        configuration=configuration(settings=settings),
    )


def payload(snapshot: SnapshotMeta, size_bytes: int = 300) -> bytes:
    """What a snapshot of the scripts holds: different bytes in each, and in each place."""
    return b"".join(
        b"%d/%d/%d;" % (snapshot.index, snapshot.term, at) for at in range(size_bytes // 8)
    )


def noting(snapshot: SnapshotMeta, *entries: Entry, term: int | None = None) -> Batch:
    return replace(batch(*entries, term=term), snapshot=snapshot)


@dataclass(frozen=True, slots=True)
class Take:
    """A snapshot is written and finished, or given up."""

    meta: SnapshotMeta
    received: bool = False
    size_bytes: int = 300
    finishes: bool = True


def write(store: Store, take: Take) -> None:
    file = store.begin_snapshot(take.meta, take.received)
    data = payload(take.meta, take.size_bytes)
    for start in range(0, len(data), 20_000):
        file.write(data[start : start + 20_000])
    if take.finishes:
        file.finish()
    else:
        file.discard()


@dataclass(frozen=True, slots=True)
class Past:
    """What a directory amounts to: the entries are those behind the snapshot."""

    hard_state: HardState = NO_TERM
    snapshot: tuple[int, int] = (0, 0)
    entries: tuple[Entry, ...] = ()

    def after(self, batches: Sequence[Batch]) -> "Past":
        past = self
        for one in batches:
            if one.snapshot is not None:
                past = past._behind(one.snapshot)
            if one.entries:
                kept = past.entries[: one.entries[0].index - 1 - past.snapshot[0]]
                past = replace(past, entries=kept + one.entries)
            if one.hard_state is not None:
                past = replace(past, hard_state=one.hard_state)
        return past

    def _behind(self, snapshot: SnapshotMeta) -> "Past":
        place = snapshot.index - 1 - self.snapshot[0]
        agrees = place < len(self.entries) and self.entries[place].term == snapshot.term
        return replace(
            self,
            snapshot=(snapshot.index, snapshot.term),
            entries=self.entries[place + 1 :] if agrees else (),
        )

    @property
    def last_index(self) -> int:
        return self.snapshot[0] + len(self.entries)


def past_of(store: Store) -> Past:
    """What was recovered, and that it fits together; the snapshot is read to its end."""
    recovered = store.recovered
    snapshot = recovered.snapshot
    place = (snapshot.index, snapshot.term) if snapshot is not None else (0, 0)
    assert recovered.first_index == place[0] + 1
    indexes = [entry.index for entry in recovered.entries]
    assert indexes == list(range(recovered.first_index, recovered.first_index + len(indexes)))
    assert store.snapshots()[:1] == ([snapshot] if snapshot is not None else [])
    for known in store.snapshots():
        reader = store.open_snapshot(known.index)
        assert reader.meta == known
        data = reader.read(0, reader.size_bytes)
        assert data == payload(known, 8 * data.count(b";"))
        assert data
    return Past(recovered.hard_state, place, recovered.entries)


def open_store(disk: Disk, *, segment_bytes: int = SEGMENT_BYTES) -> Store:
    return opened(disk, segment_bytes=segment_bytes)


Step = tuple[Batch, ...] | Take | None


def filled(first: int, last: int, term: int) -> tuple[tuple[Batch, ...], ...]:
    """Appends of one entry each, large enough that a segment holds two or three of them."""
    return tuple((batch(command(index, term, b"z" * 1300)),) for index in range(first, last + 1))


def behind_change(index: int, term: int) -> SnapshotMeta:
    return meta(index, term, configured=10, settings=b"\x02")


# Own snapshots in the midst of the log and at its very end; the segments before the older one
# go; the configuration changes behind and before a snapshot, and a change of it is replaced.
# Then received ones: beyond the log's end, with entries behind them in the same batch; over a
# log of the same length that holds another term; over a longer one that agrees.
OWN: tuple[Step, ...] = (
    (batch(founding(), term=1),),
    *filled(2, 8, 1),
    Take(meta(5, 1), size_bytes=70_000),
    (noting(meta(5, 1)),),
    None,
    (batch(command(9, 1)),),
    (batch(changed(10, 1, b"\x02"), command(11, 1)),),
    Take(behind_change(11, 1), finishes=False),
    Take(behind_change(11, 1)),
    (noting(behind_change(11, 1), command(12, 1), term=2),),
    *filled(13, 17, 2),
    (batch(changed(18, 2, b"\x03")),),
    (batch(command(18, 3), command(19, 3), term=3),),
    Take(behind_change(19, 3)),
    (noting(behind_change(19, 3)),),
    None,
    *filled(20, 22, 3),
    None,
    (batch(term=4),),
)
RECEIVED: tuple[Step, ...] = (
    (batch(founding(), term=1),),
    *filled(2, 6, 1),
    Take(meta(20, 3, configured=15, settings=b"\x05"), received=True, size_bytes=70_000),
    (noting(meta(20, 3, configured=15, settings=b"\x05"), command(21, 3), term=3),),
    *filled(22, 26, 3),
    None,
    (batch(changed(27, 3, b"\x06")),),
    Take(meta(25, 4, configured=24, settings=b"\x07"), received=True),
    (noting(meta(25, 4, configured=24, settings=b"\x07"), term=4),),
    *filled(26, 30, 4),
    Take(meta(27, 4, configured=24, settings=b"\x07"), received=True),
    (batch(command(31, 4)), noting(meta(27, 4, configured=24, settings=b"\x07"), term=5)),
    (batch(command(30, 5)),),
)
JOINING: tuple[Step, ...] = (
    None,
    Take(meta(40, 7, configured=33), received=True),
    (noting(meta(40, 7, configured=33), term=7),),
    *filled(41, 44, 7),
    Take(meta(43, 7, configured=33)),
    (noting(meta(43, 7, configured=33)),),
    (batch(command(44, 8), term=8),),
)
# A suffix is replaced from before the segment that the replacement lies in; snapshots behind that,
# so that the log would begin in the midst of it if it were cut to where the older one allows.
REPLACED: tuple[Step, ...] = (
    (batch(founding(), term=1),),
    *filled(2, 6, 1),
    (batch(changed(7, 1, b"\x02")),),
    *filled(8, 10, 1),
    (batch(*(command(index, 2, b"y" * 200) for index in range(5, 21)), term=2),),
    *filled(21, 22, 2),
    Take(meta(15, 2)),
    (noting(meta(15, 2)),),
    Take(meta(19, 2)),
    (noting(meta(19, 2)),),
    None,
    *filled(23, 25, 2),
    Take(meta(24, 2)),
    (noting(meta(24, 2)),),
    None,
)
LIVES: dict[str, tuple[Step, ...]] = {
    "own": OWN,
    "received": RECEIVED,
    "joining": JOINING,
    "replaced": REPLACED,
}


@dataclass(slots=True)
class Account:
    """What was promised so far, and what besides may be there: the append under way."""

    promised: Past = field(default_factory=Past)
    attempted: Past = field(default_factory=Past)


def live(
    disk: Disk, account: Account, steps: tuple[Step, ...], *, segment_bytes: int = SEGMENT_BYTES
) -> None:
    """Live a life, keeping account; ends early where the disk does."""
    store = open_store(disk, segment_bytes=segment_bytes)
    for step in steps:
        if step is None:
            store.close()
            store = open_store(disk, segment_bytes=segment_bytes)
            assert past_of(store) == account.promised
        elif isinstance(step, Take):
            write(store, step)
        else:
            account.attempted = account.promised.after(step)
            store.append(step)
            account.promised = account.attempted
            tend(store)
    store.close()
