"""What follows from what the boards said of themselves."""

import json
from typing import Any

from tests.boards.sightings import Sighting, caught_up_us, sightings


def node(
    number: int, role: str, *, leader: int = 1, commit: int = 5, **more: Any
) -> dict[str, Any]:
    """A status as far as it is looked at."""
    usual = {"condition": "running", "needs_person": "", "term": 3}
    return {"id": number, "role": role, "leader": leader, "commit_index": commit, **usual, **more}


def seen(at_us: int, *nodes: dict[str, Any]) -> Sighting:
    """One round, asked ten microseconds before."""
    return Sighting(asked_us=at_us - 10, at_us=at_us, nodes={each["id"]: each for each in nodes})


def three(at_us: int, third: dict[str, Any]) -> Sighting:
    """A round with a leader and a follower who are well, and a third."""
    return seen(at_us, node(1, "leader"), node(2, "follower"), third)


def test_lines_are_read_back_but_for_a_half_written_last_one() -> None:
    line = json.dumps({"asked_us": 1, "at_us": 2, "nodes": {"1": node(1, "leader")}}) + "\n"
    assert sightings([line, line[:20]]) == [
        Sighting(asked_us=1, at_us=2, nodes={1: node(1, "leader")})
    ]


def test_the_leader_is_the_one_of_the_highest_term() -> None:
    assert seen(100, node(1, "leader"), node(2, "leader", term=4)).leader() == 2
    assert seen(100, node(2, "follower")).leader() == 0


def test_a_cluster_is_whole_when_all_run_and_follow_one_leader() -> None:
    assert three(100, node(3, "follower")).is_whole(3)
    assert not three(100, node(3, "follower")).is_whole(4)
    assert not three(100, node(3, "follower", leader=2)).is_whole(3)
    assert not three(100, node(3, "candidate")).is_whole(3)
    assert not three(100, node(3, "follower", condition="founding")).is_whole(3)
    assert not three(100, node(3, "follower", needs_person="disk full")).is_whole(3)


def test_a_board_has_caught_up_when_it_has_what_was_committed_the_round_before() -> None:
    rounds = [
        seen(100, node(1, "leader", commit=9)),
        seen(200, node(1, "leader", commit=12), node(3, "follower", commit=8)),
        seen(300, node(1, "leader", commit=15), node(3, "follower", commit=12)),
    ]
    assert caught_up_us(rounds, 3, 150) == 300
    assert caught_up_us(rounds[:2], 3, 150) is None


def test_a_board_that_follows_nobody_has_not_caught_up() -> None:
    rounds = [seen(100, node(3, "follower", leader=0)), seen(200, node(3, "candidate"))]
    assert caught_up_us(rounds, 3, 50) is None


def test_an_answer_from_before_the_moment_does_not_count() -> None:
    assert caught_up_us([three(100, node(3, "follower"))], 3, 95) is None
