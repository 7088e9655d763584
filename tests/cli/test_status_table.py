"""What `raftpi status` shows of nodes in each condition."""

import json
from dataclasses import replace

from raftpi.cli.seats import Seat, Whereabouts
from raftpi.cli.status_table import StatusView
from raftpi.status import NodeStatus, PeerStatus, SyncStatus
from tests.local.stand_in import status_of

SEATS = tuple(Seat(id=i, name=f"pi{i}", client=f"tcp://127.0.0.1:720{i}") for i in (1, 2, 3))
ALL = Whereabouts(seats=SEATS, complete=True)
ONE_ENDPOINT = Whereabouts(
    seats=(Seat(id=0, name="", client="tcp://127.0.0.1:7202"),), complete=False
)


def peer(node_id: int, delay_us: int = -1) -> PeerStatus:
    return PeerStatus(
        id=node_id,
        name=f"pi{node_id}",
        replica_id=100 + node_id,
        voter=True,
        heard_us_ago=10,
        match_index=5,
        delay_us=delay_us,
    )


def leader() -> NodeStatus:
    return replace(
        status_of(1, "leader", 1, term=3, last_index=50, commit_index=49, applied_index=49),
        lease_us=100_000,
        peers=(peer(2, 1_250), peer(3)),
        sync=SyncStatus(count=7, p50_us=6_400, p99_us=35_000),
    )


FOLLOWER = status_of(2, leader=1, term=3, last_index=48, commit_index=47, applied_index=47)


def test_every_member_has_a_line_and_the_silent_one_is_offline() -> None:
    lines = StatusView([leader(), FOLLOWER], ALL).lines()
    assert [line.split() for line in lines[1:]] == [
        ["blue", "pi1", "leader", "3", "pi1", "50/50", "49", "49", "0", "6.4ms/35.0ms", "-"],
        ["green", "pi2", "follower", "3", "pi1", "48/50", "47", "47", "2", "-", "1.2ms"],
        ["red", "pi3", "offline", *["-"] * 8],
    ]


def test_a_card_that_stalls_shows_as_such_while_it_does() -> None:
    stalled = replace(leader(), sync=replace(leader().sync, pending_us=12_300_000))
    line = StatusView([stalled], ALL).lines()[1]
    assert "6.4ms/35.0ms stalls for 12.3s" in line
    usual = replace(leader(), sync=replace(leader().sync, pending_us=40_000))
    assert "stalls" not in StatusView([usual], ALL).lines()[1]


def test_the_columns_stand_below_their_heads() -> None:
    head, first, second, _ = StatusView([leader(), FOLLOWER], ALL).lines()
    assert head.index("NODE") == first.index("pi1") == second.index("pi2")
    assert head.index("COMMIT") + len("COMMIT") == second.index("47  ") + 2


def test_members_are_learned_from_any_that_answers() -> None:
    told = replace(FOLLOWER, peers=(peer(1), peer(3)))
    nodes = StatusView([told], ONE_ENDPOINT).nodes()
    assert [(n["id"], n["name"], n["role"]) for n in nodes] == [
        (1, "pi1", "offline"),
        (2, "pi2", "follower"),
        (3, "pi3", "offline"),
    ]


def test_the_json_has_the_fixed_keys_and_null_for_no_leader() -> None:
    view = StatusView([leader(), replace(FOLLOWER, leader=0)], ALL)
    first, second, third = json.loads(json.dumps(view.nodes()))
    fixed = ("id", "name", "role", "term", "leader", "last_index", "commit_index", "applied_index")
    assert [first[key] for key in fixed] == [1, "pi1", "leader", 3, 1, 50, 49, 49]
    assert [second[key] for key in fixed] == [2, "pi2", "follower", 3, None, 48, 47, 47]
    assert [third[key] for key in fixed] == [3, "pi3", "offline", *[None] * 5]
    assert second["lag"] == 2
    assert second["peer_delay_us"] == 1_250
    assert first["sync"]["p99_us"] == 35_000
    assert first["wear"]["since_start"]["handed_bytes"] == 0


def test_nobody_answering_leaves_the_endpoints_as_offline() -> None:
    view = StatusView([], ONE_ENDPOINT)
    assert not view.answered
    assert view.nodes()[0]["name"] == "tcp://127.0.0.1:7202"
    assert view.nodes()[0]["id"] is None
    assert view.lines()[1].split()[:3] == ["red", "tcp://127.0.0.1:7202", "offline"]


def test_the_notes_name_who_needs_a_person_and_that_nobody_leads() -> None:
    lost = replace(FOLLOWER, condition="lost_memory", needs_person="its memory is gone")
    view = StatusView([lost], ALL)
    assert view.notes() == [
        "pi2 needs a person: its memory is gone",
        "no leader (1 of 3 nodes answer)",
    ]
    assert "red and yellow in turn" in view.lines()[2]
    assert "follower (lost_memory)" in view.lines()[2]


def test_of_two_that_think_they_lead_the_newer_term_counts() -> None:
    newer = replace(status_of(3, "leader", 3, term=9), peers=(peer(2, 700),))
    view = StatusView([leader(), FOLLOWER, newer], ALL)
    assert view.leader is newer
    assert "700µs" in view.lines()[2]
