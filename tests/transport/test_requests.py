"""Requests and replies: what is packed comes back, and anything else is a ProtocolError."""

from contextlib import suppress

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftpi.errors import ProtocolError
from raftpi.transport import requests
from raftpi.transport.requests import (
    Reply,
    Request,
    pack_reply,
    pack_request,
    unpack_reply,
    unpack_request,
    unpack_usual,
)

numbers = st.integers(0, 2**64 - 1)
ids = st.lists(numbers, max_size=4).map(tuple)
leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.binary()
garbage = st.recursive(leaves | st.text(), lambda inner: st.lists(inner, max_size=6))
asked: st.SearchStrategy[Request] = st.one_of(
    st.builds(requests.Discover, request_id=numbers),
    st.builds(requests.Submit, request_id=numbers, command=st.binary()),
    st.builds(requests.Ask, request_id=numbers, query=st.binary()),
    st.builds(requests.AskStatus, request_id=numbers),
    st.builds(requests.Transfer, request_id=numbers, target=numbers),
    st.builds(requests.AskEntries, request_id=numbers, first=numbers, last=numbers),
    st.builds(
        requests.Chaos,
        request_id=numbers,
        blocked_in=ids,
        blocked_out=ids,
        delay_ms=numbers,
        duration_ms=numbers,
    ),
)
told: st.SearchStrategy[Reply] = st.one_of(
    st.builds(
        requests.Discovery,
        request_id=numbers,
        node_id=numbers,
        leader=numbers,
        commit_index=numbers,
        members=st.lists(st.tuples(numbers, st.text(), st.text(), st.text())).map(tuple),
        alive_count=numbers,
        voter_count=numbers,
        condition=st.text(),
    ),
    st.builds(
        requests.Answer,
        request_id=numbers,
        body=st.binary(),
        index=numbers,
        acks=numbers,
        voter_count=numbers,
    ),
    st.builds(requests.Refused, request_id=numbers, reason=st.text()),
    st.builds(
        requests.Redirect,
        request_id=numbers,
        leader=numbers,
        reason=st.text(),
        alive_count=numbers,
        voter_count=numbers,
    ),
    st.builds(requests.Uncertain, request_id=numbers, leader=numbers),
)


@given(asked)
def test_a_request_comes_back(request: Request) -> None:
    assert unpack_request(pack_request(request)) == request


def usual_in(data: bytes) -> tuple[int, int, bytes] | None:
    """What `unpack_request` finds, if it is one of the two."""
    try:
        request = unpack_request(data)
    except ProtocolError:
        return None
    if isinstance(request, requests.Submit):
        return requests.SUBMIT, request.request_id, request.command
    if isinstance(request, requests.Ask):
        return requests.ASK, request.request_id, request.query
    return None


@given(
    asked.map(pack_request)
    | st.tuples(
        st.sampled_from([1, 2, True]),
        st.sampled_from([1, 2, 3, 2.0, True]),
        st.integers(-1, 3) | garbage,
        st.binary() | garbage,
    ).map(msgpack.packb)
    | st.binary()
)
def test_the_quick_way_takes_the_requests_that_the_other_way_takes(data: bytes) -> None:
    assert unpack_usual(data) == usual_in(data)


@given(told)
def test_a_reply_comes_back(reply: Reply) -> None:
    assert unpack_reply(pack_reply(reply)) == reply


@given(
    st.binary()
    | st.builds(
        lambda code, items: msgpack.packb([1, code, *items]),
        st.integers(0, 7),
        st.lists(garbage, max_size=8),
    )
)
def test_anything_else_is_a_protocol_error(data: bytes) -> None:
    with suppress(ProtocolError):
        pack_request(unpack_request(data))
    with suppress(ProtocolError):
        pack_reply(unpack_reply(data))


@pytest.mark.parametrize(
    "items",
    [
        [1, 1, -1],
        [1, 1, True],
        [1, True, 1],
        [1, 2, 1, "text"],
        [1, 6, 1, ["x"], [], 0, 0],  # a board that is no number
        [1, 6, 1, [], [[1]], 0, 0],
        [1, 6, 1, [], 5, 0, 0],
    ],
)
def test_a_request_with_a_field_of_another_type_is_refused(items: list[object]) -> None:
    with pytest.raises(ProtocolError):
        unpack_request(msgpack.packb(items))


@pytest.mark.parametrize("members", [[[1, "a", "b"]], [[1, "a", "b", 7]], [5], 5])
def test_a_discovery_with_malformed_members_is_refused(members: object) -> None:
    with pytest.raises(ProtocolError):
        unpack_reply(msgpack.packb([1, 1, 9, 1, 0, 0, members, 1, 3, "running"]))
