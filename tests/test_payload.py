"""The bytes of a log entry's payload."""

from contextlib import suppress

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftpi.core.configuration import Configuration, Member
from raftpi.core.entry import Entry, EntryKind
from raftpi.core.snapshot import SnapshotMeta
from raftpi.core.timing import PROFILES, Timing
from raftpi.errors import ProtocolError
from raftpi.payload import (
    pack_configuration,
    pack_payload,
    pack_snapshot_meta,
    unpack_configuration,
    unpack_entry,
    unpack_snapshot_meta,
)
from tests.test_command import STRUCTURES

NUMBERS = st.integers(1, 2**63)
TIMINGS = st.tuples(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**6)).map(
    lambda t: Timing(
        heartbeat_us=t[0], election_min_us=2 * t[0] + t[1], election_max_us=2 * t[0] + t[1] + t[2]
    )
)
MEMBERS = st.builds(
    Member,
    replica_id=NUMBERS,
    node_id=NUMBERS,
    name=st.text(max_size=8),
    voter=st.booleans(),
    outgoing=st.booleans(),
    joining=st.booleans(),
    replaces=st.integers(0, 2**63),
)
CONFIGURATIONS = st.builds(
    Configuration,
    cluster_id=NUMBERS,
    members=st.lists(MEMBERS, max_size=7, unique_by=lambda m: m.replica_id).map(tuple),
    timing=TIMINGS,
    lease_reads=st.booleans(),
    machine_settings=st.binary(max_size=30),
)
CONFIGURATION = Configuration(
    cluster_id=5,
    members=(Member(replica_id=11, node_id=1, name="pi1"),),
    timing=PROFILES["wired"],
    machine_settings=b"settings",
)
FIELDS: dict[str, object] = msgpack.unpackb(pack_configuration(CONFIGURATION))
NEEDED = [name for name in FIELDS if name != "lease_reads"]


@given(CONFIGURATIONS)
def test_a_configuration_comes_back_as_it_was_packed(configuration: Configuration) -> None:
    assert unpack_configuration(pack_configuration(configuration)) == configuration


def test_a_configuration_is_a_map_that_later_versions_may_add_to() -> None:
    assert FIELDS == {
        "cluster_id": 5,
        "members": [[11, 1, "pi1", True, False, False, 0]],
        "timing": [50_000, 150_000, 300_000],
        "lease_reads": False,
        "machine": b"settings",
    }
    assert unpack_configuration(msgpack.packb({**FIELDS, "more": [1]})) == CONFIGURATION


def test_a_configuration_without_the_newer_fields_has_their_defaults() -> None:
    older = {**FIELDS, "members": [[11, 1, "pi1", True]]}
    del older["lease_reads"]
    assert unpack_configuration(msgpack.packb(older)) == CONFIGURATION


@given(CONFIGURATIONS, st.integers(1, 2**40), st.integers(1, 2**40), st.integers(0, 2**40))
def test_a_snapshots_head_comes_back_as_it_was_packed(
    configuration: Configuration, configuration_index: int, term: int, distance: int
) -> None:
    snapshot = SnapshotMeta(
        index=configuration_index + distance,
        term=term,
        configuration_index=configuration_index,
        configuration=configuration,
    )
    assert unpack_snapshot_meta(pack_snapshot_meta(snapshot)) == snapshot


@pytest.mark.parametrize(
    "broken",
    [{"index": 0}, {"configuration_index": 9}, {"term": 0}, {"index": True}, {"configuration": 1}],
)
def test_a_snapshots_head_that_contradicts_itself_is_refused(broken: dict[str, object]) -> None:
    sound = {"index": 8, "term": 1, "configuration_index": 1}
    packed = {**sound, "configuration": pack_configuration(CONFIGURATION)}
    unpack_snapshot_meta(msgpack.packb(packed))
    with pytest.raises(ProtocolError, match="not a snapshot's head"):
        unpack_snapshot_meta(msgpack.packb({**packed, **broken}))


ENTRIES = st.one_of(
    st.builds(Entry, index=NUMBERS, term=NUMBERS, command=st.binary(max_size=50)),
    st.builds(Entry, index=NUMBERS, term=NUMBERS, kind=st.just(EntryKind.NOOP)),
    st.builds(
        Entry,
        index=NUMBERS,
        term=NUMBERS,
        kind=st.just(EntryKind.CONFIGURATION),
        configuration=CONFIGURATIONS,
    ),
)


@given(ENTRIES)
def test_an_entry_comes_back_from_its_kind_and_payload(entry: Entry) -> None:
    assert unpack_entry(entry.index, entry.term, entry.kind.value, pack_payload(entry)) == entry


@given(st.binary(max_size=80))
def test_a_command_is_not_looked_into(command: bytes) -> None:
    entry = unpack_entry(3, 2, EntryKind.COMMAND.value, command)
    assert entry.command == command
    assert pack_payload(entry) == command


@pytest.mark.parametrize("kind", [0, 4, -1, 255])
def test_an_entry_of_an_unknown_kind_is_named_by_its_index(kind: int) -> None:
    with pytest.raises(ProtocolError, match=f"entry 9 is of an unknown kind {kind}"):
        unpack_entry(9, 1, kind, b"")


@given(st.integers(0, 4), st.binary(max_size=80))
def test_any_bytes_raise_nothing_but_a_protocol_error(kind: int, data: bytes) -> None:
    with suppress(ProtocolError):
        unpack_entry(1, 1, kind, data)


@given(STRUCTURES)
def test_any_structure_raises_nothing_but_a_protocol_error(structure: object) -> None:
    with suppress(ProtocolError):
        unpack_configuration(msgpack.packb(structure))


@given(name=st.sampled_from(sorted(FIELDS)), structure=STRUCTURES)
def test_any_field_that_is_another_raises_nothing_but_a_protocol_error(
    name: str, structure: object
) -> None:
    with suppress(ProtocolError):
        unpack_configuration(msgpack.packb({**FIELDS, name: structure}))


@given(timing=st.lists(STRUCTURES, max_size=4), member=st.lists(STRUCTURES, max_size=5))
def test_any_timing_or_member_raises_nothing_but_a_protocol_error(
    timing: list[object], member: list[object]
) -> None:
    for changed in ({**FIELDS, "timing": timing}, {**FIELDS, "members": [member]}):
        with suppress(ProtocolError):
            unpack_configuration(msgpack.packb(changed))


@pytest.mark.parametrize(
    "fields",
    [
        [],
        None,
        7,
        "members",
        {},
        {**FIELDS, "timing": [50_000, 150_000]},
        {**FIELDS, "timing": [50_000, 60_000, 70_000]},
        {**FIELDS, "timing": ["a", "b", "c"]},
        {**FIELDS, "members": 7},
        {**FIELDS, "members": [7]},
        {**FIELDS, "members": [[11, 1, "pi1"]]},
        *({k: v for k, v in FIELDS.items() if k != name} for name in NEEDED),
    ],
)
def test_what_is_no_configuration_is_a_protocol_error(fields: object) -> None:
    with pytest.raises(ProtocolError, match="not a configuration"):
        unpack_configuration(msgpack.packb(fields))


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x80\x80", b"\x81\x90\x01", b"\x91" * 100_000])
def test_bytes_that_are_no_msgpack_are_a_protocol_error(data: bytes) -> None:
    with pytest.raises(ProtocolError, match="not a configuration"):
        unpack_configuration(data)
