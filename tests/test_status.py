"""A node's status and its bytes."""

from contextlib import suppress
from dataclasses import fields, replace

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftpi.errors import ProtocolError
from raftpi.status import (
    WRITE_BOUNDS_US,
    Condition,
    NodeStatus,
    PeerStatus,
    SyncStatus,
    WearSpan,
    WearStatus,
    pack_status,
    unpack_status,
)
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
SYNCS = st.builds(
    SyncStatus,
    **{f.name: NUMBERS for f in fields(SyncStatus) if f.type is int},
    histogram=st.lists(NUMBERS, max_size=len(WRITE_BOUNDS_US) + 1).map(tuple),
)
SPANS = st.builds(WearSpan, **dict.fromkeys(WearSpan._fields, NUMBERS))
WEARS = st.builds(
    WearStatus, since_start=SPANS, last_hour=SPANS, last_day=SPANS, endurance_bytes=NUMBERS
)
STATUSES = st.builds(
    NodeStatus,
    peers=st.lists(PEERS, max_size=6).map(tuple),
    sync=SYNCS,
    wear=WEARS,
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
    sync=SyncStatus(count=4, p50_us=7, histogram=(4, 0)),
    wear=WearStatus(last_hour=WearSpan(over_us=9, page_bytes=4096)),
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
    sync = {"count": 4, "p50_us": 7, "p999_us": 1, "histogram": [4, 0]}
    wear = {"last_hour": [9, 0, 4096, 0, 0, 0, 0, 77], "last_year": [1]}
    newer = {**FIELDS, "peers": peers, "sync": sync, "wear": wear, "weather": "fair"}
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


def test_a_node_from_before_wear_was_told_is_read() -> None:
    sync = {"count": 4, "p50_us": 7}
    older = {key: value for key, value in FIELDS.items() if key != "wear"} | {"sync": sync}
    status = unpack_status(msgpack.packb(older))
    assert status.wear == WearStatus()
    assert status.sync == SyncStatus(count=4, p50_us=7)
    assert status.sync.quantile_us(0.5) is None


@pytest.mark.parametrize("histogram", [None, 7, "7", ["7"], [None], [[1]], {"a": 1}])
def test_a_histogram_that_is_none_is_a_protocol_error(histogram: object) -> None:
    sync = {"count": 4, "histogram": histogram}
    with pytest.raises(ProtocolError, match="not a status"):
        unpack_status(msgpack.packb({**FIELDS, "sync": sync}))


def test_the_histogram_and_the_wear_keep_the_status_small() -> None:
    histogram = (1_000_000,) * (len(WRITE_BOUNDS_US) + 1)
    span = WearSpan(*[10**12] * len(WearSpan._fields))
    full = replace(
        STATUS,
        sync=replace(STATUS.sync, histogram=histogram),
        wear=WearStatus(since_start=span, last_hour=span, last_day=span, endurance_bytes=10**14),
    )
    bare = replace(STATUS, sync=replace(STATUS.sync, histogram=()), wear=WearStatus())
    assert len(pack_status(full)) - len(pack_status(bare)) < 300
    assert len(pack_status(full)) < 1400


def test_a_quantile_is_the_bound_of_its_bucket_but_never_above_the_longest() -> None:
    counts = [0] * (len(WRITE_BOUNDS_US) + 1)
    counts[2], counts[5] = 98, 2
    sync = SyncStatus(max_us=45_000, histogram=tuple(counts))
    assert sync.quantile_us(0.5) == sync.quantile_us(0.98) == WRITE_BOUNDS_US[2]
    assert sync.quantile_us(0.99) == 45_000
    counts[-1] = 100
    assert SyncStatus(max_us=90_000_000, histogram=tuple(counts)).quantile_us(0.9) == 90_000_000
    assert SyncStatus(histogram=(0,) * len(counts)).quantile_us(0.5) is None


def test_the_life_of_a_card_is_its_endurance_at_the_last_days_rate() -> None:
    day = WearSpan(over_us=24 * 3_600_000_000, page_bytes=10**10)
    wear = WearStatus(last_day=day, endurance_bytes=73 * 10**12)
    assert wear.life_years() == pytest.approx(20)
    assert day.page_bytes_in(3_600_000_000) == 10**10 // 24


@pytest.mark.parametrize(
    "wear",
    [
        WearStatus(last_day=WearSpan(over_us=10, page_bytes=10)),
        WearStatus(last_day=WearSpan(over_us=10), endurance_bytes=10),
        WearStatus(endurance_bytes=10),
    ],
)
def test_without_endurance_wear_or_time_there_is_no_estimate(wear: WearStatus) -> None:
    assert wear.life_years() is None
