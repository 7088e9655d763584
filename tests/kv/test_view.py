"""A machine's view: the state of one moment, whatever is applied meanwhile."""

import copy
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raftpi.command import Delete, Put
from raftpi.kv.image import End, Head, ItemsPart, SessionsPart, unpack_block
from raftpi.kv.machine import Machine
from raftpi.kv.settings import MachineSettings, pack_settings
from raftpi.kv.view import BLOCK_COUNT
from tests.kv.machines import (
    STEPS,
    Step,
    blocks_of,
    do,
    machine_after,
    restored_from,
    settled_machine,
)
from tests.kv.test_machine import command, get, run


@given(
    before=STEPS,
    during=STEPS,
    max_bytes=st.integers(1, 400),
    every=st.integers(1, 4),
)
@settings(max_examples=150, deadline=None)
def test_a_view_gives_the_state_of_its_moment_while_commands_go_on(
    before: list[Step], during: list[Step], max_bytes: int, every: int
) -> None:
    machine = machine_after(before)
    moment = copy.deepcopy(machine)
    undisturbed = copy.deepcopy(machine)
    view = machine.view()
    blocks: list[bytes] = []
    for number, step in enumerate(during, start=len(before) + 1):
        if number % every == 0 and (block := view.next_block(max_bytes)):
            blocks.append(block)
        assert do(machine, 2 * number, step) == do(undisturbed, 2 * number, step)
    blocks.extend(blocks_of(view, max_bytes))
    assert blocks == blocks_of(moment.view(), max_bytes)
    assert restored_from(blocks).digest() == moment.digest()
    assert machine.digest() == undisturbed.digest()


@given(max_bytes=st.integers(100, 5000))
@settings(max_examples=40, deadline=None)
def test_no_block_is_larger_than_asked_for(max_bytes: int) -> None:
    blocks = blocks_of(settled_machine().view(), max_bytes)
    assert max(len(block) for block in blocks[1:]) <= max_bytes
    assert sum(map(len, blocks)) / len(blocks) > min(max_bytes, 1500) / 4


def test_a_block_of_the_smallest_size_holds_one_thing() -> None:
    for block in blocks_of(settled_machine().view(), 1)[1:-1]:
        content = unpack_block(block).content
        if isinstance(content, SessionsPart):
            assert [len(piece.results) for piece in content.pieces] == [1]
        else:
            assert isinstance(content, ItemsPart)
            assert len(content.keys) == 1


def test_a_large_value_makes_a_large_block_of_its_own() -> None:
    machine = Machine()
    for index, (key, size) in enumerate([(b"a", 1), (b"b", 99_999), (b"c", 1)], start=1):
        run(machine, index, Put(key=key, value=b"v" * size))
    blocks = blocks_of(machine.view(), 1000)
    contents = [unpack_block(block).content for block in blocks]
    keys = [content.keys for content in contents if isinstance(content, ItemsPart)]
    assert keys == [(b"a",), (b"b",), (b"c",)]


def test_the_work_of_a_block_is_bounded_by_number_where_things_are_small() -> None:
    machine = Machine()
    machine.configure(pack_settings(MachineSettings(session_limit=9999, session_window=9999)))
    for index in range(1, 3 * BLOCK_COUNT):
        packed = command(Put(key=b"%d" % index, value=b""), session_id=1, sequence=index)
        machine.apply(index, packed)
    for index in range(3 * BLOCK_COUNT, 5 * BLOCK_COUNT):
        machine.apply(index, command(Delete(key=b"no"), session_id=index, sequence=1))
    for block in blocks_of(machine.view(), 10**9):
        content = unpack_block(block).content
        if isinstance(content, SessionsPart):
            count = sum(1 + len(piece.results) for piece in content.pieces)
            assert count <= BLOCK_COUNT
        elif isinstance(content, ItemsPart):
            assert len(content.keys) <= BLOCK_COUNT


def test_an_image_is_a_head_then_sessions_then_items_then_an_end() -> None:
    contents = [unpack_block(block).content for block in blocks_of(settled_machine().view(), 300)]
    kinds = [kind for kind, _ in itertools.groupby(type(content) for content in contents)]
    assert kinds == [Head, SessionsPart, ItemsPart, End]
    assert contents[-1] == End(session_count=3, result_count=363, item_count=400)
    assert isinstance(contents[0], Head)
    assert contents[0].applied_index == 400
    assert contents[0].horizon == 37


def test_the_image_of_a_machine_that_nothing_reached_is_a_head_and_an_end() -> None:
    blocks = blocks_of(Machine().view())
    assert len(blocks) == 2
    assert restored_from(blocks).digest() == Machine().digest()


def test_the_end_closes_the_view_and_stays_the_end() -> None:
    machine = settled_machine()
    view = machine.view()
    blocks_of(view)
    assert not view.is_open
    assert view.next_block(1000) == b""
    other = machine.view()
    view.close()
    assert other.is_open
    assert restored_from(blocks_of(other)).digest() == machine.digest()


def test_there_is_one_view_at_a_time() -> None:
    machine = Machine()
    view = machine.view()
    with pytest.raises(ValueError, match="a view of this machine is open already"):
        machine.view()
    view.close()
    machine.view()


@pytest.mark.parametrize("walked", [0, 1, 3, 20])
def test_a_view_closed_early_leaves_no_trace(walked: int) -> None:
    machine, other = settled_machine(), settled_machine()
    view = machine.view()
    for _ in range(walked):
        assert view.next_block(300)
    view.close()
    view.close()
    with pytest.raises(ValueError, match="closed before its end: open another one"):
        view.next_block(300)
    store, sessions = machine._store, machine._sessions
    assert store._view is None
    assert sessions._view is None
    assert not store._keys._shared
    for index, key in enumerate([b"k01", b"new", b"k300"], start=401):
        assert run(machine, index, Delete(key=key)) == run(other, index, Delete(key=key))
    assert blocks_of(machine.view()) == blocks_of(other.view())


def test_reads_see_the_present_while_a_view_is_open() -> None:
    machine = settled_machine()
    machine.view()
    run(machine, 401, Put(key=b"k01", value=b"present"))
    run(machine, 402, Delete(key=b"k02"))
    found = get(machine, b"k01")
    assert found is not None
    assert (found.value, found.revision) == (b"present", 401)
    assert get(machine, b"k02") is None
