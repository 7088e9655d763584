"""One wrong byte of a header is put back; two are not, nor what has no payload to prove it."""

from random import Random

import pytest

from raftpi.fsck.header_mending import mend_record
from raftpi.storage.record import HEADER_BYTES, RecordKind, add_record

SEED = 0x12345678
PAYLOAD = b"what the header tells of"
AT = 7


def record(kind: int = RecordKind.ENTRY, payload: bytes = PAYLOAD) -> bytearray:
    """A record in the midst of a content."""
    pieces = [bytes(AT)]
    add_record(pieces, SEED, kind, 2 if payload else 0, 2**40 + 5, 2**33, payload)
    return bytearray(b"".join([*pieces, b"behind it"]))


def mended(content: bytearray) -> bool:
    return mend_record(content, AT, len(content) - 9, SEED)


@pytest.mark.parametrize("mask", [0x01, 0x40, 0x81, 0xFF])
def test_any_one_byte_of_a_header_is_put_back(mask: int) -> None:
    whole = record()
    for place in range(AT, AT + HEADER_BYTES):
        content = bytearray(whole)
        content[place] ^= mask
        assert mended(content)
        assert content == whole


def test_two_bytes_are_left_as_they_are() -> None:
    random = Random(5)
    whole = record()
    for _ in range(3000):
        first, second = random.sample(range(AT, AT + HEADER_BYTES), 2)
        content = bytearray(whole)
        content[first] ^= random.randrange(1, 256)
        content[second] ^= random.randrange(1, 256)
        before = bytes(content)
        assert not mended(content)
        assert content == before


def test_a_header_whose_payload_is_rotten_too_has_no_proof() -> None:
    content = record()
    content[AT + 3] ^= 1
    content[AT + HEADER_BYTES] ^= 1
    before = bytes(content)
    assert not mended(content)
    assert content == before


@pytest.mark.parametrize("kind", [RecordKind.HARD_STATE, RecordKind.TRUNCATION, RecordKind.ENTRY])
def test_what_has_no_payload_is_not_guessed(kind: RecordKind) -> None:
    content = record(kind, b"")
    content[AT + 20] ^= 1
    before = bytes(content)
    assert not mended(content)
    assert content == before


def test_the_payload_of_a_batch_start_is_put_back_and_no_other() -> None:
    for kind in (RecordKind.BATCH_START, RecordKind.ENTRY):
        whole = record(kind, bytes(range(16)))
        for place in range(AT + HEADER_BYTES, AT + HEADER_BYTES + 16):
            content = bytearray(whole)
            content[place] ^= 0x24
            assert mended(content) == (kind is RecordKind.BATCH_START)
            assert (content == whole) == (kind is RecordKind.BATCH_START)


def test_what_is_whole_or_cut_off_is_not_touched() -> None:
    content = record()
    assert not mended(content)
    assert content == record()
    assert not mend_record(content, len(content) - 20, len(content), SEED)
