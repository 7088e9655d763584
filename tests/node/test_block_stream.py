"""The machine's blocks as one stream of bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftpi.errors import ProtocolError
from raftpi.node.block_stream import BLOCK_LIMIT_BYTES, BlockReader, framed


@given(st.lists(st.binary(max_size=20), max_size=8), st.integers(1, 9))
def test_blocks_come_back_from_pieces_of_any_length(blocks: list[bytes], piece: int) -> None:
    stream = b"".join(framed(block) for block in blocks)
    reader = BlockReader()
    found: list[bytes] = []
    for at in range(0, len(stream), piece):
        found += reader.feed(stream[at : at + piece])
    reader.check_end()
    assert found == blocks


@pytest.mark.parametrize("cut", [1, 3, 4, 6])
def test_a_stream_that_ends_inside_a_block_is_refused(cut: int) -> None:
    reader = BlockReader()
    assert reader.feed(framed(b"block")[:cut]) == []
    with pytest.raises(ProtocolError, match="ends inside a block"):
        reader.check_end()


def test_a_length_that_cannot_be_is_refused() -> None:
    with pytest.raises(ProtocolError, match="not one of raftpi's"):
        BlockReader().feed((BLOCK_LIMIT_BYTES + 1).to_bytes(4, "little"))
