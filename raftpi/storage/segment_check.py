"""Checking a segment that was written once, a few sectors at a time, in little memory.

Only what is durable is handed in, so that nothing can be torn: whatever is not as it was written
is rot. The bytes are taken apart by the same code as at a start; what they mean is not looked at.
"""

import zlib

from raftpi.storage.batch import BatchStart, read_start
from raftpi.storage.finding import DamageFound, DamageKind
from raftpi.storage.record import HEADER_BYTES, RecordHeader, read_header
from raftpi.storage.sector import (
    CONTENT_BYTES,
    MARK_BYTES,
    SECTOR_BYTES,
    Marks,
    SectorState,
    file_offset,
    state_of,
)
from raftpi.storage.stamp import STAMP_BYTES


class SegmentCheck:
    """Takes in a segment from its first sector on. Every method raises DamageFound for rot.

    Invariant: everything before `sector` was checked, but for the checksum of a payload that
    reaches beyond it.
    """

    def __init__(self, marks: Marks) -> None:
        """Nothing taken in yet."""
        self.sector = 0
        self._marks = marks
        self._sequence = 0
        self._batch: BatchStart | None = None
        self._batch_sector = 0
        # How much of the batch's content was taken in; what of it is the start of a header.
        self._at = 0
        self._rest = b""
        self._header: RecordHeader | None = None
        self._left_bytes = 0
        self._checksum = 0

    def take(self, data: bytes) -> None:
        """Take in the next whole sectors."""
        for at in range(0, len(data) - SECTOR_BYTES + 1, SECTOR_BYTES):
            self._take_sector(data[at : at + SECTOR_BYTES])
            self.sector += 1

    def end(self) -> None:
        """The segment's end was reached: no batch may reach beyond it."""
        if self._batch is not None:
            raise DamageFound(
                DamageKind.ORDER,
                self._batch_sector * SECTOR_BYTES,
                "a batch reaches beyond the end of its segment",
            )

    def _take_sector(self, sector: bytes) -> None:
        is_first = self._batch is None
        expected = SectorState.FIRST if is_first else SectorState.FOLLOWING
        if state_of(sector, 0, self._marks) is not expected:
            what = "begins no batch" if is_first else "does not belong to its batch"
            raise DamageFound(
                DamageKind.MARK,
                self.sector * SECTOR_BYTES,
                f"a sector {what}: its mark is not the one that was written",
            )
        content = sector[MARK_BYTES:]
        if is_first:
            content = content[self._begin_batch(sector) :]
        self._take_content(content)
        batch = self._batch
        if batch is not None and self.sector + 1 == self._batch_sector + batch.extent_sectors:
            self._end_batch(batch)

    def _begin_batch(self, sector: bytes) -> int:
        """The batch's start; how much of the content comes before its first record."""
        start = read_start(sector, self.sector, self._marks)
        if self.sector and start.sequence != self._sequence + 1:
            raise DamageFound(
                DamageKind.ORDER,
                self.sector * SECTOR_BYTES,
                f"the batch with sequence number {start.sequence} follows {self._sequence}",
            )
        self._sequence = start.sequence
        self._batch = start
        self._batch_sector = self.sector
        self._at = 0 if self.sector else STAMP_BYTES
        return self._at

    def _take_content(self, content: bytes) -> None:
        batch = self._batch
        assert batch is not None  # a first sector has set it
        inside = content[: max(0, batch.content_bytes - self._at)]
        padding = content[len(inside) :]
        if padding.count(0) != len(padding):
            stray = len(inside) + len(padding) - len(padding.lstrip(b"\0"))
            raise DamageFound(
                DamageKind.STRAY,
                file_offset(self._batch_sector, self._at + stray),
                "a stray byte behind a batch's last record",
            )
        while inside:
            if self._header is None:
                inside = self._take_header(inside, batch)
            else:
                inside = self._take_payload(inside, self._header)
        self._at += len(padding)

    def _take_header(self, content: bytes, batch: BatchStart) -> bytes:
        """Take in a header, or what there is of it; what is behind it."""
        taken = content[: HEADER_BYTES - len(self._rest)]
        self._rest += taken
        self._at += len(taken)
        if len(self._rest) == HEADER_BYTES:
            place = self._at - HEADER_BYTES
            try:
                header = read_header(
                    self._rest, 0, batch.content_bytes - place, self._marks.first, 0
                )
            except DamageFound as found:
                raise DamageFound(
                    found.damage.kind, file_offset(self._batch_sector, place), found.damage.text
                ) from None
            self._rest = b""
            self._header = header
            self._left_bytes = header.length
            self._checksum = 0
            if not header.length:
                self._end_payload(header)
        return content[len(taken) :]

    def _take_payload(self, content: bytes, header: RecordHeader) -> bytes:
        """Take in some of a payload; what is behind it."""
        taken = content[: self._left_bytes]
        self._checksum = zlib.crc32(taken, self._checksum)
        self._left_bytes -= len(taken)
        self._at += len(taken)
        if not self._left_bytes:
            self._end_payload(header)
        return content[len(taken) :]

    def _end_payload(self, header: RecordHeader) -> None:
        self._header = None
        if self._checksum != header.payload_checksum:
            raise DamageFound(
                DamageKind.PAYLOAD,
                file_offset(self._batch_sector, self._at - header.length),
                f"the payload of {header.name} fails its checksum",
            )

    def _end_batch(self, batch: BatchStart) -> None:
        if self._header is not None or self._rest:
            raise DamageFound(
                DamageKind.HEADER,
                file_offset(self._batch_sector, self._at),
                "a record is cut off by its batch's end",
            )
        assert self._at == batch.extent_sectors * CONTENT_BYTES
        self._batch = None
