"""The state machine as a whole, against a dict."""

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

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
    Result,
    SessionExpired,
    Stamp,
    Written,
    pack_command,
    pack_query,
    unpack_listing,
    unpack_result,
)
from raftpi.errors import ProtocolError
from raftpi.kv.machine import MALFORMED, Machine
from raftpi.kv.settings import MachineSettings, pack_settings


def command(operation: Operation, session_id: int = 1, sequence: int = 1, **more: int) -> bytes:
    stamp = Stamp(
        session_id=session_id,
        sequence=sequence,
        first_pending=more.get("first_pending", 1),
        began_index=more.get("began_index", 0),
    )
    return pack_command(stamp, operation)


def run(machine: Machine, index: int, operation: Operation, **stamp: int) -> Result:
    """Apply an operation as command `index` of one session, unless told otherwise."""
    packed = command(operation, **{"sequence": index, **stamp})
    return unpack_result(machine.apply(index, packed))


def get(machine: Machine, key: bytes) -> Item | None:
    items = unpack_listing(machine.query(pack_query(Get(key=key)))).items
    return items[0] if items else None


# --- one operation at a time --------------------------------------------------------------


def test_the_revision_of_a_key_is_the_index_that_wrote_it() -> None:
    machine = Machine()
    assert run(machine, 5, Put(key=b"k", value=b"v")) == Written(revision=5)
    assert get(machine, b"k") == Item(key=b"k", value=b"v", revision=5)
    assert run(machine, 8, Put(key=b"k", value=b"v")) == Written(revision=8)
    assert get(machine, b"k") == Item(key=b"k", value=b"v", revision=8)


def test_a_key_that_is_not_there_has_an_empty_listing() -> None:
    assert Machine().query(pack_query(Get(key=b"k"))) == msgpack.packb([[], False])


def test_delete_tells_whether_there_was_anything() -> None:
    machine = Machine()
    assert run(machine, 1, Delete(key=b"k")) == NotWritten(revision=0)
    run(machine, 2, Put(key=b"k", value=b"v"))
    assert run(machine, 3, Delete(key=b"k")) == Written(revision=3)
    assert get(machine, b"k") is None


def test_a_swap_takes_place_only_on_the_value_expected() -> None:
    machine = Machine()
    run(machine, 1, Put(key=b"k", value=b"a"))
    wrong = CompareAndSwap(key=b"k", expected=b"b", value=b"c")
    assert run(machine, 2, wrong) == NotWritten(revision=1)
    right = CompareAndSwap(key=b"k", expected=b"a", value=b"c")
    assert run(machine, 3, right) == Written(revision=3)
    assert get(machine, b"k") == Item(key=b"k", value=b"c", revision=3)


def test_a_swap_that_expects_nothing_takes_place_only_on_nothing() -> None:
    machine = Machine()
    swap = CompareAndSwap(key=b"k", expected=None, value=b"")
    assert run(machine, 1, swap) == Written(revision=1)
    assert run(machine, 2, swap) == NotWritten(revision=1)
    empty = CompareAndSwap(key=b"k", expected=b"", value=b"x")
    assert run(machine, 3, empty) == Written(revision=3)
    missing = CompareAndSwap(key=b"j", expected=b"", value=b"x")
    assert run(machine, 4, missing) == NotWritten(revision=0)


def test_a_listing_is_cut_where_it_was_asked_to_be() -> None:
    machine = Machine()
    for index, key in enumerate([b"b/2", b"a", b"b/1", b"b/3"], start=1):
        run(machine, index, Put(key=key, value=b"v"))
    first = unpack_listing(machine.query(pack_query(List(prefix=b"b/", after=b"", limit=2))))
    assert first == Listing(
        items=(
            Item(key=b"b/1", value=b"v", revision=3),
            Item(key=b"b/2", value=b"v", revision=1),
        ),
        more=True,
    )
    rest = unpack_listing(machine.query(pack_query(List(prefix=b"b/", after=b"b/2", limit=2))))
    assert rest == Listing(items=(Item(key=b"b/3", value=b"v", revision=4),), more=False)


