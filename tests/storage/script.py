"""A scripted life of a store, and what must be found after any of its moments."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from raftpi.core.configuration import Configuration, Member
from raftpi.core.entry import Entry, EntryKind
from raftpi.core.ready import Batch, HardState
from raftpi.core.timing import PROFILES
from raftpi.storage.disk import Disk
from raftpi.storage.store import Recovered, Store

REPLICA_ID = 0x1122334455667788
CLUSTER_ID = 0x99AABBCCDDEEFF01
NODE_ID = 1
NAME = "pi1"
NO_TERM = HardState(term=0, voted_for=0)


def configuration(*, settings: bytes = b"") -> Configuration:
    return Configuration(
        cluster_id=CLUSTER_ID,
        members=(Member(replica_id=REPLICA_ID, node_id=NODE_ID, name=NAME),),
        timing=PROFILES["wired"],
        machine_settings=settings,
    )


def founding(**changes: bytes) -> Entry:
    return Entry(
        index=1, term=1, kind=EntryKind.CONFIGURATION, configuration=configuration(**changes)
    )


def changed(index: int, term: int, settings: bytes) -> Entry:
    """Another configuration."""
    return Entry(
        index=index,
        term=term,
        kind=EntryKind.CONFIGURATION,
        configuration=configuration(settings=settings),
    )


def command(index: int, term: int, data: bytes = b"set") -> Entry:
    return Entry(index=index, term=term, command=data + b" %d/%d" % (index, term))


def batch(*entries: Entry, term: int | None = None, vote: int = 0) -> Batch:
    hard_state = HardState(term=term, voted_for=vote) if term is not None else None
    return Batch(number=1, hard_state=hard_state, entries=entries)


def tend(store: Store) -> None:
    """All the upkeep that is due, as a driver does it behind a batch."""
    while store.upkeep_is_due:
        store.upkeep()


def open_store(
    disk: Disk,
    directory: str = "/data/node",
    *,
    segment_bytes: int = 8 << 20,
    node_id: int = NODE_ID,
) -> Store:
    return Store.open(
        disk=disk,
        directory=directory,
        node_id=node_id,
        name=NAME,
        mint_replica_id=lambda: REPLICA_ID,
        segment_bytes=segment_bytes,
    )


@dataclass(frozen=True, slots=True)
class State:
    """What a log amounts to."""

    hard_state: HardState = NO_TERM
    entries: tuple[Entry, ...] = ()

    def after(self, batches: Sequence[Batch]) -> "State":
        state = self
        for one in batches:
            if one.entries:
                kept = state.entries[: one.entries[0].index - 1]
                state = replace(state, entries=kept + one.entries)
            if one.hard_state is not None:
                state = replace(state, hard_state=one.hard_state)
        return state


def state_of(recovered: Recovered) -> State:
    return State(hard_state=recovered.hard_state, entries=recovered.entries)


# What is appended, one append per line, with None for "close and open again". Small segments
# make it rotate, a large batch outgrows one by itself, suffixes are replaced within a batch, over
# several, over a configuration.
LIFE: tuple[tuple[Batch, ...] | None, ...] = (
    None,
    (batch(founding()), batch(term=1, vote=REPLICA_ID)),
    (batch(command(2, 1)),),
    (batch(command(3, 1), command(4, 1), command(5, 1, b"x" * 1200)),),
    (batch(term=2), batch(command(4, 2), command(5, 2), term=2, vote=7)),
    None,
    None,
    (batch(term=3),),
    (
        batch(command(6, 3), command(7, 3)),
        batch(
            Entry(
                index=7,
                term=3,
                kind=EntryKind.CONFIGURATION,
                configuration=configuration(settings=b"\x01"),
            ),
            Entry(index=8, term=3, kind=EntryKind.NOOP),
        ),
    ),
    (batch(command(9, 3, b"large" * 2000)),),
    (batch(command(10, 3)),),
    (batch(command(11, 3, b"\0" * 600)),),
    None,
    (batch(command(7, 4), term=4),),
    (batch(term=5, vote=3),),
    (batch(command(8, 5, bytes(1500))),),
    (batch(command(9, 5, bytes(1500))), batch(command(10, 5))),
    (batch(command(3, 6), term=6),),
)


@dataclass(slots=True)
class Account:
    """What was promised so far, and what besides may be there: the append under way."""

    promised: State = field(default_factory=State)
    attempted: State = field(default_factory=State)


def live(disk: Disk, account: Account, *, segment_bytes: int) -> None:
    """Live the whole life on `disk`, keeping account; ends early where the disk does."""
    store: Store | None = None
    for step in LIFE:
        if step is None or store is None:
            if store is not None:
                store.close()
            store = open_store(disk, segment_bytes=segment_bytes)
            assert state_of(store.recovered) == account.promised
        if step is not None:
            account.attempted = account.promised.after(step)
            store.append(step)
            account.promised = account.attempted
            tend(store)
    if store is not None:
        store.close()
