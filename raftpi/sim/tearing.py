"""What of a file's pending writes a power cut leaves on the card."""

from collections.abc import Sequence
from enum import Enum

from raftpi.sim.chance import Chance

SECTOR_BYTES = 512
PAGE_BYTES = 4096


class Tearing(Enum):
    """How a card tears writes.

    SECTORS: each sector is old or new, as the storage assumes of a card. PAGES: each page of
    eight sectors is old, new or mixed, as a page cache writes. HARMFUL_PAGES: besides, a page
    that was being written may come back zero, and with it its sectors that were durable: worse
    than the storage assumes.
    """

    SECTORS = "sectors"
    PAGES = "pages"
    HARMFUL_PAGES = "harmful pages"


def write_into(target: bytearray, offset_bytes: int, data: bytes) -> None:
    """Write as into a file: zeros fill what lies between its end and the offset."""
    if len(target) < offset_bytes:
        target.extend(bytes(offset_bytes - len(target)))
    target[offset_bytes : offset_bytes + len(data)] = data


def torn(
    durable: bytearray, pending: Sequence[tuple[int, bytes]], chance: Chance, tearing: Tearing
) -> tuple[bytearray, bool]:
    """What is found after the cut, and whether something durable was destroyed.

    Writes are kept or lost piece by piece, whatever their order: with no bound on how much, from
    all to nothing.
    """
    found = bytearray(durable)
    if not pending:
        return found, False
    keep = chance.pick((0.0, 0.1, 0.5, 0.9, 1.0))
    harmed = False
    for offset_bytes, data in pending:
        end_bytes = offset_bytes + len(data)
        page = offset_bytes - offset_bytes % PAGE_BYTES
        while page < end_bytes:
            start, end = max(page, offset_bytes), min(page + PAGE_BYTES, end_bytes)
            part = data[start - offset_bytes : end - offset_bytes]
            fate = _fate(chance, tearing, keep)
            if fate == "new":
                write_into(found, start, part)
            elif fate == "mixed":
                _mix(found, start, part, chance, keep)
            elif fate == "zero":
                harmed = _wipe(found, durable, page) or harmed
            page += PAGE_BYTES
    return found, harmed


def _fate(chance: Chance, tearing: Tearing, keep: float) -> str:
    if keep in (0.0, 1.0):
        return "new" if keep else "old"
    if tearing is Tearing.SECTORS:
        return "mixed"
    fates = ("new", "old", "mixed", "zero" if tearing is Tearing.HARMFUL_PAGES else "mixed")
    return chance.pick(fates)


def _mix(found: bytearray, start: int, part: bytes, chance: Chance, keep: float) -> None:
    """Keep some of the sectors; the first may begin inside one."""
    at = 0
    while at < len(part):
        length = SECTOR_BYTES - (start + at) % SECTOR_BYTES
        if chance.happens(keep):
            write_into(found, start + at, part[at : at + length])
        at += length


def _wipe(found: bytearray, durable: bytearray, page: int) -> bool:
    """A page comes back zero; True if something durable was in it."""
    there = found[page : page + PAGE_BYTES]
    found[page : page + PAGE_BYTES] = bytes(len(there))
    before = durable[page : page + PAGE_BYTES]
    return before.count(0) < len(before)
