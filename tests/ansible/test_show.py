"""The cable show: who is pulled, who watches, and when an act has shown what it should."""

import json
from typing import Any

import pytest

from tests.ansible.places import load

cast = load("filter_plugins/raftpi_show.py").cast
show = load("files/show_watch.py")

Sight = dict[int, tuple[str, str, int, str | None]]


def members(count: int) -> list[dict[str, Any]]:
    return [{"id": n, "name": f"pi{n}", "host": f"pi{n}"} for n in range(1, count + 1)]


def status(count: int, leader: int, silent: int = 0) -> str:
    nodes = [
        {"id": n, "online": n != silent, "role": "leader" if n == leader else "follower"}
        for n in range(1, count + 1)
    ]
    return json.dumps({"nodes": nodes})


@pytest.mark.parametrize(("count", "leader"), [(3, 1), (3, 2), (3, 3), (5, 2), (7, 7)])
def test_the_watcher_is_never_pulled(count: int, leader: int) -> None:
    found = cast(status(count, leader), members(count))
    assert found["leader"]["id"] == leader
    assert found["lost"]["id"] != leader
    assert found["majority"][0] == found["lost"]
    assert found["leader"] in found["majority"]
    assert len({member["id"] for member in found["majority"]}) == count // 2 + 1
    assert found["watcher"] not in found["majority"]


@pytest.mark.parametrize(
    ("output", "count", "text"),
    [
        (status(3, 1, silent=2), 3, "pi2 is missing"),
        (status(3, 0), 3, "no leader"),
        ("", 3, "pi1, pi2, pi3 is missing"),
        (status(2, 1), 2, "needs three boards"),
    ],
)
def test_a_show_that_cannot_begin_says_why(output: str, count: int, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        cast(output, members(count))


def sight(*lamps: str | None) -> Sight:
    roles = {"blue": "leader", "green": "follower", None: "offline"}
    return {n: (f"pi{n}", roles.get(lamp, "candidate"), 0, lamp) for n, lamp in enumerate(lamps, 1)}


def act(kind: str, *boards: int, writes: tuple[float, ...] = ()) -> Any:
    done = show.Writes()
    for moment in writes:
        done.note(moment - 0.005, moment)
    return show.Act(kind, list(boards), done, 0.0)


def every(first: float, last: float) -> tuple[float, ...]:
    return tuple(n / 10 for n in range(int(first * 10), int(last * 10) + 1))


def test_normal_is_one_blue_and_the_rest_green_while_writes_go_on() -> None:
    assert act("normal", writes=every(0, 2)).take(sight("blue", "green", "green"), 2.0)
    assert not act("normal").take(sight("blue", "green", "green"), 2.0)
    assert not act("normal", writes=every(0, 2)).take(sight("blue", "green", None), 2.0)


def test_one_lost_is_over_when_writes_went_on_after_it() -> None:
    watched = act("lost", 3, writes=every(0, 1))
    assert not watched.take(sight("blue", "green", "green"), 0.5)
    assert not watched.take(sight("blue", "green", None), 1.0)
    for moment in every(1.5, 3):
        watched.writes.note(moment, moment)
    assert watched.take(sight("blue", "green", None), 3.0)
    report = watched.report(sight("blue", "green", None), True)
    assert report["measured"] == {"longest pause of writes": 500.0}
    assert "pi3 is gone, and writes went on" in report["lines"][0]
    assert "pi3: not heard (look at its lamp)" in report["lines"]


def test_majority_lost_is_over_when_the_last_blinks_red_and_nothing_is_acknowledged() -> None:
    watched = act("majority_lost", 1, 2, writes=every(0, 1))
    assert not watched.take(sight(None, None, "yellow, blinking"), 1.5)
    assert not watched.take(sight(None, None, "red, blinking"), 2.0)
    assert watched.take(sight(None, None, "red, blinking"), 3.1)
    measured = watched.report(sight(None, None, "red, blinking"), True)["measured"]
    assert measured == {"last write to red, blinking": 1000.0}


def test_a_majority_lost_that_still_acknowledges_is_never_over() -> None:
    watched = act("majority_lost", 1, 2, writes=every(0, 4))
    assert not watched.take(sight(None, None, "red, blinking"), 4.1)


def test_recovery_is_over_when_all_are_well_and_a_write_was_acknowledged() -> None:
    watched = act("recovered", 1, 2)
    assert not watched.take(sight(None, None, "red, blinking"), 1.0)
    assert not watched.take(sight("yellow, blinking", None, "yellow, blinking"), 2.0)
    watched.writes.note(2.4, 2.5)
    assert not watched.take(sight("green", None, "blue"), 2.6)
    assert watched.take(sight("green", "green", "blue"), 3.0)
    measured = watched.report(sight("green", "green", "blue"), True)["measured"]
    assert measured == {"sign to write": 500.0, "sign to all well": 1000.0}


def test_leader_lost_is_over_when_another_leads_and_writes_go_on() -> None:
    watched = act("leader_lost", 1, writes=every(0, 1))
    assert not watched.take(sight("blue", "green", "green"), 1.0)
    assert not watched.take(sight(None, "yellow, blinking", "green"), 1.2)
    assert not watched.take(sight(None, "blue", "green"), 1.3)
    for moment in every(1.3, 3):
        watched.writes.note(moment, moment)
    assert watched.take(sight(None, "blue", "green"), 3.0)
    report = watched.report(sight(None, "blue", "green"), True)
    assert report["measured"] == {"pause of writes": 300.0}
    assert report["lines"][0].startswith("pi1 led and is gone, pi2 leads")


def test_an_act_that_did_not_happen_says_so() -> None:
    watched = act("lost", 3, writes=every(0, 2))
    watched.take(sight("blue", "green", "green"), 2.0)
    report = watched.report(sight("blue", "green", "green"), False)
    assert not report["seen"]
    assert report["lines"][0].startswith("NOT SEEN")
    assert report["measured"] == {}
