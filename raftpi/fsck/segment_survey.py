"""All the damage of one segment, where recovery stops at the first.

What recovery calls damage is found by the very scan that recovery acts on; the survey then looks
behind it. A batch whose start is whole tells its own extent, and the headers of its records tell
what must lie where: of such a `Wreck` it is known byte for byte what is lost, and by the payloads'
checksums when it is found again. Where no start can be read, the survey goes on at the next
sector that begins a batch. It changes nothing and raises nothing.
"""

from dataclasses import dataclass

from raftpi.fsck.header_mending import mend_record
from raftpi.storage.batch import START_RECORD_BYTES, BatchStart, read_start
from raftpi.storage.finding import Damage, DamageFound, DamageKind
from raftpi.storage.record import HEADER_BYTES, RecordHeader, payload_fits, read_header
from raftpi.storage.sector import (
    MARK_BYTES,
    SECTOR_BYTES,
    Marks,
    SectorState,
    file_offset,
    state_of,
)
from raftpi.storage.segment_head import SegmentHead, read_head
from raftpi.storage.segment_scan import TornBatch, scan_segment
from raftpi.storage.stamp import SEGMENT_MAGIC, STAMP_BYTES, make_stamp
from raftpi.storage.whole_batch import ScannedBatch

# A sector with a stray byte must be so many flipped bits away from each of the segment's marks.
STRAY_DISTANCE_BITS = 8
_STAMP = make_stamp(SEGMENT_MAGIC)


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """A record of which the header is whole; `at` is its payload's place in the batch's content."""

    header: RecordHeader
    at: int
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wreck:
    """A damaged batch of which the start is whole.

    `content` is what was found, without the sectors' marks; a segment's stamp and the headers are
    put back in it where they can be (see `header_mending`). `records` are those behind the batch
    start. `is_told`: every header is whole and no sector contradicts the extent, so that every
    byte of the batch follows from the payloads.
    """

    first_sector: int
    start: BatchStart
    content: bytes
    records: tuple[FoundRecord, ...]
    is_told: bool
    damages: tuple[Damage, ...]

    @property
    def end_sector(self) -> int:
        """Where the next batch begins."""
        return self.first_sector + self.start.extent_sectors

    @property
    def lost(self) -> tuple[FoundRecord, ...]:
        """The records whose payload is rotten."""
        return tuple(record for record in self.records if not record.is_whole)

    def payload(self, record: FoundRecord) -> bytes:
        """The payload as found."""
        return self.content[record.at : record.at + record.header.length]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSurvey:
    """Whole batches and wrecks in their order in the file; all damage; how it ends.

    `end_sector` is where the last batch ends of those that could be read. `stray_offset`: all the
    damage behind it is this one byte, and there never was a batch there (see `_lone_stray`).
    """

    batches: tuple[ScannedBatch, ...]
    wrecks: tuple[Wreck, ...]
    damages: tuple[Damage, ...]
    torn: TornBatch | None
    end_sector: int
    stray_offset: int | None


def survey_segment(data: bytes, marks: Marks, *, stated_end: int | None) -> SegmentSurvey:
    """Survey a segment's bytes; `stated_end` as for `scan_segment`."""
    batches: list[ScannedBatch] = []
    wrecks: list[Wreck] = []
    damages: list[Damage] = []
    sector = 0
    before: int | None = None
    torn: TornBatch | None = None
    while True:
        scan = scan_segment(
            data, marks, stated_end=stated_end, first_sector=sector, sequence_before=before
        )
        batches += scan.batches
        sector, torn = scan.end_sector, scan.torn
        before = scan.batches[-1].sequence if scan.batches else before
        if scan.damage is None:
            break
        damages.append(scan.damage)
        if scan.damage.kind in (DamageKind.NEWER, DamageKind.SHORT):
            break
        wreck = _wreck_at(data, sector, marks, before)
        if wreck is not None:
            wrecks.append(wreck)
            known = scan.damage.offset
            damages += [damage for damage in wreck.damages if damage.offset != known]
            sector, before = wreck.end_sector, wreck.start.sequence
        else:
            found = _next_start(data, sector, marks, before or 0)
            if found is None:
                break
            sector, before = found, None
        if stated_end is not None and sector >= stated_end:
            break
    stray = _lone_stray(data, sector, marks) if damages and stated_end is None else None
    return SegmentSurvey(
        batches=tuple(batches),
        wrecks=tuple(wrecks),
        damages=tuple(damages),
        torn=torn,
        end_sector=sector,
        stray_offset=stray,
    )


def head_despite_rot(first_sector: bytes, marks: Marks) -> SegmentHead:
    """The head of a segment, of which what can be put back may be rotten. Raises DamageFound."""
    try:
        return read_head(first_sector)
    except DamageFound as found:
        if len(first_sector) < SECTOR_BYTES or found.damage.kind is DamageKind.NEWER:
            raise
    content = _mended_start(first_sector, 0, marks)
    mend_record(content, STAMP_BYTES + START_RECORD_BYTES, len(content), marks.first)
    return read_head(marks.first.to_bytes(MARK_BYTES, "little") + bytes(content))


def _mended_start(first_sector: bytes, sector: int, marks: Marks) -> bytearray:
    """The content of a batch's first sector, with stamp and start put back if they can be."""
    content = bytearray(first_sector[MARK_BYTES:])
    at = 0
    if sector == 0:
        # A segment's stamp is the same in all of them: rot in it hides nothing.
        content[:STAMP_BYTES] = _STAMP
        at = STAMP_BYTES
    mend_record(content, at, len(content), marks.first)
    return content


