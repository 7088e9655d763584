"""The bytes of commands, queries and their results."""

from collections.abc import Callable
from contextlib import suppress

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftpi.command import (
    CompareAndSwap,
    Delete,
    Get,
    Item,
    List,
    Listing,
    Malformed,
    NotWritten,
    Operation,
    Put,
    Query,
    Result,
    SessionExpired,
    Stamp,
    Written,
    pack_command,
    pack_found,
    pack_listing,
    pack_query,
    pack_result,
    pack_written,
    unpack_command,
    unpack_get,
    unpack_listing,
    unpack_put,
    unpack_query,
    unpack_result,
)
from raftpi.errors import ProtocolError

NUMBERS = st.integers(0, 2**64 - 1)
BLOBS = st.binary(max_size=300)
STAMPS = st.builds(
    Stamp, session_id=NUMBERS, sequence=NUMBERS, first_pending=NUMBERS, began_index=NUMBERS
)
OPERATIONS = st.one_of(
    st.builds(Put, key=BLOBS, value=BLOBS),
    st.builds(Delete, key=BLOBS),
    st.builds(CompareAndSwap, key=BLOBS, expected=st.none() | BLOBS, value=BLOBS),
)
RESULTS = st.one_of(
    st.builds(Written, revision=NUMBERS),
    st.builds(NotWritten, revision=NUMBERS),
    st.just(SessionExpired()),
    st.builds(Malformed, reason=st.text(max_size=20)),
)
QUERIES = st.one_of(
    st.builds(Get, key=BLOBS), st.builds(List, prefix=BLOBS, after=BLOBS, limit=NUMBERS)
)
LISTINGS = st.builds(
    Listing,
    items=st.lists(st.builds(Item, key=BLOBS, value=BLOBS, revision=NUMBERS), max_size=4).map(
        tuple
    ),
    more=st.booleans(),
)

# Everything that a msgpack encoder can be made to write, to some depth.
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.text(max_size=4),
    st.binary(max_size=4),
    st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=4)),
    st.builds(msgpack.Timestamp, st.integers(0, 2**34), st.integers(0, 999_999_999)),
)
STRUCTURES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)
UNPACKERS: list[Callable[[bytes], object]] = [
    unpack_command,
    unpack_result,
    unpack_query,
    unpack_listing,
]
STAMP = Stamp(session_id=7, sequence=1, first_pending=1, began_index=0)


@given(STAMPS, OPERATIONS)
def test_a_command_comes_back_as_it_was_packed(stamp: Stamp, operation: Operation) -> None:
    assert unpack_command(pack_command(stamp, operation)) == (stamp, operation)


# Whole commands and queries, and what resembles them.
NUMBERS = st.integers(-2, 2**64 - 1) | st.booleans() | st.floats()
HEADS = st.lists(NUMBERS, min_size=3, max_size=5) | st.binary(min_size=4, max_size=4) | LEAVES
LIKE_PUTS = st.tuples(st.integers(0, 4) | LEAVES, HEADS, LEAVES, LEAVES).map(msgpack.packb)
LIKE_GETS = st.lists(LEAVES | st.integers(0, 3), max_size=3).map(msgpack.packb)


def put_in(data: bytes) -> tuple[Stamp, bytes, bytes] | None:
    """What `unpack_command` finds, if it is a put."""
    try:
        stamp, operation = unpack_command(data)
    except ProtocolError:
        return None
    return (stamp, operation.key, operation.value) if isinstance(operation, Put) else None


@given(st.builds(pack_command, STAMPS, OPERATIONS) | LIKE_PUTS | st.binary())
def test_the_quick_way_takes_the_puts_that_the_other_way_takes(data: bytes) -> None:
    assert unpack_put(data) == put_in(data)


@given(st.builds(pack_query, QUERIES) | LIKE_GETS | st.binary())
def test_the_quick_way_takes_the_gets_that_the_other_way_takes(data: bytes) -> None:
    try:
        query = unpack_query(data)
    except ProtocolError:
        query = None
    assert unpack_get(data) == (query.key if isinstance(query, Get) else None)


@given(st.binary(), st.binary(), st.integers(0, 2**64 - 1))
def test_what_was_found_is_a_listing_of_one(key: bytes, value: bytes, revision: int) -> None:
    item = Item(key=key, value=value, revision=revision)
    assert pack_found(key, value, revision) == pack_listing(Listing(items=(item,), more=False))
    assert pack_written(revision) == pack_result(Written(revision=revision))


@given(RESULTS)
def test_a_result_comes_back_as_it_was_packed(result: Result) -> None:
    assert unpack_result(pack_result(result)) == result


@given(QUERIES)
def test_a_query_comes_back_as_it_was_packed(query: Query) -> None:
    assert unpack_query(pack_query(query)) == query


@given(LISTINGS)
def test_a_listing_comes_back_as_it_was_packed(listing: Listing) -> None:
    assert unpack_listing(pack_listing(listing)) == listing


