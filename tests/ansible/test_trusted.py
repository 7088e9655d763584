"""trusted.toml never loses a member's key, whoever is reached."""

from typing import Any

import pytest

from tests.ansible.places import load

trusted = load("filter_plugins/raftpi_trusted.py").trusted

MEMBERS = [
    {"host": f"h{n}", "id": n, "name": f"pi{n}", "client": f"tcp://{n}:1", "status": f"tcp://{n}:2"}
    for n in (1, 2, 3)
]


def told(number: int, generation: str = "") -> dict[str, Any]:
    """The variables of a board that was asked."""
    return {
        "raftpi_node_public": f"node{number}{generation}",
        "raftpi_client_public": f"client{number}{generation}",
    }


def document(*keys: tuple[int, str]) -> dict[str, Any]:
    """A trusted.toml that is on a board."""
    return {
        "node": [{"id": n, "public": f"node{n}{generation}"} for n, generation in keys],
        "client": [
            {"name": f"pi{n}", "public": f"client{n}{generation}"} for n, generation in keys
        ],
    }


def nodes(result: dict[str, Any]) -> list[tuple[int, str]]:
    return [(node["id"], node["public"]) for node in result["nodes"]]


def test_boards_that_are_reached_tell_their_keys() -> None:
    result = trusted(MEMBERS, {f"h{n}": told(n) for n in (1, 2, 3)}, [])
    assert nodes(result) == [(1, "node1"), (2, "node2"), (3, "node3")]
    assert [client["name"] for client in result["clients"]] == ["pi1", "pi2", "pi3"]
    assert result["kept"] == result["unknown"] == []


def test_the_key_of_a_board_that_is_not_reached_is_kept() -> None:
    survey = {"raftpi_survey": {"trusted": document((1, ""), (2, ""), (3, ""))}}
    result = trusted(MEMBERS, {"h1": told(1) | survey, "h2": told(2), "h3": {}}, [])
    assert nodes(result) == [(1, "node1"), (2, "node2"), (3, "node3")]
    assert {"name": "pi3", "role": "admin", "public": "client3"} in result["clients"]
    assert result["kept"] == ["pi3"]


def test_a_member_whose_key_nobody_knows_is_named() -> None:
    result = trusted(MEMBERS, {"h1": told(1), "h2": told(2), "h3": {}}, [])
    assert result["unknown"] == ["pi3"]


def test_a_new_card_s_key_replaces_the_old_one() -> None:
    survey = {"raftpi_survey": {"trusted": document((1, ""), (2, ""), (3, ""))}}
    hostvars = {"h1": told(1) | survey, "h2": told(2) | survey, "h3": told(3, "new")}
    assert nodes(trusted(MEMBERS, hostvars, []))[2] == (3, "node3new")


def test_of_two_known_keys_the_one_that_most_boards_have_comes_first() -> None:
    old = {"raftpi_survey": {"trusted": document((3, "old"))}}
    new = {"raftpi_survey": {"trusted": document((3, "new"))}}
    members = [*MEMBERS, MEMBERS[2] | {"host": "h4", "id": 4, "name": "pi4"}]
    hostvars = {"h1": told(1) | old, "h2": told(2) | new, "h3": {}, "h4": told(4) | new}
    assert nodes(trusted(members, hostvars, []))[2:4] == [(3, "node3new"), (3, "node3old")]


def test_people_are_let_in_as_ordinary_unless_said_otherwise() -> None:
    people = [
        {"name": "anna", "public": "key-a\n"},
        {"name": "ben", "role": "admin", "public": "key-b"},
    ]
    result = trusted(MEMBERS, {f"h{n}": told(n) for n in (1, 2, 3)}, people)
    assert result["clients"][3:] == [
        {"name": "anna", "role": "ordinary", "public": "key-a"},
        {"name": "ben", "role": "admin", "public": "key-b"},
    ]


@pytest.mark.parametrize(
    ("person", "text"),
    [
        ({"name": "anna", "role": "boss", "public": "x"}, "must be admin or ordinary"),
        ({"name": "pi1", "public": "x"}, "a board's name"),
        ({"name": "anna", "public": "node2"}, "node 2 and client anna have the same key"),
    ],
)
def test_people_that_cannot_be_let_in_are_refused(person: dict[str, str], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        trusted(MEMBERS, {f"h{n}": told(n) for n in (1, 2, 3)}, [person])


def test_a_copied_card_is_noticed() -> None:
    hostvars = {"h1": told(1), "h2": told(2), "h3": told(2)}
    with pytest.raises(ValueError, match="a card was copied"):
        trusted(MEMBERS, hostvars, [])
