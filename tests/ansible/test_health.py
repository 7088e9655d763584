"""May a board be restarted, is it back, is it well: judged from `raftpi status --json`."""

import json
from typing import Any

import pytest

from tests.ansible.places import load

health = load("filter_plugins/raftpi_health.py")


def node(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"pi{number}",
        "online": True,
        "condition": "running",
        "role": "leader" if number == 1 else "follower",
        "leader": 1,
        "commit_index": 10,
        "voter_count": 3,
        "needs_person": "",
    } | changes


def offline(number: int) -> dict[str, Any]:
    return {"id": number, "name": f"pi{number}", "online": False, "role": "offline"}


def status(*nodes: dict[str, Any]) -> str:
    return json.dumps({"nodes": list(nodes)})


LOST = {"condition": "lost_memory", "role": "none", "leader": None}


def test_a_board_of_a_healthy_cluster_may_be_restarted() -> None:
    assert health.obstacle(status(node(1), node(2), node(3)), 1) == ""


@pytest.mark.parametrize(
    ("ill", "reason"),
    [
        (offline(3), "pi3 is offline"),
        (node(3, **LOST), "pi3 is without its memory"),
        (node(3, leader=None, role="pre_candidate"), "pi3 is not following a leader"),
        (node(3, needs_person="disk full"), "pi3 is disk full"),
    ],
)
def test_a_board_that_the_others_cannot_spare_may_not(ill: dict[str, Any], reason: str) -> None:
    text = health.obstacle(status(node(1), node(2), ill), 2)
    assert text.startswith(reason)
    assert "1 would be left, and 2 are needed" in text


def test_a_board_that_is_no_use_may_be_restarted_although_it_is_ill() -> None:
    assert health.obstacle(status(node(1), node(2), node(3, **LOST)), 3) == ""


def test_five_boards_can_spare_one_with_another_lost() -> None:
    boards = [node(n, voter_count=5) for n in (1, 2, 3, 4)]
    assert health.obstacle(status(*boards, offline(5)), 2) == ""
    assert health.obstacle(status(*boards[:3], offline(4), offline(5)), 2) != ""


def test_two_boards_are_restarted_when_both_are_well() -> None:
    boards = [node(n, voter_count=2) for n in (1, 2)]
    assert health.obstacle(status(*boards), 2) == ""


@pytest.mark.parametrize("output", ["", "no JSON", "[]", '{"error": "unavailable", "nodes": []}'])
def test_silence_is_an_obstacle(output: str) -> None:
    assert health.obstacle(output, 1) == "no node answers"
    assert health.highest_commit(output) == 0
    assert not health.caught_up(output, 1, 0)
    assert not health.settled(output, 1, True)
    assert health.verdict(output, 1)["state"] == "does not answer"


def test_a_board_is_back_when_it_has_what_was_committed() -> None:
    before = health.highest_commit(status(node(1, commit_index=12), node(2), offline(3)))
    assert before == 12
    assert not health.caught_up(status(node(1), node(2, commit_index=11)), 2, before)
    assert health.caught_up(status(node(1), node(2, commit_index=12)), 2, before)
    assert not health.caught_up(status(node(1), node(2, commit_index=12, leader=None)), 2, before)


def test_a_founding_is_waited_for_only_when_all_founders_are_there() -> None:
    founding = status(node(1, condition="founding", role="none", leader=None))
    assert not health.settled(founding, 1, True)
    assert health.settled(founding, 1, False)
    assert "founders" in health.verdict(founding, 1)["state"]
    assert not health.verdict(founding, 1)["is_in_order"]


def test_a_board_without_its_memory_is_not_waited_for_and_names_the_remedy() -> None:
    output = status(node(1), node(2), node(3, **LOST))
    assert health.settled(output, 3, True)
    found = health.verdict(output, 3)
    assert found["is_in_order"]
    assert "raftpi member replace pi3" in found["remedy"]


def test_a_board_that_was_not_restarted_is_not_in_order() -> None:
    found = health.verdict(status(node(1), node(2), offline(3)), 2, "", "pi3 is offline")
    assert not found["is_in_order"]
    assert "not restarted" in found["remedy"]
    assert "raftpi_restart_anyway" in found["remedy"]


@pytest.mark.parametrize(
    ("output", "count", "is_ill"),
    [
        ("ActiveState=active\nNRestarts=0", "0", False),
        ("NRestarts=4\nActiveState=active", "4", False),
        ("NRestarts=5\nActiveState=active", "4", True),
        ("NRestarts=0\nActiveState=activating", "0", True),
        ("", "0", False),
    ],
)
def test_a_lamp_that_systemd_starts_again_and_again_is_told(
    output: str, count: str, is_ill: bool
) -> None:
    trouble = health.lamp_trouble(output, count)
    assert bool(trouble) is is_ill
    assert health.verdict(status(node(1)), 1, trouble)["is_in_order"] is not is_ill


def test_the_summary_has_a_line_for_every_board_of_the_inventory() -> None:
    members = [{"host": f"h{n}", "name": f"pi{n}"} for n in (1, 2, 3)]
    hostvars = {
        "h1": {"raftpi_verdict": health.verdict(status(node(1)), 1)},
        "h2": {"raftpi_verdict": health.verdict(status(node(2, **LOST)), 2)},
        "h3": {},
    }
    lines = health.summary(members, hostvars)
    assert lines[0] == "pi1: leader"
    assert lines[1].startswith("pi2: lost its memory  NEEDS A PERSON: ")
    assert "not part of this run" in lines[2]


def test_a_fresh_board_is_told_as_such_by_a_check() -> None:
    hostvars = {"h1": {"raftpi_survey": {"is_installed": False}}}
    assert "without --check" in health.summary([{"host": "h1", "name": "pi1"}], hostvars)[0]
