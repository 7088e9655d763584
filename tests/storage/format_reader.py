"""Another program that reads a data directory: from docs/FORMAT.md alone, without raftpi.

It must go on knowing nothing of raftpi, for what it shows is that the page is enough. It checks
every checksum and raises `Unreadable`; it changes nothing.
"""

import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgpack

SECTOR, MARK = 512, 4
NOOP, COMMAND, CONFIGURATION = 1, 2, 3


class Unreadable(Exception):
    """What is not as the page says."""


@dataclass
class SnapshotFile:
    replica_id: int
    cluster_id: int
    stands_for: dict[str, Any]
    payload: bytes


@dataclass
class Reading:
    """What a directory amounts to. `entries`: (index, term, kind, payload), ascending."""

    replica_id: int = 0
    cluster_id: int = 0
    node_id: int = 0
    name: str = ""
    newest_generation: int = 0
    term: int = 0
    voted_for: int = 0
    in_doubt: bool = False
    base_index: int = 0
    noted_index: int = 0
    entries: list[tuple[int, int, int, bytes]] = field(default_factory=list)
    configurations: list[tuple[int, bytes]] = field(default_factory=list)
    snapshots: list[SnapshotFile] = field(default_factory=list)
    generations: list[int] = field(default_factory=list)
    batch_count: int = 0
    torn: bool = False

    @property
    def last_index(self) -> int:
        return self.entries[-1][0] if self.entries else self.base_index


def read_directory(path: Path) -> Reading:
    reading = Reading()
    _read_identity(reading, (path / "identity").read_bytes())
    chain = _chain(reading, path / "log")
    sequence = 0
    for place, (head, data) in enumerate(chain):
        end = chain[place + 1][0]["previous_end"] if place + 1 < len(chain) else None
        for batch in _batches(reading, head, data, end):
            if sequence and batch[0] != sequence + 1:
                raise Unreadable(f"batch {batch[0]} follows {sequence}")
            sequence = batch[0]
            for record in batch[1]:
                _take(reading, record, is_first=place == 0)
            reading.batch_count += 1
    _read_snapshots(reading, path / "snapshots")
    return reading


def keys_of(payload: bytes) -> dict[bytes, tuple[bytes, int]]:
    """The keys in a snapshot's payload, with value and revision."""
    keys: dict[bytes, tuple[bytes, int]] = {}
    at = number = crc = 0
    fields: list[Any] = [0]
    while at < len(payload):
        (length,) = struct.unpack_from("<I", payload, at)
        block = payload[at + 4 : at + 4 + length]
        fields = msgpack.unpackb(block)
        _require(fields[1:3] == [number, crc], "a block out of its place")
        _require((fields[0] == 1) == (number == 0), "an image without its head")
        if fields[0] == 3:
            entries = map(tuple, fields[4])
            keys.update(zip(fields[3], entries, strict=True))
        at, number, crc = at + 4 + length, number + 1, zlib.crc32(block)
    _require(fields[0] == 4 and fields[5] == len(keys), "an image without its end")
    return keys


def apply(keys: dict[bytes, tuple[bytes, int]], index: int, command: bytes) -> None:
    """What a command does to the keys (the first time that its session sends it)."""
    code, _, key, *rest = msgpack.unpackb(command)
    if code == 1:
        keys[key] = (rest[0], index)
    elif code == 2:
        keys.pop(key, None)
    elif code == 3 and keys.get(key, (None, 0))[0] == rest[0]:
        keys[key] = (rest[1], index)


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise Unreadable(what)


def _check_stamp(data: bytes, magic: bytes) -> None:
    found, version, _, crc = struct.unpack_from("<8sHHI", data)
    _require(found == magic and crc == zlib.crc32(data[:12]), f"no stamp of {magic!r}")
    _require(version == 1, f"version {version}")


def _read_identity(reading: Reading, data: bytes) -> None:
    _check_stamp(data, b"raftpiID")
    length, crc = struct.unpack_from("<II", data, 16)
    rest = data[24:]
    _require(len(rest) == length and crc == zlib.crc32(rest), "the identity is rotten")
    numbers = struct.unpack_from("<QQQQ", rest)
    reading.replica_id, reading.cluster_id, reading.node_id, reading.newest_generation = numbers
    reading.name = rest[32:].decode()


# --- the log -------------------------------------------------------------------------------

Record = tuple[int, int, int, int, bytes]  # kind, detail, index, term, payload


