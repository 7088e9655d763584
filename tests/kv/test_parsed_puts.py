"""The door takes a put apart, and the machine does not do it again."""

import pytest

from raftpi.command import Put, Stamp, pack_command, pack_written
from raftpi.kv import machine as machine_module
from raftpi.kv.machine import Machine
from raftpi.kv.parsed_puts import LIMIT_BYTES, LIMIT_COUNT, ParsedPuts

STAMP = Stamp(session_id=7, sequence=1, first_pending=1, began_index=0)
FOUND = (STAMP, b"k", b"v")


def command(sequence: int = 1, value: bytes = b"v") -> bytes:
    stamp = STAMP._replace(sequence=sequence, first_pending=sequence)
    return pack_command(stamp, Put(key=b"k", value=value))


def test_what_the_door_found_is_applied_without_being_taken_apart_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine, entering = Machine(), command()
    assert machine.refusal(entering) == ""
    monkeypatch.delattr(machine_module, "plain_put")
    assert machine.apply(1, entering) == pack_written(1)


def test_equal_bytes_in_another_object_are_another_command() -> None:
    parsed, first = ParsedPuts(), command()
    parsed.keep(first, FOUND)
    assert parsed.take(bytes(bytearray(first))) is None
    assert parsed.take(first) is FOUND
    assert parsed.take(first) is None


def test_neither_large_ones_nor_many_are_kept() -> None:
    parsed, large = ParsedPuts(), command(value=bytes(LIMIT_BYTES))
    parsed.keep(large, FOUND)
    assert parsed.take(large) is None
    kept = [command(sequence) for sequence in range(1, LIMIT_COUNT + 2)]
    for each in kept:
        parsed.keep(each, FOUND)
    assert [parsed.take(each) for each in kept[:-1]] == [None] * LIMIT_COUNT
    assert parsed.take(kept[-1]) is FOUND
