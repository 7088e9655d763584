"""The leader's door: what may not enter the log, and what people are told."""

import msgpack
import pytest

from raftpi.command import (
    CompareAndSwap,
    Delete,
    Get,
    List,
    Operation,
    Put,
    Query,
    Stamp,
    pack_command,
    pack_query,
)
from raftpi.kv.door import COMMAND_OVERHEAD_BYTES, command_fault
from raftpi.kv.machine import Machine
from raftpi.kv.settings import MachineSettings, pack_settings

STAMP = Stamp(session_id=1, sequence=1, first_pending=1, began_index=0)


def refusal(operation: Operation, stamp: Stamp = STAMP) -> str:
    return Machine().refusal(pack_command(stamp, operation))


def query_refusal(query: Query) -> str:
    return Machine().query_refusal(pack_query(query))


@pytest.mark.parametrize(
    "operation",
    [
        Put(key=b"k" * 1024, value=b"v" * 1048576),
        Put(key=b"k", value=b""),
        Delete(key=b"k"),
        CompareAndSwap(key=b"k", expected=None, value=b"v"),
        CompareAndSwap(key=b"k" * 1024, expected=b"e" * 1048576, value=b"v" * 1048576),
    ],
)
def test_what_keeps_to_the_limits_may_enter(operation: Operation) -> None:
    assert refusal(operation) == ""
    largest = Stamp(
        session_id=2**64 - 1, sequence=2**64 - 1, first_pending=2**64 - 1, began_index=2**64 - 1
    )
    assert refusal(operation, largest) == ""


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        (
            Put(key=b"k", value=b"v" * 1048577),
            "the value has 1048577 bytes; this cluster takes 1048576 at most (cluster.value_bytes)",
        ),
        (
            Put(key=b"k" * 1025, value=b"v"),
            "the key has 1025 bytes; this cluster takes 1024 at most (cluster.key_bytes)",
        ),
        (
            Delete(key=b"k" * 1025),
            "the key has 1025 bytes; this cluster takes 1024 at most (cluster.key_bytes)",
        ),
        (
            CompareAndSwap(key=b"k", expected=None, value=b"v" * 1048577),
            "the value has 1048577 bytes; this cluster takes 1048576 at most (cluster.value_bytes)",
        ),
        (
            CompareAndSwap(key=b"k", expected=b"e" * 1048577, value=b"v"),
            "the expected value has 1048577 bytes; "
            "this cluster takes 1048576 at most (cluster.value_bytes)",
        ),
        (Put(key=b"", value=b"v"), "the key is empty"),
        (Delete(key=b""), "the key is empty"),
    ],
)
def test_what_is_too_large_is_refused_with_limit_and_size(operation: Operation, text: str) -> None:
    assert refusal(operation) == text


@pytest.mark.parametrize(
    ("stamp", "text"),
    [
        (
            Stamp(session_id=0, sequence=1, first_pending=1, began_index=0),
            "the session id is 0: it must be a random number",
        ),
        (
            Stamp(session_id=1, sequence=0, first_pending=0, began_index=0),
            "the sequence is 0: a session counts its commands from 1",
        ),
        (
            Stamp(session_id=1, sequence=4, first_pending=5, began_index=0),
            "command 4 of its session cannot be answered already: first_pending is 5",
        ),
    ],
)
def test_an_impossible_stamp_is_refused(stamp: Stamp, text: str) -> None:
    assert refusal(Put(key=b"k", value=b"v"), stamp) == text


def test_the_limits_are_those_of_the_replicated_settings() -> None:
    machine = Machine()
    machine.configure(pack_settings(MachineSettings(key_bytes=2, value_bytes=3)))
    assert machine.refusal(pack_command(STAMP, Put(key=b"kk", value=b"vvv"))) == ""
    assert "takes 2 at most" in machine.refusal(pack_command(STAMP, Delete(key=b"kkk")))
    refused = machine.refusal(pack_command(STAMP, Put(key=b"kk", value=b"vvvv")))
    assert refused == "the value has 4 bytes; this cluster takes 3 at most (cluster.value_bytes)"


@pytest.mark.parametrize(
    "command", [b"", b"\xc1", b"garbage", msgpack.packb([9, [1, 1, 1, 0], b"k"])]
)
def test_bytes_that_are_no_command_are_refused(command: bytes) -> None:
    assert "command" in Machine().refusal(command)


def test_a_command_cannot_smuggle_bytes_past_the_limits() -> None:
    smuggled = msgpack.packb([1, [1, 1, 1, 0], b"k", b"v", b"x" * 5_000_000])
    assert Machine().refusal(smuggled) != ""


def test_a_command_longer_than_its_content_can_make_it_is_a_fault_everywhere() -> None:
    """No decoder known lets such bytes through; should one do so, all replicas refuse alike."""
    put = Put(key=b"k", value=b"v")
    assert command_fault(STAMP, put, 2 + COMMAND_OVERHEAD_BYTES) == ""
    text = "the command carries 1 bytes that belong to neither key nor value"
    assert command_fault(STAMP, put, 3 + COMMAND_OVERHEAD_BYTES) == text


def test_a_command_in_the_longest_encoding_still_enters() -> None:
    """Not every msgpack library chooses the shortest form."""
    number = b"\xcf" + (1).to_bytes(8, "big")
    blob = b"\xc6" + (1).to_bytes(4, "big") + b"k"
    array = b"\xdd" + (4).to_bytes(4, "big")
    three = b"\xdd" + (5).to_bytes(4, "big")
    command = three + b"\xcf" + (3).to_bytes(8, "big") + array + number * 4 + blob * 3
    assert len(command) < 3 + COMMAND_OVERHEAD_BYTES
    assert Machine().refusal(command) == ""


@pytest.mark.parametrize(
    "query",
    [
        Get(key=b"k" * 1024),
        List(prefix=b"", after=b"", limit=1),
        List(prefix=b"p" * 1024, after=b"a", limit=2**64 - 1),
    ],
)
def test_a_sound_query_is_answered(query: Query) -> None:
    assert query_refusal(query) == ""


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (Get(key=b""), "the key is empty"),
        (
            Get(key=b"k" * 1025),
            "the key has 1025 bytes; this cluster takes 1024 at most (cluster.key_bytes)",
        ),
        (
            List(prefix=b"p" * 1025, after=b"", limit=1),
            "the prefix has 1025 bytes; this cluster takes 1024 at most (cluster.key_bytes)",
        ),
        (
            List(prefix=b"", after=b"", limit=0),
            "the limit of a listing is 0: it must be at least 1",
        ),
    ],
)
def test_an_unsound_query_is_refused(query: Query, text: str) -> None:
    assert query_refusal(query) == text


@pytest.mark.parametrize("query", [b"", b"\xc1", b"garbage", msgpack.packb([7])])
def test_bytes_that_are_no_query_are_refused(query: bytes) -> None:
    assert "query" in Machine().query_refusal(query)