# --- once ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "result"),
    [
        (Put(key=b"k", value=b"again"), Written(revision=2)),
        (Delete(key=b"k"), Written(revision=2)),
        (CompareAndSwap(key=b"k", expected=b"v", value=b"w"), Written(revision=2)),
        (CompareAndSwap(key=b"k", expected=b"no", value=b"w"), NotWritten(revision=1)),
    ],
)
def test_a_command_sent_again_takes_effect_once(operation: Operation, result: Result) -> None:
    machine = Machine()
    run(machine, 1, Put(key=b"k", value=b"v"))
    packed = command(operation, sequence=2)
    assert unpack_result(machine.apply(2, packed)) == result
    run(machine, 3, Put(key=b"k", value=b"later"), session_id=2, sequence=1)
    assert unpack_result(machine.apply(4, packed)) == result
    assert get(machine, b"k") == Item(key=b"k", value=b"later", revision=3)


def test_a_command_of_an_evicted_session_is_refused_and_changes_nothing() -> None:
    machine = Machine()
    machine.configure(pack_settings(MachineSettings(session_limit=1)))
    old = command(Put(key=b"k", value=b"old"))
    machine.apply(1, old)
    run(machine, 2, Put(key=b"k", value=b"new"), session_id=2, sequence=1, began_index=1)
    assert unpack_result(machine.apply(3, old)) == SessionExpired()
    assert get(machine, b"k") == Item(key=b"k", value=b"new", revision=2)


def test_a_result_that_was_dropped_is_expired_not_run_again() -> None:
    machine = Machine()
    run(machine, 1, Put(key=b"k", value=b"a"))
    run(machine, 2, Put(key=b"k", value=b"b"), first_pending=2)
    assert run(machine, 3, Put(key=b"k", value=b"a"), sequence=1) == SessionExpired()
    assert get(machine, b"k") == Item(key=b"k", value=b"b", revision=2)


def test_a_smaller_session_limit_takes_effect_with_the_configuration() -> None:
    machine = Machine()
    old = command(Put(key=b"k", value=b"v"), session_id=1)
    machine.apply(1, old)
    run(machine, 2, Put(key=b"k", value=b"v"), session_id=2)
    machine.configure(pack_settings(MachineSettings(session_limit=1)))
    assert unpack_result(machine.apply(3, old)) == SessionExpired()


# --- what is no command -------------------------------------------------------------------


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\xc1",
        b"\x00",
        msgpack.packb([]),
        msgpack.packb([9, [1, 1, 1, 0], b"k"]),
        msgpack.packb([1, [1, 1, 1], b"k", b"v"]),
        msgpack.packb([1, [1, 1, 1, 0], "k", b"v"]),
        msgpack.packb([1, [1, -1, 1, 0], b"k", b"v"]),
        b"\xc7\x05\xff12345",
    ],
)
def test_bytes_that_are_no_command_have_one_and_the_same_result(garbage: bytes) -> None:
    machine, before = Machine(), Machine().digest()
    assert machine.apply(1, garbage) == MALFORMED
    assert isinstance(unpack_result(MALFORMED), Malformed)
    assert machine.digest() == before


@pytest.mark.parametrize(
    "packed",
    [
        command(Put(key=b"", value=b"v")),
        command(Put(key=b"k", value=b"v"), session_id=0),
        command(Put(key=b"k", value=b"v"), sequence=0),
        command(Put(key=b"k", value=b"v"), sequence=1, first_pending=2),
        msgpack.packb([1, [1, 1, 1, 0], b"k", b"v", b"x" * 1000]),
    ],
)
def test_a_command_that_makes_no_sense_changes_nothing(packed: bytes) -> None:
    machine, before = Machine(), Machine().digest()
    assert isinstance(unpack_result(machine.apply(1, packed)), Malformed)
    assert machine.digest() == before
    assert machine.refusal(packed) != ""


def test_what_is_too_large_for_the_door_is_run_once_it_is_in_the_log() -> None:
    machine = Machine()
    machine.configure(pack_settings(MachineSettings(key_bytes=1, value_bytes=1)))
    assert run(machine, 1, Put(key=b"long", value=b"value")) == Written(revision=1)


@given(st.binary(max_size=80))
def test_no_bytes_make_the_machine_raise(data: bytes) -> None:
    machine = Machine()
    assert isinstance(unpack_result(machine.apply(1, data)), Malformed | Written | NotWritten)
    machine.refusal(data)
    refusal = machine.query_refusal(data)
    if refusal:
        return
    unpack_listing(machine.query(data))


