"""Done, certainly not done, unknown: never a guess, and in the words of the prompt."""

import pytest

from raftpi.cli.demo.answers import (
    Done,
    Found,
    done_text,
    failure_text,
    found_text,
    no_answer_reason,
    pending_text,
)
from raftpi.cli.demo.commands import ListKeys
from raftpi.command import CompareAndSwap, Delete, Get, Item, Put
from raftpi.errors import ProtocolError, RaftpiError, Refused, Timeout, Unavailable
from raftpi.status import NodeStatus
from tests.cli_demo.fakes import make_status

SET = Put(key=b"a", value=b"1")
DONE = Done(changed=True, index=48, acks=2, voter_count=3)
UNCHANGED = Done(changed=False, index=48, acks=2, voter_count=3)
ALL = tuple(make_status(node_id) for node_id in (1, 2, 3))


def test_a_committed_command_says_index_and_acks() -> None:
    assert done_text(SET, DONE) == "✓ Committed (2/3 acks) @ index 48"


def test_a_committed_command_that_changed_nothing_says_why() -> None:
    committed = "✓ Committed (2/3 acks) @ index 48: "
    swap = CompareAndSwap(key=b"a", expected=b"1", value=b"2")
    create = CompareAndSwap(key=b"a", expected=None, value=b"2")
    assert done_text(Delete(key=b"a"), UNCHANGED) == committed + "there was no a to delete"
    assert done_text(swap, UNCHANGED) == committed + "not swapped, a is not 1"
    assert done_text(create, UNCHANGED) == committed + "not swapped, a exists already"


def test_a_read_shows_value_and_revision() -> None:
    found = Found(items=(Item(key=b"a", value=b"72.5", revision=48),))
    assert found_text(Get(key=b"a"), found) == "a = 72.5  (revision 48)"
    assert found_text(Get(key=b"b"), Found(items=())) == "b does not exist"


def test_a_listing_is_cut_where_it_gets_long() -> None:
    items = tuple(Item(key=b"k%d" % i, value=b"v", revision=i) for i in range(25))
    lines = found_text(ListKeys(prefix=b"k"), Found(items=items)).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "… and 5 more"
    assert found_text(ListKeys(prefix=b"x"), Found(items=())) == "no keys begin with 'x'"
    assert found_text(ListKeys(prefix=b""), Found(items=())) == "no keys"


def test_control_characters_never_reach_the_terminal() -> None:
    found = Found(items=(Item(key=b"a", value=b"\x1b[2Jx\xff", revision=1),))
    assert found_text(Get(key=b"a"), found) == "a = �[2Jx�  (revision 1)"


@pytest.mark.parametrize(
    ("error", "why", "text"),
    [
        (
            Unavailable("nobody"),
            "no quorum (only 1/3 alive)",
            "✗ Failed: no quorum (only 1/3 alive)",
        ),
        (Unavailable("no leader"), "", "✗ Failed: no leader"),
        (
            Unavailable("no quorum (only 1/3 alive)"),
            "election in progress",
            "✗ Failed: no quorum (only 1/3 alive)",
        ),
        (Refused("the key is too long"), "election in progress", "✗ Failed: the key is too long"),
        (Timeout("outcome unknown: no answer in 5 s"), "", "? Unknown: no answer in 5 s"),
        (Timeout("no answer"), "election", "? Unknown: no answer (election)"),
        (ProtocolError("garbage"), "", "? Unknown: garbage"),
        (RaftpiError("something"), "", "? Unknown: something"),
    ],
)
def test_only_what_is_certain_is_said_to_have_failed(
    error: RaftpiError, why: str, text: str
) -> None:
    assert failure_text(error, why) == text


def test_a_cluster_with_a_leader_has_no_excuse() -> None:
    assert no_answer_reason(ALL, 3) == ""
    assert pending_text(ALL, 3) == "⏳ Pending… (waiting for the leader)"


def test_too_few_boards_alive_is_no_quorum() -> None:
    assert no_answer_reason(ALL[:1], 3) == "no quorum (only 1/3 alive)"
    assert no_answer_reason((), 3) == "no quorum (only 0/3 alive)"


def alone(silence_us: int) -> tuple[NodeStatus, ...]:
    return tuple(
        make_status(
            i,
            role="pre_candidate",
            leader=0,
            lease_us=0,
            alive_count=1,
            quorum_silence_us=silence_us,
        )
        for i in (1, 2, 3)
    )


def test_boards_that_are_cut_off_from_each_other_are_no_quorum() -> None:
    assert no_answer_reason(alone(900_001), 3) == "no quorum (only 1/3 hear each other)"


def test_boards_that_have_not_met_yet_in_an_election_are_no_lost_quorum() -> None:
    assert no_answer_reason(alone(100_000), 3) == "election in progress"


def test_no_leader_or_one_without_a_lease_is_an_election() -> None:
    followers = tuple(make_status(i, role="follower", leader=0) for i in (1, 2, 3))
    assert pending_text(followers, 3) == "⏳ Pending… (election in progress)"
    young = (make_status(1, lease_us=0), *ALL[1:])
    assert no_answer_reason(young, 3) == "election in progress"
