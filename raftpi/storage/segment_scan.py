"""Reading one segment file: its whole batches, and how it ends.

This decides, from one segment alone, between whole, torn and damaged. It changes nothing and
raises nothing: `fsck` reports the same scans that recovery acts on.

A segment that another one continues must hold whole batches exactly up to the end that the
other one states. The last segment of the log ends in one of these ways:

- with a whole batch, and zeros behind it: clean;
- with a batch of which sectors were never written, none is anything else, and nothing is
  behind it: torn. No byte of the next batch is written before this one's sync, so it was
  never acknowledged, and every batch before it was;
- with one of which some sectors were never written, some bear this segment's marks, and some
  are neither: torn by a card that spoils what it is writing, or whole once, and rotten since.
  It is doubtful: cut off as well, but who goes on must reckon with its having been promised;
- anything else is damage.
"""

from dataclasses import dataclass

from raftpi.storage.batch import BatchStart, read_records, read_start
from raftpi.storage.finding import Damage, DamageFound, DamageKind
from raftpi.storage.sector import (
    SECTOR_BYTES,
    Marks,
    SectorState,
    is_untouched,
    state_of,
    take_apart,
)
from raftpi.storage.whole_batch import ScannedBatch, whole_batch


@dataclass(frozen=True, slots=True, kw_only=True)
class TornBatch:
    """A batch that a power cut interrupted: from `first_sector` to its last written sector.

    `spoilt_sector`: one that is neither unwritten nor marked, for a doubtful batch; else None.
    """

    first_sector: int
    end_sector: int
    written_count: int
    spoilt_sector: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentScan:
    """What a segment file holds. At most one of `torn` and `damage` is set."""

    batches: tuple[ScannedBatch, ...]
    end_sector: int
    torn: TornBatch | None
    damage: Damage | None


def scan_segment(
    data: bytes,
    marks: Marks,
    *,
    stated_end: int | None,
    first_sector: int = 0,
    sequence_before: int | None = None,
) -> SegmentScan:
    """Scan a segment's bytes.

    `stated_end` is the sector at which the next segment says that this one ends; None for
    the last segment of the log. Only who looks behind damage begins elsewhere than at sector
    0: at `first_sector`, behind a batch with the number `sequence_before`.
    """
    batches: list[ScannedBatch] = []
    sector = first_sector
    torn: TornBatch | None = None
    damage: Damage | None = None
    try:
        while stated_end is None or sector < stated_end:
            before = batches[-1].sequence if batches else sequence_before
            step = _step(data, sector, marks, before)
            if isinstance(step, TornBatch):
                torn = step
            if not isinstance(step, ScannedBatch):
                break
            batches.append(step)
            sector = step.end_sector
        if stated_end is not None:
            _check_end(sector, stated_end)
            torn = None
    except DamageFound as found:
        torn = None
        damage = found.damage
    return SegmentScan(batches=tuple(batches), end_sector=sector, torn=torn, damage=damage)


def _check_end(sector: int, stated_end: int) -> None:
    if sector < stated_end:
        raise DamageFound(
            DamageKind.HEADER,
            sector * SECTOR_BYTES,
            "a batch that was durable is gone: the next segment says that the log goes on here "
            f"up to offset {stated_end * SECTOR_BYTES}",
        )
    if sector > stated_end:
        raise DamageFound(
            DamageKind.ORDER,
            stated_end * SECTOR_BYTES,
            "a batch reaches beyond the place where the next segment says that this one ends",
        )