def _chain(reading: Reading, log: Path) -> list[tuple[dict[str, int], bytes]]:
    """Heads and bytes of the segments that count, oldest first."""
    there = {int(path.name[:16]): path for path in sorted(log.glob("*.wal"))}
    generation = max(there, default=0)
    _require(generation >= reading.newest_generation, "the newest segment is gone")
    chain: list[tuple[dict[str, int], bytes]] = []
    while generation in there:
        data = there[generation].read_bytes()
        head = _head(reading, generation, data)
        chain.insert(0, (head, data))
        reading.generations.insert(0, generation)
        generation = head["previous_generation"]
    if chain and reading.cluster_id == 0:
        reading.cluster_id = chain[-1][0]["cluster_id"]
    _require(bool(chain) == (reading.cluster_id != 0), "there is no log")
    for head, _ in chain:
        _require(head["cluster_id"] == reading.cluster_id, "another cluster's segment")
    return chain


def _first_mark(reading: Reading, generation: int) -> int:
    crc = zlib.crc32(struct.pack("<QQ", reading.replica_id, generation))
    return 1 if crc in (0, 0xFFFFFFFF) else crc


def _head(reading: Reading, generation: int, data: bytes) -> dict[str, int]:
    content = data[MARK:SECTOR]
    _check_stamp(content, b"raftpiWL")
    first = _first_mark(reading, generation)
    start = _record(content, 16, first)
    kind, _, index, _, payload = _record(content, 16 + 32 + len(start[4]), first)
    _require(kind == 2 and index == generation, "no head")
    names = "flags replica_id cluster_id generation first_index previous_generation previous_end"
    head = dict(zip(names.split(), struct.unpack_from("<7Q", payload), strict=True))
    _require(head["flags"] in (0, 1), "flags")
    _require(head["generation"] == generation, "another generation")
    _require(head["replica_id"] == reading.replica_id, "another replica's segment")
    return head


def _record(content: bytes, at: int, first: int) -> Record:
    header = content[at : at + 32]
    kind, detail, flags, length, index, term, payload_crc, crc = struct.unpack("<BBHIQQII", header)
    _require(crc == zlib.crc32(header[:28], first), f"a record's header at {at}")
    _require(flags == 0 and 1 <= kind <= 7, f"a record of kind {kind}")
    payload = content[at + 32 : at + 32 + length]
    _require(len(payload) == length, "a record that is cut off")
    _require(payload_crc == zlib.crc32(payload), f"a record's payload at {at}")
    return kind, detail, index, term, payload


def _batches(
    reading: Reading, head: dict[str, int], data: bytes, end: int | None
) -> list[tuple[int, list[Record]]]:
    """Sequence numbers and records of a segment's batches, up to that sector."""
    first = _first_mark(reading, head["generation"])
    following = struct.pack("<I", first ^ 0xFFFFFFFF)
    sectors = [data[at : at + SECTOR] for at in range(0, len(data), SECTOR)]
    found: list[tuple[int, list[Record]]] = []
    at = 0
    while at < (len(sectors) if end is None else end):
        if not any(sectors[at]):
            _require(end is None, "a batch is missing")
            if any(map(any, sectors[at:])):
                _require(at > 0, "a segment without its head")
                _require(any(s[:MARK] == following for s in sectors[at:]), "a stray byte")
                _take_torn(reading, sectors[at:], first)
            break
        start_at = 16 if at == 0 else 0
        _require(sectors[at][:MARK] == struct.pack("<I", first), "no batch begins here")
        kind, _, sequence, _, payload = _record(sectors[at][MARK:], start_at, first)
        extent, allocated, length = struct.unpack_from("<IIQ", payload)
        _require(kind == 1 and allocated * SECTOR <= len(data), "no batch, or a file cut short")
        batch = sectors[at : at + extent]
        if end is None and at and not all(map(any, batch)):
            _require(not any(map(any, sectors[at + extent :])), "a torn batch in the middle")
            _take_torn(reading, batch[1:], first)
            break
        _require(all(sector[:MARK] == following for sector in batch[1:]), "a sector's mark")
        content = b"".join(sector[MARK:] for sector in batch)
        _require(not any(content[length:]), "a stray byte behind a batch")
        records: list[Record] = []
        place = start_at + 32 + len(payload)
        while place < length:
            records.append(_record(content, place, first))
            place += 32 + len(records[-1][4])
        found.append((sequence, records))
        at += extent
    _require(end in (None, at), "a batch that reaches too far")
    return found


