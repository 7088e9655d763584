"""docs/FORMAT.md is true: a program written from it alone reads what the store wrote."""

import ast
from pathlib import Path

import pytest

from raftpi.core.entry import Entry
from raftpi.payload import pack_payload
from raftpi.storage.store import Recovered
from tests.storage import format_1, format_reader, snapshot_script
from tests.storage.format_reader import Reading, Unreadable, read_directory
from tests.storage.past import SEGMENT_BYTES
from tests.storage.rooted_disk import RootedDisk
from tests.storage.script import (
    CLUSTER_ID,
    LIFE,
    NAME,
    NODE_ID,
    REPLICA_ID,
    batch,
    command,
    founding,
    open_store,
)

NODE = "/data/node"
Fields = tuple[int, int, int, bytes]


def fields_of(entries: tuple[Entry, ...]) -> list[Fields]:
    return [(e.index, e.term, e.kind.value, pack_payload(e)) for e in entries]


def recovered(disk: RootedDisk) -> Recovered:
    store = open_store(disk, segment_bytes=SEGMENT_BYTES)
    store.close()
    return store.recovered


def compare(disk: RootedDisk) -> Reading:
    """Read by the other program, then by ours, which writes: both see the same."""
    reading = read_directory(disk.real(NODE))
    found = recovered(disk)
    assert (reading.replica_id, reading.cluster_id) == (REPLICA_ID, CLUSTER_ID)
    assert (reading.node_id, reading.name) == (NODE_ID, NAME)
    state = found.hard_state
    assert (reading.term, reading.voted_for) == (state.term, state.voted_for)
    assert reading.in_doubt == state.in_doubt
    behind = [entry for entry in reading.entries if entry[0] >= found.first_index]
    assert behind == fields_of(found.entries)
    if found.snapshot is not None:
        stands_for = reading.snapshots[-1].stands_for
        assert stands_for["index"] == found.snapshot.index
        assert stands_for["term"] == found.snapshot.term
    return reading


def test_the_other_program_shares_nothing_with_raftpi() -> None:
    tree = ast.parse(Path(format_reader.__file__).read_text(encoding="utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in [getattr(node, "module", None) or node.names[0].name]
    }
    assert imported == {"struct", "zlib", "dataclasses", "pathlib", "typing", "msgpack"}


def test_it_reads_a_life_after_each_of_its_appends(tmp_path: Path) -> None:
    disk = RootedDisk(tmp_path)
    store = open_store(disk, segment_bytes=SEGMENT_BYTES)
    entries: list[Entry] = []
    term = vote = most_batches = 0
    for step in LIFE:
        if step is None:
            continue
        store.append(step)
        for one in step:
            if one.entries:
                del entries[one.entries[0].index - 1 :]
                entries.extend(one.entries)
            if one.hard_state is not None:
                term, vote = one.hard_state.term, one.hard_state.voted_for
        reading = read_directory(disk.real(NODE))
        assert reading.entries == fields_of(tuple(entries))
        assert (reading.term, reading.voted_for) == (term, vote)
        while store.upkeep_is_due:
            store.upkeep()
        assert read_directory(disk.real(NODE)).entries == reading.entries
        most_batches = max(most_batches, reading.batch_count // len(reading.generations))
    store.close()
    reading = compare(disk)
    assert len(reading.generations) >= 3
    assert most_batches >= 2


@pytest.mark.parametrize("life", sorted(snapshot_script.LIVES))
def test_it_reads_logs_that_were_cut_and_snapshots_made_and_received(
    tmp_path: Path, life: str
) -> None:
    disk = RootedDisk(tmp_path)
    account = snapshot_script.Account()
    snapshot_script.live(disk, account, snapshot_script.LIVES[life])
    reading = compare(disk)
    past = account.promised
    assert reading.last_index == past.last_index
    assert reading.base_index > 0
    for snapshot in reading.snapshots:
        at = (snapshot.stands_for["index"], snapshot.stands_for["term"])
        assert snapshot.payload.startswith(b"%d/%d/0;" % at)
    assert (at := reading.snapshots[-1].stands_for)["index"], at["term"] == past.snapshot


def test_it_reads_keys_out_of_snapshot_and_log(tmp_path: Path) -> None:
    format_1.write(RootedDisk(tmp_path), NODE)
    reading = read_directory(tmp_path / "data" / "node")
    keys = format_reader.keys_of(reading.snapshots[-1].payload)
    for index, _, kind, payload in reading.entries:
        if index > reading.snapshots[-1].stands_for["index"] and kind == format_reader.COMMAND:
            format_reader.apply(keys, index, payload)
    assert keys == format_1.KEYS


@pytest.mark.parametrize("missing", [[0], [1], [2], [0, 2]])
def test_it_cuts_off_a_torn_batch_as_the_store_does(tmp_path: Path, missing: list[int]) -> None:
    disk = RootedDisk(tmp_path)
    store = open_store(disk)
    store.append((batch(founding(), term=4, vote=9),))
    store.append((batch(command(2, 4, b"x" * 1200)),))
    store.close()
    path = disk.real(f"{NODE}/log/0000000000000001.wal")
    data = bytearray(path.read_bytes())
    for sector in missing:
        data[(1 + sector) * 512 : (2 + sector) * 512] = bytes(512)
    path.write_bytes(data)
    reading = compare(disk)
    assert (reading.torn, reading.last_index) == (True, 1)


def test_it_finds_every_flipped_bit_that_matters(tmp_path: Path) -> None:
    """So its checks are the page's: whatever it overlooks lies where anything may lie."""
    disk = RootedDisk(tmp_path)
    format_1.write(disk, NODE)
    whole = read_directory(disk.real(NODE))
    found = 0
    for path in [p for p in disk.real(NODE).rglob("*") if p.is_file() and p.name != "lock"]:
        data = path.read_bytes()
        for offset in range(0, len(data), 23):
            path.write_bytes(
                data[:offset] + bytes([data[offset] ^ 1 << offset % 8]) + data[offset + 1 :]
            )
            try:
                reading = read_directory(disk.real(NODE))
            except Unreadable:
                found += 1
                continue
            assert reading == whole, (path, offset)
        path.write_bytes(data)
    assert found > 150
