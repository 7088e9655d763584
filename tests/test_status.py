"""A node's status and its bytes."""

from contextlib import suppress
from dataclasses import fields

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftpi.errors import ProtocolError
from raftpi.status import Condition, NodeStatus, PeerStatus, SyncStatus, pack_status, unpack_status
from tests.test_command import STRUCTURES

NUMBERS = st.integers(-1, 2**63)
NAMES = st.text(max_size=8)
PEERS = st.builds(
    PeerStatus,
    id=NUMBERS,
    name=NAMES,
    replica_id=NUMBERS,
    voter=st.booleans(),
    heard_us_ago=NUMBERS,
    match_index=NUMBERS,
    delay_us=NUMBERS,
)
SYNCS = st.builds(SyncStatus, **{field.name: NUMBERS for field in fields(SyncStatus)})
STATUSES = st.builds(
    NodeStatus,
    peers=st.lists(PEERS, max_size=6).map(tuple),
    sync=SYNCS,
    counters=st.dictionaries(NAMES, NUMBERS, max_size=4),
    **{f.name: NUMBERS for f in fields(NodeStatus) if f.type is int},
    **{f.name: NAMES for f in fields(NodeStatus) if f.type is str},
)
STATUS = NodeStatus(
    id=1,
    name="pi1",
    cluster_id=5,
    replica_id=11,
    condition=Condition.RUNNING.value,
    role="leader",
    term=3,
    leader=1,
    voted_for=1,
    last_index=9,
    commit_index=8,
    applied_index=8,
    durable_index=9,
    peers=(
        PeerStatus(
            id=2,
            name="pi2",
            replica_id=12,
            voter=True,
            heard_us_ago=100,
            match_index=8,
            delay_us=50,
        ),
    ),
    sync=SyncStatus(count=4, p50_us=7),
    counters={"dropped": 2},
)
FIELDS: dict[str, object] = msgpack.unpackb(pack_status(STATUS))


@given(STATUSES)
def test_a_status_comes_back_as_it_was_packed(status: NodeStatus) -> None:
    assert unpack_status(pack_status(status)) == status


def test_the_bytes_are_a_map_by_field_name() -> None:
    assert set(FIELDS) == {field.name for field in fields(NodeStatus)}
    assert FIELDS["name"] == "pi1"
    assert FIELDS["condition"] == "running"
    assert FIELDS["counters"] == {"dropped": 2}


def test_fields_of_a_newer_node_are_left_out() -> None:
    peers = [{"id": 2, "name": "pi2", "replica_id": 12, "voter": True, "heard_us_ago": 100}]
    peers[0].update({"match_index": 8, "delay_us": 50, "mood": "good"})
    sync = {"count": 4, "p50_us": 7, "p999_us": 1}
    newer = {**FIELDS, "peers": peers, "sync": sync, "weather": "fair"}
    assert unpack_status(msgpack.packb(newer)) == STATUS


def test_a_field_that_an_older_node_does_not_send_has_its_default() -> None:
    for name in ("lease_us", "needs_person", "timing", "counters"):
        older = {key: value for key, value in FIELDS.items() if key != name}
        assert getattr(unpack_status(msgpack.packb(older)), name) in (0, "", {})


@pytest.mark.parametrize("name", ["id", "name", "role", "term", "condition", "commit_index"])
def test_a_status_without_what_every_version_sends_is_none(name: str) -> None:
    lacking = {key: value for key, value in FIELDS.items() if key != name}
    with pytest.raises(ProtocolError, match="not a status"):
        unpack_status(msgpack.packb(lacking))


@pytest.mark.parametrize("peers", [None, 7, [7], [None], [{}], [{"id": 1}], {"id": 1}])
def test_peers_that_are_none_are_a_protocol_error(peers: object) -> None:
    with pytest.raises(ProtocolError, match="not a status"):
        unpack_status(msgpack.packb({**FIELDS, "peers": peers}))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\x80",
        b"\x80\x80",
        b"\x81\x90\x01",
        b"\x91" * 100_000,
        msgpack.packb(["peers", "id"]),
        msgpack.packb("peers sync id"),
    ],
)
def test_what_is_no_status_is_a_protocol_error(data: bytes) -> None:
    with pytest.raises(ProtocolError, match="not a status"):
        unpack_status(data)


@given(st.binary(max_size=80))
def test_any_bytes_raise_nothing_but_a_protocol_error(data: bytes) -> None:
    with suppress(ProtocolError):
        unpack_status(data)


@given(STRUCTURES)
def test_any_structure_raises_nothing_but_a_protocol_error(structure: object) -> None:
    with suppress(ProtocolError):
        unpack_status(msgpack.packb(structure))


@given(name=st.sampled_from(sorted(FIELDS)), structure=STRUCTURES | st.lists(STRUCTURES))
def test_any_field_that_is_another_raises_nothing_but_a_protocol_error(
    name: str, structure: object
) -> None:
    with suppress(ProtocolError):
        unpack_status(msgpack.packb({**FIELDS, name: structure}))
