"""A machine restored from an image: the same from there on; nothing wrong taken in."""

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raftpi.command import Put
from raftpi.errors import ProtocolError
from raftpi.kv.image import (
    Block,
    Content,
    End,
    Head,
    ItemsPart,
    SessionPiece,
    SessionsPart,
    pack_block,
)
from raftpi.kv.machine import Machine
from raftpi.kv.settings import MachineSettings, pack_settings
from tests.kv.machines import (
    STEPS,
    Step,
    blocks_of,
    do,
    machine_after,
    restored_from,
    settled_machine,
)
from tests.kv.test_machine import command


@given(before=STEPS, after=STEPS, max_bytes=st.integers(1, 2000))
@settings(max_examples=150, deadline=None)
def test_a_restored_machine_answers_every_later_command_alike(
    before: list[Step], after: list[Step], max_bytes: int
) -> None:
    machine = machine_after(before)
    restored = restored_from(blocks_of(machine.view(), max_bytes))
    assert restored.digest() == machine.digest()
    for number, step in enumerate(after, start=len(before) + 1):
        packed = step[1]
        assert restored.refusal(packed) == machine.refusal(packed)
        assert do(restored, 2 * number, step) == do(machine, 2 * number, step)
        assert restored.digest() == machine.digest()
    assert blocks_of(restored.view(), max_bytes) == blocks_of(machine.view(), max_bytes)


def test_the_settings_are_kept_with_names_that_this_version_does_not_know() -> None:
    machine = Machine()
    known = pack_settings(MachineSettings(key_bytes=3))
    packed = bytes([known[0] + 1]) + known[1:] + b"\xa5later\x07"
    machine.configure(packed)
    restored = restored_from(blocks_of(machine.view()))
    too_long = command(Put(key=b"long", value=b""))
    assert "takes 3 at most" in restored.refusal(too_long)
    assert restored._packed_settings == packed


def test_a_command_from_before_the_image_is_not_run_again() -> None:
    machine = settled_machine()
    restored = restored_from(blocks_of(machine.view(), 200))
    with pytest.raises(ValueError, match="came after command 400"):
        restored.apply(400, command(Put(key=b"k", value=b"v"), session_id=9, sequence=1))
    again = command(Put(key=b"k399", value=b"v"), session_id=1, sequence=399)
    assert restored.apply(401, again) == machine.apply(401, again)
    assert restored.digest() == machine.digest()


def test_a_restored_machine_shares_nothing_with_the_one_it_came_from() -> None:
    machine = settled_machine()
    restored = restored_from(blocks_of(machine.view()))
    before = machine.digest()
    restored.apply(401, command(Put(key=b"k1", value=b"w"), session_id=1, sequence=900))
    assert machine.digest() == before


# --- blocks that are missing, repeated, foreign or none ------------------------------------


@given(data=st.data(), max_bytes=st.integers(100, 2000))
@settings(max_examples=80, deadline=None)
def test_a_block_out_of_place_is_refused_and_the_right_one_still_taken(
    data: st.DataObject, max_bytes: int
) -> None:
    machine, foreign = settled_machine(), settled_machine()
    foreign.apply(401, command(Put(key=b"k01", value=b"w"), session_id=1, sequence=401))
    blocks, others = blocks_of(machine.view(), max_bytes), blocks_of(foreign.view(), max_bytes)
    wrong_at = data.draw(st.integers(0, len(blocks)))
    restoration = machine.restoration()
    for number, block in enumerate([*blocks, b""]):
        if number == wrong_at:
            candidates = [*blocks[:number], *blocks[number + 1 :], b"garbage", block[:-1]]
            if number:
                candidates += others
            with pytest.raises(ProtocolError):
                restoration.take(data.draw(st.sampled_from(candidates)))
        if block:
            restoration.take(block)
    assert restoration.machine().digest() == machine.digest()


def test_a_block_of_another_image_is_refused_in_its_own_place_too() -> None:
    machine, foreign = settled_machine(), settled_machine()
    foreign.apply(401, command(Put(key=b"k01", value=b"w"), session_id=1, sequence=401))
    restoration = machine.restoration()
    restoration.take(blocks_of(machine.view(), 500)[0])
    with pytest.raises(ProtocolError, match="block 1 is of another image than the 1 before it"):
        restoration.take(blocks_of(foreign.view(), 500)[1])


def test_a_machine_is_not_made_while_blocks_are_missing() -> None:
    blocks = blocks_of(settled_machine().view(), 500)
    restoration = Machine().restoration()
    for number, block in enumerate(blocks):
        with pytest.raises(ProtocolError, match=f"not complete: block {number} is missing"):
            restoration.machine()
        restoration.take(block)
    assert restoration.machine().digest() == settled_machine().digest()