@pytest.mark.parametrize(
    "query", [b"", b"\xc1", b"\x93", pack_query(Get(key=b"")), msgpack.packb([2, b"", b"", 0])]
)
def test_a_query_that_is_none_is_a_protocol_error(query: bytes) -> None:
    with pytest.raises(ProtocolError):
        Machine().query(query)


def test_settings_that_are_none_change_nothing() -> None:
    machine = Machine()
    with pytest.raises(ProtocolError):
        machine.configure(b"\xc1")
    assert machine.refusal(command(Put(key=b"k" * 1024, value=b""))) == ""


@pytest.mark.parametrize("index", [4, 5])
def test_a_command_applied_out_of_order_is_a_fault_of_the_node(index: int) -> None:
    machine = Machine()
    run(machine, 5, Put(key=b"k", value=b"v"))
    before = machine.digest()
    with pytest.raises(ValueError, match=f"command {index} came after command 5"):
        run(machine, index, Put(key=b"k", value=b"w"), sequence=9)
    assert machine.digest() == before


# --- against a dict -----------------------------------------------------------------------

KEYS = st.sampled_from([b"a", b"aa", b"ab", b"b", b"\x00", b"\xff", b"a\xff"])
VALUES = st.sampled_from([b"", b"1", b"2", b"3"])
OPERATIONS = st.one_of(
    st.builds(Put, key=KEYS, value=VALUES),
    st.builds(Delete, key=KEYS),
    st.builds(CompareAndSwap, key=KEYS, expected=st.none() | VALUES, value=VALUES),
)


class MachineAgainstDict(RuleBasedStateMachine):
    """Random commands, some sent again, on two replicas and on a plain dict."""

    @initialize()
    def start(self) -> None:
        self.machine, self.replica = Machine(), Machine()
        self.model: dict[bytes, tuple[bytes, int]] = {}
        self.index = 0
        self.sent: list[tuple[bytes, Result]] = []

    def expected_result(self, operation: Operation) -> Result:
        value, revision = self.model.get(operation.key, (None, 0))
        if isinstance(operation, Delete):
            if operation.key not in self.model:
                return NotWritten(revision=0)
            del self.model[operation.key]
            return Written(revision=self.index)
        if isinstance(operation, CompareAndSwap) and value != operation.expected:
            return NotWritten(revision=revision)
        self.model[operation.key] = (operation.value, self.index)
        return Written(revision=self.index)

    def apply(self, packed: bytes) -> Result:
        first, second = (m.apply(self.index, packed) for m in (self.machine, self.replica))
        assert first == second
        return unpack_result(first)

    @rule(operation=OPERATIONS, session_id=st.integers(1, 3), gap=st.integers(1, 3))
    def send(self, operation: Operation, session_id: int, gap: int) -> None:
        self.index += gap
        packed = command(operation, session_id=session_id, sequence=len(self.sent) + 1)
        result = self.expected_result(operation)
        assert self.apply(packed) == result
        self.sent.append((packed, result))

    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        if self.sent:
            packed, result = data.draw(st.sampled_from(self.sent))
            self.index += 1
            assert self.apply(packed) == result

    @rule(garbage=st.binary(max_size=9))
    def send_garbage(self, garbage: bytes) -> None:
        self.index += 1
        assert isinstance(self.apply(garbage), Malformed)

    @rule(prefix=st.sampled_from([b"", b"a", b"ab", b"z"]), after=KEYS, limit=st.integers(1, 4))
    def list_some(self, prefix: bytes, after: bytes, limit: int) -> None:
        asked = pack_query(List(prefix=prefix, after=after, limit=limit))
        listing = unpack_listing(self.machine.query(asked))
        keys = [k for k in sorted(self.model) if k.startswith(prefix) and k > after]
        assert [item.key for item in listing.items] == keys[:limit]
        assert listing.more == (len(keys) > limit)

    @invariant()
    def same_content(self) -> None:
        listing = unpack_listing(
            self.machine.query(pack_query(List(prefix=b"", after=b"", limit=100)))
        )
        content = {item.key: (item.value, item.revision) for item in listing.items}
        assert content == self.model
        for key, (value, revision) in self.model.items():
            assert get(self.machine, key) == Item(key=key, value=value, revision=revision)
        assert self.machine.digest() == self.replica.digest()


TestMachineAgainstDict = MachineAgainstDict.TestCase
TestMachineAgainstDict.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