def _take_torn(reading: Reading, sectors: list[bytes], first: int) -> None:
    """What is left of the last batch: cut off; in doubt if one of its sectors is spoilt."""
    marks = {sector[:MARK] for sector in sectors if any(sector)}
    _require(struct.pack("<I", first) not in marks, "a batch where none should begin")
    reading.torn = True
    reading.in_doubt = reading.in_doubt or bool(marks - {struct.pack("<I", first ^ 0xFFFFFFFF)})


def _take(reading: Reading, record: Record, *, is_first: bool) -> None:
    kind, detail, index, term, payload = record
    if kind == 2:
        _take_head(reading, struct.unpack_from("<9Q", payload), is_first=is_first)
    elif kind == 3:
        _require(index == reading.last_index + 1, f"entry {index} follows {reading.last_index}")
        reading.entries.append((index, term, detail, payload))
        if detail == CONFIGURATION:
            reading.configurations.append((index, payload))
    elif kind == 4:
        _require(detail in (0, 1), "a hard state of another kind")
        reading.term, reading.voted_for, reading.in_doubt = term, index, detail == 1
    elif kind == 5:
        _forget(reading, index)
    elif kind == 6:
        if not reading.configurations:
            reading.configurations.append((index, payload))
        _require(reading.configurations[-1] == (index, payload), "another configuration")
    elif kind == 7:
        reading.noted_index = max(reading.noted_index, index)
        if detail == 1:
            reading.base_index = index
            reading.entries.clear()
            (configured,) = struct.unpack_from("<Q", payload)
            reading.configurations = [(configured, payload[8:])]


def _take_head(reading: Reading, head: tuple[int, ...], *, is_first: bool) -> None:
    flags, _, _, _, first_index, _, _, term, voted_for = head
    reading.in_doubt = reading.in_doubt or flags == 1
    if is_first:
        reading.base_index = first_index - 1
        reading.term, reading.voted_for = term, voted_for
    stated = (reading.last_index + 1, reading.term, reading.voted_for)
    _require(stated == (first_index, term, voted_for), "a head that does not follow")


def _forget(reading: Reading, index: int) -> None:
    _require(reading.base_index < index <= reading.last_index, "a truncation of nothing")
    del reading.entries[index - reading.base_index - 1 :]
    while reading.configurations and reading.configurations[-1][0] >= index:
        reading.configurations.pop()


# --- snapshots -------------------------------------------------------------------------------


def _read_snapshots(reading: Reading, room: Path) -> None:
    """Those that count, oldest first; the log must reach back to one, if it was cut."""
    for path in sorted(room.glob("*.snap")):
        index = int(path.name[:16])
        if index > reading.noted_index:
            continue
        snapshot = _snapshot(path.read_bytes())
        _require(snapshot.replica_id == reading.replica_id, "another replica's snapshot")
        _require(snapshot.stands_for["index"] == index, "a snapshot of another index")
        reading.snapshots.append(snapshot)
    reached = reading.snapshots[-1].stands_for["index"] if reading.snapshots else 0
    _require(reading.base_index <= reached, "the log does not reach back to a snapshot")


def _snapshot(data: bytes) -> SnapshotFile:
    _check_stamp(data, b"raftpiSN")
    length, seed = struct.unpack_from("<II", data, 16)
    head = data[24 : 24 + length]
    _require(zlib.crc32(head) == seed, "a snapshot's head")
    size, whole, crc = struct.unpack_from("<QII", data, len(data) - 16)
    _require(zlib.crc32(data[-16:-4]) == crc, "a snapshot's foot")
    _require(zlib.crc32(data[:-16]) == whole, "a snapshot's checksum")
    payload, at, number = b"", 24 + length, 0
    while len(payload) < size:
        block = data[at : at + min(65536, size - len(payload))]
        at += len(block)
        start = zlib.crc32(struct.pack("<IQ", seed, number))
        _require(data[at : at + 4] == struct.pack("<I", zlib.crc32(block, start)), "a block")
        payload, at, number = payload + block, at + 4, number + 1
    _require(at == len(data) - 16, "a snapshot of another length")
    replica_id, cluster_id = struct.unpack_from("<QQ", head)
    return SnapshotFile(replica_id, cluster_id, msgpack.unpackb(head[16:]), payload)