def test_nothing_comes_after_the_end() -> None:
    blocks = blocks_of(settled_machine().view())
    restoration = Machine().restoration()
    for block in blocks:
        restoration.take(block)
    with pytest.raises(ProtocolError, match="the image is complete"):
        restoration.take(blocks[-1])


# --- blocks that stand in their place and contradict the others ----------------------------

SETTINGS = pack_settings(MachineSettings(session_limit=2))
HEAD = Head(settings=SETTINGS, applied_index=9, horizon=3)


def piece(session_id: int, last_index: int, *sequences: int, floor: int = 1) -> SessionPiece:
    return SessionPiece(
        session_id=session_id,
        floor=floor,
        last_index=last_index,
        sequences=sequences,
        results=tuple(b"r" for _ in sequences),
    )


def sessions(*pieces: SessionPiece) -> SessionsPart:
    return SessionsPart(pieces=pieces)


def items(*keys: bytes, revision: int = 1) -> ItemsPart:
    return ItemsPart(keys=keys, entries=tuple((b"v", revision) for _ in keys))


def chained(*contents: Content) -> list[bytes]:
    """The contents as blocks in a right chain."""
    blocks: list[bytes] = []
    crc = 0
    for number, content in enumerate(contents):
        blocks.append(pack_block(Block(number=number, previous_crc=crc, content=content)))
        crc = zlib.crc32(blocks[-1])
    return blocks


def end(session_count: int, result_count: int, item_count: int) -> End:
    return End(session_count=session_count, result_count=result_count, item_count=item_count)


def test_what_is_consistent_is_taken() -> None:
    """What the cases below differ from."""
    contents = [
        sessions(piece(5, 4, 1), piece(6, 9, 2, 3)),
        sessions(piece(6, 9, 5)),
        items(b"a", b"b"),
        items(b"c", revision=9),
        end(2, 4, 3),
    ]
    restored_from(chained(HEAD, *contents))


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ([HEAD, HEAD], "begins with its head, and has only one"),
        ([items(b"a")], "begins with its head"),
        ([Head(settings=b"\xc1", applied_index=9, horizon=3)], "not the settings"),
        ([Head(settings=b"", applied_index=2, horizon=3)], "was evicted before that"),
        ([HEAD, sessions(piece(5, 4), piece(5, 6))], "session 5 is in the image twice"),
        ([HEAD, sessions(piece(5, 4)), sessions(piece(6, 5), piece(5, 6))], "5 is in the image"),
        ([HEAD, sessions(piece(5, 4), piece(6, 4))], "session 6 of the image is out of order"),
        ([HEAD, sessions(piece(5, 3))], "session 5 of the image is out of order"),
        ([HEAD, sessions(piece(5, 10))], "session 5 of the image is out of order"),
        ([HEAD, sessions(piece(5, 6)), sessions(piece(6, 5))], "6 of the image is out of order"),
        ([HEAD, sessions(piece(5, 4, 2, 2))], "session 5 of the image: result 2 is out of"),
        ([HEAD, sessions(piece(5, 4, 2, floor=3))], "session 5 of the image: result 2"),
        ([HEAD, sessions(piece(5, 4, 2)), sessions(piece(5, 4, 2))], "result 2 is out of"),
        ([HEAD, sessions(piece(5, 4)), sessions(piece(5, 4, 0))], "result 0 is out of"),
        ([HEAD, sessions(piece(5, 4, 2)), sessions(piece(5, 5, 3))], "changes in its middle"),
        ([HEAD, sessions(piece(5, 4), piece(6, 5), piece(7, 6))], "its own limit of 2"),
        ([HEAD, items(b"b", b"a")], "not the next keys of the image"),
        ([HEAD, items(b"a"), items(b"a")], "not the next keys of the image"),
        ([HEAD, items(b"a", revision=10)], "written at 10, and the image was taken at 9"),
        ([HEAD, items(b"a", revision=0)], "written at 0"),
        ([HEAD, end(1, 0, 0)], "should hold 1 sessions, and holds 0"),
        ([HEAD, sessions(piece(5, 4, 1)), end(1, 2, 0)], "should hold 2 results, and holds 1"),
        ([HEAD, items(b"a"), end(0, 0, 0)], "should hold 0 keys, and holds 1"),
    ],
)
def test_what_contradicts_itself_is_refused(contents: list[Content], reason: str) -> None:
    *before, last = chained(*contents)
    restoration = Machine().restoration()
    for block in before:
        restoration.take(block)
    with pytest.raises(ProtocolError, match=reason):
        restoration.take(last)