@pytest.mark.parametrize(
    ("packed", "data"),
    [
        (
            pack_command(STAMP, Put(key=b"k", value=b"v")),
            b"\x94\x01\x94\x07\x01\x01\x00\xc4\x01k\xc4\x01v",
        ),
        (pack_command(STAMP, Delete(key=b"k")), b"\x93\x02\x94\x07\x01\x01\x00\xc4\x01k"),
        (
            pack_command(STAMP, CompareAndSwap(key=b"k", expected=None, value=b"v")),
            b"\x95\x03\x94\x07\x01\x01\x00\xc4\x01k\xc0\xc4\x01v",
        ),
        (pack_result(Written(revision=5)), b"\x92\x01\x05"),
        (pack_result(NotWritten(revision=0)), b"\x92\x02\x00"),
        (pack_result(SessionExpired()), b"\x91\x03"),
        (pack_result(Malformed(reason="no")), b"\x92\x04\xa2no"),
        (pack_query(Get(key=b"k")), b"\x92\x01\xc4\x01k"),
        (
            pack_query(List(prefix=b"p", after=b"", limit=9)),
            b"\x94\x02\xc4\x01p\xc4\x00\x09",
        ),
        (
            pack_listing(Listing(items=(Item(key=b"k", value=b"v", revision=3),), more=True)),
            b"\x92\x91\x93\xc4\x01k\xc4\x01v\x03\xc3",
        ),
    ],
)
def test_the_bytes_are_those_that_logs_already_hold(packed: bytes, data: bytes) -> None:
    """Logs outlive versions: these bytes must mean the same for ever."""
    assert packed == data


@pytest.mark.parametrize("unpack", UNPACKERS)
@given(data=st.binary(max_size=80))
def test_any_bytes_raise_nothing_but_a_protocol_error(
    unpack: Callable[[bytes], object], data: bytes
) -> None:
    with suppress(ProtocolError):
        unpack(data)


@pytest.mark.parametrize("unpack", UNPACKERS)
@given(structure=STRUCTURES | st.lists(STRUCTURES, max_size=6))
def test_any_structure_raises_nothing_but_a_protocol_error(
    unpack: Callable[[bytes], object], structure: object
) -> None:
    with suppress(ProtocolError):
        unpack(msgpack.packb(structure))


@given(
    packed=st.one_of(
        st.builds(pack_command, STAMPS, OPERATIONS),
        RESULTS.map(pack_result),
        QUERIES.map(pack_query),
        LISTINGS.map(pack_listing),
    ),
    place=st.integers(0, 1000),
    byte=st.integers(0, 255),
    length=st.integers(0, 1000),
)
def test_damaged_bytes_raise_nothing_but_a_protocol_error(
    packed: bytes, place: int, byte: int, length: int
) -> None:
    damaged = bytearray(packed)
    damaged[place % len(damaged)] = byte
    for unpack in UNPACKERS:
        for data in (bytes(damaged), bytes(damaged[: length % len(damaged)])):
            with suppress(ProtocolError):
                unpack(data)


@pytest.mark.parametrize("unpack", UNPACKERS)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\x90",
        b"\x80",
        b"\x91\x09",
        b"\x92\x01\x01\x01",
        b"\x91" * 100_000,
        b"\xdd\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\x81\x90\x01",
        b"\x91\xa1\xff",
        b"\x91\xc7\x0c\xff" + b"\xff" * 12,
    ],
)
def test_what_is_none_is_a_protocol_error(unpack: Callable[[bytes], object], data: bytes) -> None:
    with pytest.raises(ProtocolError):
        unpack(data)


HEAD = [7, 1, 1, 0]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ([9, HEAD, b"k"], "unknown command code 9"),
        ([1, HEAD, b"k"], "malformed command"),
        ([2, HEAD], "malformed command"),
        ([3, HEAD, b"k", None], "malformed command"),
        ([1, [7, 1, 1], b"k", b"v"], "malformed command"),
        ([1, [7, 1, 1, 0, 0], b"k", b"v"], "malformed command"),
        ([1, 7, b"k", b"v"], "malformed command"),
        ([1, [7, True, 1, 0], b"k", b"v"], "a whole number expected, not True"),
        ([1, [7, -1, 1, 0], b"k", b"v"], "a whole number expected, not -1"),
        ([1, [7, 1.0, 1, 0], b"k", b"v"], "a whole number expected, not 1.0"),
        ([1, HEAD, "k", b"v"], "bytes expected, not str"),
        ([1, HEAD, b"k", "v"], "bytes expected, not str"),
        ([1, HEAD, b"k", None], "bytes expected, not NoneType"),
        ([3, HEAD, b"k", "e", b"v"], "bytes expected, not str"),
        ([3, HEAD, b"k", None, None], "bytes expected, not NoneType"),
    ],
)
def test_a_malformed_command_is_told_by_its_fault(fields: list[object], text: str) -> None:
    with pytest.raises(ProtocolError, match=text):
        unpack_command(msgpack.packb(fields))


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ([9, b"k"], "unknown query code 9"),
        ([1], "malformed query"),
        ([1, "k"], "bytes expected, not str"),
        ([2, b"p", b""], "malformed query"),
        ([2, b"p", b"", 1, 1], "malformed query"),
        ([2, "p", b"", 1], "bytes expected, not str"),
        ([2, b"p", None, 1], "bytes expected, not NoneType"),
        ([2, b"p", b"", -1], "a whole number expected, not -1"),
    ],
)
def test_a_malformed_query_is_told_by_its_fault(fields: list[object], text: str) -> None:
    with pytest.raises(ProtocolError, match=text):
        unpack_query(msgpack.packb(fields))


@pytest.mark.parametrize(
    ("fields", "text"),
    [([9], "unknown result code 9"), ([1], "malformed result"), ([4], "malformed result")],
)
def test_a_malformed_result_is_told_by_its_fault(fields: list[object], text: str) -> None:
    with pytest.raises(ProtocolError, match=text):
        unpack_result(msgpack.packb(fields))


@pytest.mark.parametrize("fields", [[[]], [7, False], [[7], False], [[[b"k", b"v"]], False]])
def test_a_malformed_listing_is_told_so(fields: list[object]) -> None:
    with pytest.raises(ProtocolError, match="malformed listing"):
        unpack_listing(msgpack.packb(fields))
