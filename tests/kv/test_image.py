"""The blocks of an image: what is one, and what is none."""

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftpi.errors import ProtocolError
from raftpi.kv.image import (
    FORM,
    Block,
    Content,
    End,
    Head,
    ItemsPart,
    SessionPiece,
    SessionsPart,
    pack_block,
    unpack_block,
)

WHOLE = st.integers(0, 2**64 - 1)
RESULTS = st.lists(st.tuples(WHOLE, st.binary(max_size=9)), max_size=4)
PIECES = st.builds(
    lambda head, results: SessionPiece(
        session_id=head[0],
        floor=head[1],
        last_index=head[2],
        sequences=tuple(sequence for sequence, _ in results),
        results=tuple(result for _, result in results),
    ),
    st.tuples(WHOLE, WHOLE, WHOLE),
    RESULTS,
)
ENTRIES = st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=9), WHOLE), max_size=4)
CONTENTS = st.one_of(
    st.builds(Head, settings=st.binary(), applied_index=WHOLE, horizon=WHOLE),
    st.builds(SessionsPart, pieces=st.lists(PIECES, max_size=3).map(tuple)),
    st.builds(
        lambda triples: ItemsPart(
            keys=tuple(key for key, _, _ in triples),
            entries=tuple((value, revision) for _, value, revision in triples),
        ),
        ENTRIES,
    ),
    st.builds(End, session_count=WHOLE, result_count=WHOLE, item_count=WHOLE),
)
BLOCKS = st.builds(Block, number=WHOLE, previous_crc=st.integers(0, 2**32 - 1), content=CONTENTS)


@given(block=BLOCKS)
def test_a_block_comes_back_as_it_was(block: Block) -> None:
    assert unpack_block(pack_block(block)) == block


@given(data=st.binary(max_size=60))
def test_bytes_of_any_kind_are_a_block_or_a_protocol_error(data: bytes) -> None:
    try:
        unpack_block(data)
    except ProtocolError as error:
        assert "state machine's image" in str(error)


@given(block=BLOCKS, data=st.data())
def test_a_block_with_other_bytes_in_it_is_a_block_or_a_protocol_error(
    block: Block, data: st.DataObject
) -> None:
    packed = bytearray(pack_block(block))
    at = data.draw(st.integers(0, len(packed) - 1))
    packed[at] = data.draw(st.integers(0, 255))
    try:
        unpack_block(bytes(packed))
    except ProtocolError as error:
        assert "state machine's image" in str(error)


def head_fields(form: object = FORM) -> list[object]:
    return [1, 0, 0, form, b"", 7, 0]


@pytest.mark.parametrize(
    "fields",
    [
        7,
        [],
        [1, 0],
        [9, 0, 0],
        [True, 0, 0, FORM, b"", 7, 0],
        [1, -1, 0, FORM, b"", 7, 0],
        [1, 0, 0],
        [1, 0, 0, FORM],
        [1, 0, 0, FORM, "", 7, 0],
        [1, 0, 0, FORM, b"", 7.0, 0],
        [1, 0, 0, FORM, b"", 7, 0, 0],
        [2, 0, 0],
        [2, 0, 0, 5],
        [2, 0, 0, [5]],
        [2, 0, 0, [[1, 1, 1, [1]]]],
        [2, 0, 0, [[1, 1, 1, [1], []]]],
        [2, 0, 0, [[1, 1, 1, [b"1"], [b"r"]]]],
        [2, 0, 0, [[1, 1, 1, [1], ["r"]]]],
        [2, 0, 0, [[1, 1, 1, {b"1": 1}, [b"r"]]]],
        [3, 0, 0, [b"k"]],
        [3, 0, 0, [b"k"], []],
        [3, 0, 0, {b"k": 1}, [[b"v", 1]]],
        [3, 0, 0, [b"k"], {b"k": 1}],
        [3, 0, 0, ["k"], [[b"v", 1]]],
        [3, 0, 0, [b"k"], [[None, 1]]],
        [3, 0, 0, [b"k"], [[b"v", "1"]]],
        [3, 0, 0, [b"k"], [[b"v"]]],
        [3, 0, 0, [b"k"], [b"v"]],
        [4, 0, 0, 1, 1],
        [4, 0, 0, 1, 1, None],
    ],
)
def test_what_has_other_fields_is_no_block(fields: object) -> None:
    with pytest.raises(ProtocolError, match="not a block of a state machine's image"):
        unpack_block(msgpack.packb(fields))


@pytest.mark.parametrize("fields", [[*head_fields(2)], [*head_fields(2), 5], head_fields("1")])
def test_a_form_of_another_version_is_refused_by_its_name(fields: list[object]) -> None:
    with pytest.raises(ProtocolError, match="this raftpi reads form 1: install the version"):
        unpack_block(msgpack.packb(fields))


def test_the_bytes_of_the_form_do_not_change_unnoticed() -> None:
    """Boards of two versions read each other's images: a new layout needs a new FORM."""
    contents: list[Content] = [
        Head(settings=b"s", applied_index=9, horizon=2),
        SessionsPart(
            pieces=(
                SessionPiece(
                    session_id=7, floor=1, last_index=3, sequences=(1, 2), results=(b"x", b"y")
                ),
            )
        ),
        ItemsPart(keys=(b"a", b"b"), entries=((b"v", 1), (b"w", 2))),
        End(session_count=1, result_count=2, item_count=2),
    ]
    packed = [
        pack_block(Block(number=number, previous_crc=5, content=content))
        for number, content in enumerate(contents)
    ]
    assert [block.hex() for block in packed] == [
        "9701000501c401730902",
        "940201059195070103920102" + "92c40178c40179",
        "9503020592c40161c4016292" + "92c4017601" + "92c4017702",
        "96040305010202",
    ]
