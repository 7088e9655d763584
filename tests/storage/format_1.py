"""Wrote tests/storage/directories/format-1, once: `python -m tests.storage.format_1 DIRECTORY`.

That directory stays as the first version of the format wrote it. Do not write it anew: a later
raftpi would write something else, and what must be seen is that it reads this.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from raftpi.command import CompareAndSwap, Delete, Operation, Put, Stamp, pack_command
from raftpi.core.configuration import Configuration, Member
from raftpi.core.entry import Entry, EntryKind
from raftpi.core.ready import Batch, HardState
from raftpi.core.snapshot import SnapshotMeta
from raftpi.core.timing import PROFILES
from raftpi.kv.machine import Machine
from raftpi.kv.settings import MachineSettings, pack_settings
from raftpi.node.block_stream import framed
from raftpi.storage.disk import Disk, RealDisk
from raftpi.storage.store import Store

REPLICA_IDS = (0x1122334455667788, 0x2233445566778899, 0x33445566778899AA)
CLUSTER_ID = 0x99AABBCCDDEEFF01
NODE_ID, NAME = 2, "pi2"
SEGMENT_BYTES = 2048
BLOCK_BYTES = 200

FOUNDERS = tuple(
    Member(replica_id=replica_id, node_id=node_id, name=f"pi{node_id}")
    for node_id, replica_id in enumerate(REPLICA_IDS, 1)
)
JOINING = Member(replica_id=0x44556677, node_id=4, name="pi4", voter=False, joining=True)


def configuration(*more: Member) -> Configuration:
    return Configuration(
        cluster_id=CLUSTER_ID,
        members=FOUNDERS + more,
        timing=PROFILES["wired"],
        machine_settings=pack_settings(MachineSettings(session_limit=16)),
    )


def configured(index: int, term: int, *more: Member) -> Entry:
    kind = EntryKind.CONFIGURATION
    return Entry(index=index, term=term, kind=kind, configuration=configuration(*more))


def noop(index: int, term: int) -> Entry:
    return Entry(index=index, term=term, kind=EntryKind.NOOP)


def done(index: int, term: int, operation: Operation) -> Entry:
    """A command of the one session that there is."""
    stamp = Stamp(session_id=77, sequence=index, first_pending=index, began_index=1)
    return Entry(index=index, term=term, command=pack_command(stamp, operation))


def put(index: int, term: int, key: str, value: str) -> Entry:
    return done(index, term, Put(key=key.encode(), value=value.encode()))


def batch(*entries: Entry, term: int = 0, vote: int = 0) -> Batch:
    hard_state = HardState(term=term, voted_for=vote) if term else None
    return Batch(number=1, hard_state=hard_state, entries=entries)


def meta(index: int, term: int, configuration_index: int, *more: Member) -> SnapshotMeta:
    return SnapshotMeta(
        index=index,
        term=term,
        configuration_index=configuration_index,
        configuration=configuration(*more),
    )


FIRST, SECOND = meta(10, 3, 9, JOINING), meta(13, 3, 9, JOINING)
SWAP = CompareAndSwap(key=b"fan", expected=b"off", value=b"on")
# Lines of appends; a snapshot is made where the log notes it; None: closed and opened again.
LIFE: tuple[Sequence[Batch] | None, ...] = (
    [batch(configured(1, 1), term=1, vote=REPLICA_IDS[0])],
    [batch(noop(2, 1), put(3, 1, "temperature", "21.5"))],
    [batch(put(4, 1, "fan", "off"), put(5, 1, "lost", "overwritten"))],
    [batch(term=2, vote=REPLICA_IDS[1])],
    # From another leader: entry 5 was never committed, and another takes its place.
    [batch(noop(5, 3), put(6, 3, "mode", "automatic"), term=3)],
    None,
    [batch(put(7, 3, "temperature", "22.0"))],
    [batch(put(8, 3, "large", "x" * 900))],
    [batch(configured(9, 3, JOINING))],
    [batch(done(10, 3, SWAP))],
    [batch(done(11, 3, Delete(key=b"mode"))), batch(put(12, 3, "déjà", "vu"))],
    [replace(batch(put(13, 3, "temperature", "22.5")), snapshot=FIRST)],
    [replace(batch(), snapshot=SECOND)],
    [batch(put(14, 3, "lost", "overwritten too"))],
    [batch(noop(14, 5), put(15, 5, "door", "shut"), term=5, vote=REPLICA_IDS[2])],
)
# What the keys are in the end: value, and index of the entry that wrote it.
KEYS = {
    b"temperature": (b"22.5", 13),
    b"fan": (b"on", 10),
    b"large": (b"x" * 900, 8),
    "déjà".encode(): (b"vu", 12),
    b"door": (b"shut", 15),
}


def write(disk: Disk, directory: str) -> None:
    """Live the life; the state machine follows, to be put in snapshots."""
    store = opened(disk, directory)
    log: list[Entry] = []
    for batches in LIFE:
        if batches is None:
            store.close()
            store = opened(disk, directory)
            continue
        for one in batches:
            if one.snapshot is not None:
                write_snapshot(store, one.snapshot, log)
            if one.entries:
                del log[one.entries[0].index - 1 :]
                log.extend(one.entries)
        store.append(batches)
    store.close()


def opened(disk: Disk, directory: str) -> Store:
    return Store.open(
        disk=disk,
        directory=directory,
        node_id=NODE_ID,
        name=NAME,
        mint_replica_id=lambda: REPLICA_IDS[NODE_ID - 1],
        segment_bytes=SEGMENT_BYTES,
    )


def write_snapshot(store: Store, snapshot: SnapshotMeta, log: list[Entry]) -> None:
    machine = Machine()
    for entry in log[: snapshot.index]:
        if entry.configuration is not None:
            machine.configure(entry.configuration.machine_settings)
        elif entry.kind is EntryKind.COMMAND:
            machine.apply(entry.index, entry.command)
    view = machine.view()
    file = store.begin_snapshot(snapshot, False)
    while block := view.next_block(BLOCK_BYTES):
        file.write(framed(block))
    file.finish()


if __name__ == "__main__":
    write(RealDisk(), sys.argv[1])
    Path(sys.argv[1], "lock").unlink()
