"""Frames between nodes: what is packed comes back, and anything else is a ProtocolError."""

from dataclasses import fields

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftpi.core.configuration import Configuration, Member
from raftpi.core.entry import Entry, EntryKind
from raftpi.core.hello import Hello
from raftpi.core.messages import (
    AppendEntries,
    AppendEntriesResponse,
    Heartbeat,
    HeartbeatResponse,
    InstallSnapshot,
    InstallSnapshotResponse,
    Message,
    RequestPreVote,
    RequestPreVoteResponse,
    RequestReadIndex,
    RequestReadIndexResponse,
    RequestVote,
    RequestVoteResponse,
    TimeoutNow,
)
from raftpi.core.snapshot import SnapshotMeta
from raftpi.core.timing import PROFILES
from raftpi.errors import ProtocolError
from raftpi.transport.codec import Frame, pack_frame, unpack_frame

FLAT = (
    RequestPreVote,
    RequestPreVoteResponse,
    RequestVote,
    RequestVoteResponse,
    AppendEntriesResponse,
    Heartbeat,
    HeartbeatResponse,
    TimeoutNow,
    InstallSnapshotResponse,
    RequestReadIndex,
    RequestReadIndexResponse,
)

numbers = st.integers(min_value=0, max_value=2**64 - 1)
configurations = st.builds(
    Configuration,
    cluster_id=numbers,
    members=st.lists(
        st.builds(Member, replica_id=numbers, node_id=numbers, name=st.text(), voter=st.booleans()),
        max_size=5,
        unique_by=lambda member: member.replica_id,
    ).map(tuple),
    timing=st.sampled_from(list(PROFILES.values())),
    machine_settings=st.binary(),
)
hellos = st.builds(
    Hello,
    sender=numbers,
    receiver=numbers,
    node_id=numbers,
    name=st.text(),
    fresh=st.booleans(),
    view=numbers,
    settings_digest=numbers,
    configuration=st.none() | configurations,
    is_member=st.booleans(),
)


@st.composite
def appends(draw: st.DrawFn) -> AppendEntries:
    prev_log_index = draw(st.integers(min_value=0, max_value=2**64 - 10))
    entries = []
    for index in range(prev_log_index + 1, prev_log_index + 1 + draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(EntryKind))
        entries.append(
            Entry(
                index=index,
                term=draw(numbers),
                kind=kind,
                command=draw(st.binary()) if kind is EntryKind.COMMAND else b"",
                configuration=draw(configurations) if kind is EntryKind.CONFIGURATION else None,
            )
        )
    return AppendEntries(
        sender=draw(numbers),
        receiver=draw(numbers),
        term=draw(numbers),
        prev_log_index=prev_log_index,
        prev_log_term=draw(numbers),
        commit_index=draw(numbers),
        entries=tuple(entries),
    )


flat = st.sampled_from(FLAT).flatmap(
    lambda kind: st.builds(
        kind, **{f.name: st.booleans() if f.type is bool else numbers for f in fields(kind)}
    )
)


@st.composite
def chunks(draw: st.DrawFn) -> InstallSnapshot:
    configuration_index = draw(st.integers(1, 2**60))
    return InstallSnapshot(
        sender=draw(numbers),
        receiver=draw(numbers),
        term=draw(numbers),
        size_bytes=draw(numbers),
        offset_bytes=draw(numbers),
        snapshot=SnapshotMeta(
            index=configuration_index + draw(st.integers(0, 2**60)),
            term=draw(st.integers(1, 2**60)),
            configuration_index=configuration_index,
            configuration=draw(configurations),
        ),
        data=draw(st.binary()),
    )


messages = flat | appends() | hellos | chunks()
leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.binary()
garbage = st.recursive(leaves | st.text(), lambda inner: st.lists(inner, max_size=12))


@given(numbers, messages)
def test_what_is_packed_is_what_is_unpacked(cluster_id: int, message: Message | Hello) -> None:
    frame = unpack_frame(pack_frame(cluster_id, message))
    assert frame == Frame(cluster_id=cluster_id, message=message)