def _wreck_at(data: bytes, sector: int, marks: Marks, before: int | None) -> Wreck | None:
    """The damaged batch at `sector`; None if its start cannot be read or does not follow."""
    first = data[sector * SECTOR_BYTES : (sector + 1) * SECTOR_BYTES]
    if len(first) < SECTOR_BYTES:
        return None
    mended = _mended_start(first, sector, marks)
    try:
        start = read_start(first[:MARK_BYTES] + bytes(mended), sector, marks)
    except DamageFound:
        return None
    end = sector + start.extent_sectors
    if end * SECTOR_BYTES > len(data) or (before is not None and start.sequence != before + 1):
        return None
    damages, is_told = _sector_damages(data, sector, end, marks)
    content = mended + b"".join(
        data[at * SECTOR_BYTES + MARK_BYTES : (at + 1) * SECTOR_BYTES]
        for at in range(sector + 1, end)
    )
    records, record_damages, are_headers_whole = _records(content, sector, start, marks)
    return Wreck(
        first_sector=sector,
        start=start,
        content=bytes(content),
        records=records,
        is_told=is_told and are_headers_whole,
        damages=(*damages, *record_damages),
    )


def _sector_damages(
    data: bytes, first: int, end: int, marks: Marks
) -> tuple[tuple[Damage, ...], bool]:
    """What is wrong with the marks of a batch's sectors; whether it is no more than rot."""
    damages: list[Damage] = []
    is_told = True
    for sector in range(first, end):
        state = state_of(data, sector, marks)
        expected = SectorState.FIRST if sector == first else SectorState.FOLLOWING
        if state is expected:
            continue
        if state is SectorState.STRANGE:
            text = "a sector's mark is rotten"
        elif state is SectorState.UNWRITTEN:
            text = "a sector of a batch holds nothing but zeros"
        else:
            text = "a sector bears the mark of another place in a batch"
            is_told = False
        damages.append(Damage(kind=DamageKind.MARK, offset=sector * SECTOR_BYTES, text=text))
    return tuple(damages), is_told


def _records(
    content: bytearray, sector: int, start: BatchStart, marks: Marks
) -> tuple[tuple[FoundRecord, ...], list[Damage], bool]:
    """The records as far as their headers tell; what is wrong; whether all headers are whole.

    Headers that can be put back are, in `content`, and count as whole.
    """
    end = start.content_bytes
    at = START_RECORD_BYTES + (STAMP_BYTES if sector == 0 else 0)
    records: list[FoundRecord] = []
    damages: list[Damage] = []
    while at < end:
        try:
            piece = bytes(content[at : at + HEADER_BYTES])
            header = read_header(piece, 0, end - at, marks.first, 0)
        except DamageFound as found:
            place = file_offset(sector, at)
            damages.append(Damage(kind=found.damage.kind, offset=place, text=found.damage.text))
            if mend_record(content, at, end, marks.first):
                continue
            return tuple(records), damages, False
        at += HEADER_BYTES
        is_whole = payload_fits(header, bytes(content[at : at + header.length]))
        if not is_whole:
            text = f"the payload of {header.name} fails its checksum"
            place = file_offset(sector, at)
            damages.append(Damage(kind=DamageKind.PAYLOAD, offset=place, text=text))
        records.append(FoundRecord(header, at, is_whole))
        at += header.length
    padding = bytes(content[end:])
    if padding.count(0) != len(padding):
        at = end + len(padding) - len(padding.lstrip(b"\0"))
        text = "a stray byte behind a batch's last record"
        damages.append(Damage(kind=DamageKind.STRAY, offset=file_offset(sector, at), text=text))
    return tuple(records), damages, True


def _next_start(data: bytes, sector: int, marks: Marks, before: int) -> int | None:
    """The next sector that begins a batch with a higher number, by its mark and its header."""
    for later in range(sector + 1, len(data) // SECTOR_BYTES):
        if state_of(data, later, marks) is not SectorState.FIRST:
            continue
        try:
            start = read_start(
                data[later * SECTOR_BYTES : (later + 1) * SECTOR_BYTES], later, marks
            )
        except DamageFound:
            continue
        if start.sequence > before:
            return later
    return None


def _lone_stray(data: bytes, sector: int, marks: Marks) -> int | None:
    """Where the one byte lies that is not zero from `sector` on, if no batch can have lain there.

    A sector of a batch bears one of the two marks. Where 511 of the 512 bytes are zero and the
    four of the mark differ from both by many bits, the sector was never written, or it was lost
    as a whole. The latter no start can see, flipped byte or not: with zeros in that place, which
    is what a start takes for the end of the log every day, it would go on. So zeroing the byte
    assumes no more of the card than every start does: that a sector which was written does not
    come back as zeros.
    """
    rest = data[sector * SECTOR_BYTES :]
    if len(rest) - rest.count(0) != 1:
        return None
    offset = len(data) - len(rest.lstrip(b"\0"))
    start = offset // SECTOR_BYTES * SECTOR_BYTES
    if start + SECTOR_BYTES > len(data):
        return None
    mark = int.from_bytes(data[start : start + MARK_BYTES], "little")
    distance = min((mark ^ known).bit_count() for known in marks)
    return offset if distance >= STRAY_DISTANCE_BITS else None