def _step(
    data: bytes, sector: int, marks: Marks, sequence_before: int | None
) -> ScannedBatch | TornBatch | None:
    """The batch at `sector`, whole or torn; None at the clean end. Raises DamageFound."""
    quick = whole_batch(data, sector, marks)
    if quick is not None and sequence_before in (None, quick.sequence - 1):
        return quick
    state = state_of(data, sector, marks)
    if state is SectorState.UNWRITTEN:
        return None if is_untouched(data, sector) else _headless(data, sector, marks)
    if state is SectorState.STRANGE:
        raise _strange(data, sector, marks)
    if state is SectorState.FOLLOWING:
        raise DamageFound(
            DamageKind.ORDER,
            sector * SECTOR_BYTES,
            "the middle of a batch lies where one should begin",
        )
    at = sector * SECTOR_BYTES
    start = read_start(data[at : at + SECTOR_BYTES], sector, marks)
    if sequence_before is not None and start.sequence != sequence_before + 1:
        raise DamageFound(
            DamageKind.ORDER,
            at,
            f"the batch with sequence number {start.sequence} follows {sequence_before}",
        )
    if start.allocated_sectors * SECTOR_BYTES > len(data):
        length = start.allocated_sectors * SECTOR_BYTES
        raise DamageFound(
            DamageKind.SHORT, len(data), f"the file has lost its end: it was {length} bytes long"
        )
    end = sector + start.extent_sectors
    content = take_apart(data[at : end * SECTOR_BYTES], marks)
    if content is None:
        return _incomplete(data, sector, start, marks)
    records = read_records(content, sector, start, marks)
    return ScannedBatch(
        sequence=start.sequence, first_sector=sector, end_sector=end, records=records
    )


def _incomplete(data: bytes, first: int, start: BatchStart, marks: Marks) -> TornBatch:
    """A batch with its start, of which not every sector is as it should be."""
    end = first + start.extent_sectors
    written, spoilt = _sorted_out(data, range(first + 1, end), marks)
    unwritten_count = start.extent_sectors - 1 - len(written) - len(spoilt)
    if spoilt and (unwritten_count == 0 or not is_untouched(data, end)):
        raise _strange(data, spoilt[0], marks)
    if first == 0:
        # A segment gets its name only when its first batch is durable.
        gone = min(set(range(1, end)).difference(written))
        raise DamageFound(
            DamageKind.HEADER,
            gone * SECTOR_BYTES,
            f"the segment's first batch, which was durable, lacks {unwritten_count} of its sectors",
        )
    if not is_untouched(data, end):
        raise DamageFound(
            DamageKind.ORDER,
            first * SECTOR_BYTES,
            f"the batch with sequence number {start.sequence} lacks "
            f"{unwritten_count} of its sectors, and more was written behind it",
        )
    return _torn(first, [first, *written], spoilt)


def _headless(data: bytes, first: int, marks: Marks) -> TornBatch:
    """Something was written behind an unwritten sector: a torn batch without its start?"""
    sectors = range(first + 1, -(-len(data) // SECTOR_BYTES))
    written, spoilt = _sorted_out(data, sectors, marks)
    if not written:
        raise DamageFound(
            DamageKind.STRAY, spoilt[0] * SECTOR_BYTES, "stray bytes beyond the end of the log"
        )
    if first == 0:
        # A segment gets its name only when its first batch is durable.
        raise DamageFound(DamageKind.HEADER, 0, "the head of the segment is gone")
    return _torn(first, written, spoilt)


def _sorted_out(data: bytes, sectors: range, marks: Marks) -> tuple[list[int], list[int]]:
    """Those in the middle of a batch, and those that are neither that nor unwritten."""
    written: list[int] = []
    spoilt: list[int] = []
    for sector in sectors:
        state = state_of(data, sector, marks)
        if state is SectorState.FIRST:
            raise _out_of_place(sector)
        if state is SectorState.FOLLOWING:
            written.append(sector)
        elif state is SectorState.STRANGE:
            spoilt.append(sector)
    return written, spoilt


def _torn(first: int, written: list[int], spoilt: list[int]) -> TornBatch:
    return TornBatch(
        first_sector=first,
        end_sector=max(written + spoilt) + 1,
        written_count=len(written),
        spoilt_sector=spoilt[0] if spoilt else None,
    )


def _strange(data: bytes, sector: int, marks: Marks) -> DamageFound:
    later = any(
        state_of(data, behind, marks) is SectorState.FIRST
        for behind in range(sector + 1, len(data) // SECTOR_BYTES)
    )
    where = "with a later batch behind it" if later else "in the last batch or beyond the end"
    return DamageFound(
        DamageKind.MARK,
        sector * SECTOR_BYTES,
        f"a sector bears neither this segment's mark nor zeros, {where}",
    )


def _out_of_place(sector: int) -> DamageFound:
    return DamageFound(
        DamageKind.ORDER,
        sector * SECTOR_BYTES,
        "a batch begins where none should: what lies before it is damaged",
    )
