"""What the lamp means, and when silence alone will change that."""

import pytest

from raftpi.lamp import (
    CUT_OFF,
    ELECTION,
    FOLLOWER,
    HUNG_AFTER_US,
    IDENTIFY,
    LEADER,
    OFFLINE,
    Lamp,
)
from raftpi.led.watch import LampWatch
from raftpi.status import NodeStatus

HEARD_US = 5_000_000
ELECTION_MAX_US = 300_000


def status(**changes: object) -> NodeStatus:
    values: dict[str, object] = {
        "id": 1,
        "name": "pi1",
        "cluster_id": 7,
        "replica_id": 11,
        "condition": "running",
        "role": "follower",
        "term": 3,
        "leader": 2,
        "voted_for": 2,
        "last_index": 9,
        "commit_index": 9,
        "applied_index": 9,
        "durable_index": 9,
        "election_max_us": ELECTION_MAX_US,
    }
    return NodeStatus(**{**values, **changes})  # type: ignore[arg-type]


def watching(**changes: object) -> LampWatch:
    watch = LampWatch()
    watch.connected()
    watch.heard(status(**changes), HEARD_US)
    return watch


def test_nothing_heard_is_offline() -> None:
    watch = LampWatch()
    assert watch.lamp(0) == OFFLINE
    assert watch.next_change_us(0) is None
    watch.connected()
    assert watch.lamp(0) == OFFLINE


def test_a_dropped_connection_is_red_at_once_and_what_was_said_is_void() -> None:
    watch = watching()
    assert watch.lamp(HEARD_US) == FOLLOWER
    watch.lost()
    assert watch.lamp(HEARD_US) == OFFLINE
    assert watch.next_change_us(HEARD_US) is None
    watch.connected()
    assert watch.lamp(HEARD_US + 1) == OFFLINE
    watch.heard(status(), HEARD_US + 2)
    assert watch.lamp(HEARD_US + 2) == FOLLOWER


@pytest.mark.parametrize(
    ("changes", "before", "limit_us", "after"),
    [
        ({}, FOLLOWER, HUNG_AFTER_US + 1, OFFLINE),
        ({"role": "leader", "leader": 1, "lease_us": 130_000}, LEADER, 130_000, ELECTION),
        ({"identify_us": 250_000}, IDENTIFY, 250_000, FOLLOWER),
        (
            {"role": "candidate", "leader": 0, "quorum_silence_us": 700_000},
            ELECTION,
            3 * ELECTION_MAX_US - 700_000 + 1,
            CUT_OFF,
        ),
    ],
)
def test_it_changes_exactly_when_it_said(
    changes: dict[str, object], before: Lamp, limit_us: int, after: Lamp
) -> None:
    watch = watching(**changes)
    assert watch.next_change_us(HEARD_US) == HEARD_US + limit_us
    assert watch.lamp(HEARD_US + limit_us - 1) == before
    assert watch.lamp(HEARD_US + limit_us) == after


def test_a_hung_leader_goes_from_blue_over_yellow_to_red() -> None:
    watch = watching(role="leader", leader=1, lease_us=130_000)
    now_us = HEARD_US
    seen = [watch.lamp(now_us)]
    while (next_us := watch.next_change_us(now_us)) is not None:
        now_us = next_us
        if watch.lamp(now_us) != seen[-1]:
            seen.append(watch.lamp(now_us))
    assert seen == [LEADER, ELECTION, OFFLINE]
    assert now_us - HEARD_US <= 500_000 or watch.lamp(HEARD_US + 500_000) == OFFLINE
