"""Machines with a history, drawn at random, and their images."""

from hypothesis import strategies as st

from raftpi.command import CompareAndSwap, Delete, Operation, Put
from raftpi.kv.machine import Machine
from raftpi.kv.settings import MachineSettings, pack_settings
from raftpi.kv.view import View
from tests.kv.test_machine import command

KEYS = st.sampled_from([b"a", b"aa", b"ab", b"b", b"c", b"d", b"\x00", b"\xff", b"a\xff"])
VALUES = st.sampled_from([b"", b"1", b"2", b"a longer value, for blocks of several sizes"])
OPERATIONS: st.SearchStrategy[Operation] = st.one_of(
    st.builds(Put, key=KEYS, value=VALUES),
    st.builds(Delete, key=KEYS),
    st.builds(CompareAndSwap, key=KEYS, expected=st.none() | VALUES, value=VALUES),
)


@st.composite
def commands(draw: st.DrawFn) -> bytes:
    """A command of one of a few sessions, often one that was sent before."""
    sequence = draw(st.integers(1, 9))
    return command(
        draw(OPERATIONS),
        session_id=draw(st.integers(1, 6)),
        sequence=sequence,
        first_pending=draw(st.integers(1, sequence)),
        began_index=draw(st.integers(0, 50)),
    )


@st.composite
def configurations(draw: st.DrawFn) -> bytes:
    """Packed settings that let sessions be evicted and results forgotten."""
    settings = MachineSettings(
        key_bytes=draw(st.integers(1, 9)),
        value_bytes=draw(st.integers(1, 9)),
        session_limit=draw(st.integers(1, 6)),
        session_window=draw(st.integers(1, 4)),
    )
    return pack_settings(settings)


# A step is (is_configuration, bytes); indexes have gaps, as the log's other entries leave them.
Step = tuple[bool, bytes]
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.tuples(st.just(False), commands()),
        st.tuples(st.just(False), commands()),
        st.tuples(st.just(False), commands()),
        st.tuples(st.just(True), configurations()),
    ),
    max_size=40,
)


def do(machine: Machine, index: int, step: Step) -> bytes:
    """One step at `index`; the result."""
    is_configuration, data = step
    if not is_configuration:
        return machine.apply(index, data)
    machine.configure(data)
    return b""


def machine_after(steps: list[Step]) -> Machine:
    """A machine that has taken these, at 2, 4, 6, …"""
    machine = Machine()
    for number, step in enumerate(steps, start=1):
        do(machine, 2 * number, step)
    return machine


def blocks_of(view: View, max_bytes: int = 65536) -> list[bytes]:
    """All that are left."""
    blocks: list[bytes] = []
    while block := view.next_block(max_bytes):
        blocks.append(block)
    return blocks


def restored_from(blocks: list[bytes]) -> Machine:
    """The machine of an image. Raises ProtocolError."""
    restoration = Machine().restoration()
    for block in blocks:
        restoration.take(block)
    return restoration.machine()


def settled_machine() -> Machine:
    """One with evicted sessions, a session of many results, and some keys."""
    machine = Machine()
    machine.configure(pack_settings(MachineSettings(session_limit=3, session_window=500)))
    for index in range(1, 401):
        packed = command(
            Put(key=b"k%02d" % index, value=b"v"),
            session_id=index % 5 + 1 if index <= 40 else 1,
            sequence=index,
            began_index=index - 1,
        )
        machine.apply(index, packed)
    return machine