@given(st.binary())
def test_any_bytes_are_a_frame_or_a_protocol_error(data: bytes) -> None:
    expect_frame_or_protocol_error(data)


@given(st.integers(0, 15), st.lists(garbage, max_size=9))
def test_any_fields_are_a_frame_or_a_protocol_error(code: int, items: list[object]) -> None:
    expect_frame_or_protocol_error(msgpack.packb([1, 7, code, *items]))


@given(messages, st.data())
def test_one_field_exchanged_is_a_frame_or_a_protocol_error(
    message: Message | Hello, data: st.DataObject
) -> None:
    items = msgpack.unpackb(pack_frame(7, message))
    items[data.draw(st.integers(0, len(items) - 1))] = data.draw(garbage)
    expect_frame_or_protocol_error(msgpack.packb(items))


@given(messages, st.data())
def test_a_byte_flipped_is_a_frame_or_a_protocol_error(
    message: Message | Hello, data: st.DataObject
) -> None:
    frame = bytearray(pack_frame(7, message))
    frame[data.draw(st.integers(0, len(frame) - 1))] ^= data.draw(st.integers(1, 255))
    expect_frame_or_protocol_error(bytes(frame))


@given(messages, st.data())
def test_a_frame_cut_short_is_a_protocol_error(
    message: Message | Hello, data: st.DataObject
) -> None:
    frame = pack_frame(7, message)
    with pytest.raises(ProtocolError):
        unpack_frame(frame[: data.draw(st.integers(0, len(frame) - 1))])


@pytest.mark.parametrize(
    "items",
    [
        [2, 7, 9, 1, 2, 3],  # another version
        [True, 7, 9, 1, 2, 3],
        [1, -7, 9, 1, 2, 3],  # no cluster id
        [1, 7, 99, 1, 2, 3],  # no such message
        [1, 7, True, 1, 2, 3, 4, 5],
        [1, 7, 9, 1, 2],  # a field too few
        [1, 7, 9, 1, 2, 3, 4],  # a field too many
        [1, 7, 9, 1, 2, True],  # a flag for a number
        [1, 7, 4, 1, 2, 3, 1],  # a number for a flag
        [1, 7, 9, 1, 2, -3],
        [1, 7, 5, 1, 2, 3, 2**64 - 1, 3, 0, [[1, 1, b""]]],  # an index beyond 64 bits
        [1, 7, 5, 1, 2, 3, 4, 3, 0, [[1, 1, b"x"]]],  # a no-op that says something
        [1, 7, 5, 1, 2, 3, 4, 3, 0, [[1, 9, b""]]],  # no such kind
        [1, 7, 5, 1, 2, 3, 4, 3, 0, [[1, 2]]],
    ],
)
def test_a_fault_is_refused(items: list[object]) -> None:
    with pytest.raises(ProtocolError):
        unpack_frame(msgpack.packb(items))


@pytest.mark.parametrize(
    "broken",
    [
        {"cluster_id": "x"},
        {"members": [["x", 1, "pi1", True]]},
        {"members": [[1, 1, 5, True]]},
        {"members": [[1, 1, "pi1", 1]]},
        {"timing": [1.0, 2.0, 3.0]},
        {"machine": "x"},
    ],
)
def test_a_configuration_with_a_field_of_another_type_is_refused(broken: dict[str, object]) -> None:
    sound = {"cluster_id": 1, "members": [[1, 1, "pi1", True]], "timing": [1, 2, 3], "machine": b""}
    hello = [1, 0, 10, 1, 0, 1, "pi1", False, 5, 5]
    unpack_frame(msgpack.packb([*hello, msgpack.packb(sound), False]))
    with pytest.raises(ProtocolError):
        unpack_frame(msgpack.packb([*hello, msgpack.packb(sound | broken), False]))


def expect_frame_or_protocol_error(data: bytes) -> None:
    try:
        frame = unpack_frame(data)
    except ProtocolError:
        return
    # Whatever was let in is a sound frame: it can be packed, and comes back the same.
    assert unpack_frame(pack_frame(frame.cluster_id, frame.message)) == frame
