"""Directories of every version of the format open; one from the future is refused, unchanged."""

import shutil
import struct
import zlib
from pathlib import Path

import pytest

from raftpi.core.entry import EntryKind
from raftpi.errors import NewerVersion
from raftpi.kv.machine import Machine
from raftpi.node.block_stream import BlockReader
from raftpi.node.snapshot_store import payload_of
from raftpi.storage.disk import RealDisk
from raftpi.storage.record import HEADER_BYTES, RecordKind
from raftpi.storage.sector import MARK_BYTES, SECTOR_BYTES, marks_of
from raftpi.storage.store import Store
from tests.storage import format_1
from tests.storage.format_reader import keys_of, read_directory

DIRECTORIES = Path(__file__).parent / "directories"
STAMP_AT = {"identity": 0, "log": MARK_BYTES, "snapshots": 0}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A copy of the directory that version 1 of the format wrote."""
    return Path(shutil.copytree(DIRECTORIES / "format-1", tmp_path / "node"))


def machine_of(store: Store) -> Machine:
    """The state machine as a daemon makes it of the directory, all entries applied."""
    snapshot = store.recovered.snapshot
    assert snapshot is not None
    restoration, blocks = Machine().restoration(), BlockReader()
    for data in payload_of(store.open_snapshot(snapshot.index)):
        for block in blocks.feed(data):
            restoration.take(block)
    machine = restoration.machine()
    for entry in store.recovered.entries:
        if entry.kind is EntryKind.COMMAND:
            machine.apply(entry.index, entry.command)
    return machine


def test_a_directory_of_format_1_opens_with_all_that_was_in_it(old: Path) -> None:
    for turn in range(3):
        store = format_1.opened(RealDisk(), str(old))
        found = store.recovered
        assert found.identity.replica_id == format_1.REPLICA_IDS[1]
        assert found.identity.cluster_id == format_1.CLUSTER_ID
        assert (found.hard_state.term, found.hard_state.voted_for) == (5, format_1.REPLICA_IDS[2])
        assert not found.hard_state.in_doubt
        assert (found.first_index, len(found.entries)) == (14, 2 + turn)
        assert found.entries[:2] == (
            format_1.noop(14, 5),
            format_1.put(15, 5, "door", "shut"),
        )
        assert store.snapshots() == [format_1.SECOND, format_1.FIRST]
        assert found.snapshot == format_1.SECOND
        items = {i.key: (i.value, i.revision) for i in machine_of(store)._store.items()}
        added = {b"more": (b"after", 15 + turn)} if turn else {}
        assert items == format_1.KEYS | added
        assert found.findings == ()
        # It is written on, by this version, and opens again.
        store.append([format_1.batch(format_1.put(16 + turn, 5, "more", "after"))])
        store.close()


def test_the_directory_of_format_1_is_as_the_page_says(old: Path) -> None:
    reading = read_directory(old)
    assert reading.generations == [4, 5, 6]
    assert (reading.base_index, reading.last_index) == (8, 15)
    assert [s.stands_for["index"] for s in reading.snapshots] == [10, 13]
    assert keys_of(reading.snapshots[0].payload)[b"mode"] == (b"automatic", 6)


def contents(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def refused(directory: Path, path: Path) -> None:
    before = contents(directory)
    for _ in range(2):
        with pytest.raises(NewerVersion, match="install that newer raftpi") as caught:
            format_1.opened(RealDisk(), str(directory))
        assert caught.value.exit_code == 15
        assert str(path) in str(caught.value)
        assert contents(directory) == before


@pytest.mark.parametrize("version", [2, 3, 65535])
@pytest.mark.parametrize("room", sorted(STAMP_AT))
def test_a_file_of_a_version_from_the_future_is_refused_and_nothing_changed(
    old: Path, room: str, version: int
) -> None:
    path = old / room
    if path.is_dir():
        path = sorted(path.iterdir())[-1]
    data = bytearray(path.read_bytes())
    at = STAMP_AT[room]
    fields = bytes(data[at : at + 8]) + struct.pack("<HH", version, 0)
    data[at : at + 16] = fields + struct.pack("<I", zlib.crc32(fields))
    path.write_bytes(data)
    refused(old, path)


def with_header(path: Path, wanted: RecordKind, **changes: int) -> None:
    """Another header for the segment's first record of this kind, its checksum right."""
    data = bytearray(path.read_bytes())
    mark = marks_of(format_1.REPLICA_IDS[1], int(path.name[:16])).first
    names = ("kind", "detail", "flags", "length", "index", "term", "crc")
    for at in range(MARK_BYTES, len(data) - HEADER_BYTES):
        header = bytes(data[at : at + 28])
        (checksum,) = struct.unpack_from("<I", data, at + 28)
        if header[0] == wanted and zlib.crc32(header, mark) == checksum:
            values = dict(zip(names, struct.unpack("<BBHIQQI", header), strict=True)) | changes
            header = struct.pack("<BBHIQQI", *values.values())
            data[at : at + 32] = header + struct.pack("<I", zlib.crc32(header, mark))
            path.write_bytes(data)
            return
    raise AssertionError(f"there is no record of kind {wanted} in {path}")


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (RecordKind.ENTRY, {"kind": 9}),
        (RecordKind.ENTRY, {"kind": 8}),
        (RecordKind.ENTRY, {"flags": 1}),
        (RecordKind.ENTRY, {"detail": 4}),
        (RecordKind.HARD_STATE, {"detail": 2}),
        (RecordKind.HARD_STATE, {"flags": 0x8000}),
        (RecordKind.SNAPSHOT, {"detail": 2}),
        (RecordKind.SEGMENT_HEAD, {"flags": 2}),
        (RecordKind.BATCH_START, {"flags": 4}),
    ],
    ids=str,
)
def test_a_record_from_the_future_is_refused_and_nothing_changed(
    old: Path, kind: RecordKind, changes: dict[str, int]
) -> None:
    log = sorted((old / "log").iterdir())
    path = log[1] if kind is RecordKind.SNAPSHOT else log[-1]
    with_header(path, kind, **changes)
    refused(old, path)


def test_a_segment_with_a_flag_from_the_future_is_refused(old: Path) -> None:
    path = sorted((old / "log").iterdir())[-1]
    data = bytearray(path.read_bytes())
    # Stamp, batch start, and the head's record header lie before its payload.
    at = MARK_BYTES + 16 + 48 + HEADER_BYTES
    assert at + 72 < SECTOR_BYTES
    payload = struct.pack("<Q", 2) + bytes(data[at + 8 : at + 72])
    data[at : at + 72] = payload
    path.write_bytes(data)
    with_header(path, RecordKind.SEGMENT_HEAD, crc=zlib.crc32(payload))
    refused(old, path)
