"""A header in which one byte is wrong, put back: the checksum tells where, the payload proves it.

Of all changes of one byte in so few bytes, no two change a CRC-32 alike: so what the checksum is
off by names the byte, if it is but one. If more are wrong, it names none, or by a chance of one in
some hundred thousands a wrong one. Therefore the header so found is taken only if the payload
behind it has the length and the checksum that it tells. A header without a payload (term and
vote, a truncation) has no such witness, and is left as it is: it would be a guess at a promise.

The start of a batch holds no promise, and whether it is right shows when the batch is read by it;
so its payload is put back in the same way.
"""

import zlib
from functools import cache

from raftpi.storage.finding import DamageFound
from raftpi.storage.record import HEADER_BYTES, RecordKind, payload_fits, read_header

_CHECKSUM_BYTES = 4
_SUMMED_BYTES = HEADER_BYTES - _CHECKSUM_BYTES


def mend_record(content: bytearray, at: int, end: int, seed: int) -> bool:
    """Mend the record at `at` of a batch's content, if one byte is wrong in it; whether it was.

    `end` and `seed` as for `read_record`. The content is changed only where True is returned.
    """
    if at + HEADER_BYTES > end:
        return False
    found = bytes(content[at : at + HEADER_BYTES])
    checksum = int.from_bytes(found[_SUMMED_BYTES:], "little")
    syndrome = zlib.crc32(found[:_SUMMED_BYTES], seed) ^ checksum
    if syndrome == 0:
        return _mend_start(content, at, end, seed)
    header = bytearray(found)
    if not _mend(header, _SUMMED_BYTES, syndrome):
        # The checksum itself is wrong, in one byte, or all is lost.
        off = syndrome.to_bytes(_CHECKSUM_BYTES, "little")
        if len(off) - off.count(0) != 1:
            return False
        for place, mask in enumerate(off, _SUMMED_BYTES):
            header[place] ^= mask
    mended = bytes(content[:at]) + bytes(header) + bytes(content[at + HEADER_BYTES :])
    try:
        told = read_header(mended, at, end, seed, 0)
    except DamageFound:
        return False
    start = at + HEADER_BYTES
    if not told.length or not payload_fits(told, mended[start : start + told.length]):
        return False
    content[at : at + HEADER_BYTES] = header
    return True


def _mend_start(content: bytearray, at: int, end: int, seed: int) -> bool:
    """The payload of a batch start, of which the header is whole."""
    try:
        header = read_header(bytes(content), at, end, seed, 0)
    except DamageFound:
        return False
    if header.kind != RecordKind.BATCH_START:
        return False
    start = at + HEADER_BYTES
    payload = content[start : start + header.length]
    syndrome = zlib.crc32(payload) ^ header.payload_checksum
    if syndrome == 0 or not _mend(payload, len(payload), syndrome):
        return False
    content[start : start + header.length] = payload
    return True


def _mend(data: bytearray, count: int, syndrome: int) -> bool:
    """Change the one byte of the first `count` of which the change makes that syndrome."""
    error = _errors(count).get(syndrome)
    if error is None:
        return False
    place, mask = error
    data[place] ^= mask
    return True


@cache
def _errors(count: int) -> dict[int, tuple[int, int]]:
    """Of each error of one byte in so many: by what the checksum is off, the place, the mask."""
    zeros = bytes(count)
    whole = zlib.crc32(zeros)
    errors: dict[int, tuple[int, int]] = {}
    for place in range(count):
        for mask in range(1, 256):
            wrong = bytearray(zeros)
            wrong[place] = mask
            errors[zlib.crc32(wrong) ^ whole] = (place, mask)
    return errors
