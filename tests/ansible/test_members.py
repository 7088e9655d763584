"""The members, from the inventory's variables."""

from typing import Any

import pytest

from tests.ansible.places import load

members = load("filter_plugins/raftpi_members.py").members


def hostvars(**changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        f"pi{n}": {"raftpi_id": n, "ansible_host": f"10.0.0.{n}"} for n in (3, 1, 2)
    }
    for host, variables in changes.items():
        found[host] |= variables
    return found


def test_members_come_by_id_with_their_endpoints() -> None:
    found = members(["pi3", "pi1", "pi2"], hostvars(pi2={"raftpi_client_port": 9000}))
    assert [member["id"] for member in found] == [1, 2, 3]
    assert found[1] == {
        "host": "pi2",
        "id": 2,
        "name": "pi2",
        "address": "10.0.0.2",
        "peer": "tcp://10.0.0.2:7101",
        "client": "tcp://10.0.0.2:9000",
        "status": "tcp://10.0.0.2:7301",
    }


def test_a_priority_is_told_where_there_is_one() -> None:
    found = members(["pi1", "pi2"], hostvars(pi2={"raftpi_priority": 10}))
    assert "priority" not in found[0]
    assert found[1]["priority"] == 10


@pytest.mark.parametrize("priority", [-1, 101, "10", True])
def test_a_priority_is_a_number_up_to_a_hundred(priority: object) -> None:
    with pytest.raises(ValueError, match="pi1: raftpi_priority must be"):
        members(["pi1"], hostvars(pi1={"raftpi_priority": priority}))


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({"raftpi_static_address": "10.0.0.9/24"}, "10.0.0.9"),
        ({"raftpi_static_address": "10.0.0.9/24", "raftpi_address": "10.1.1.1"}, "10.1.1.1"),
        ({"raftpi_static_address": ""}, "10.0.0.1"),
    ],
)
def test_the_address_is_the_one_that_the_board_keeps(
    variables: dict[str, str], address: str
) -> None:
    assert members(["pi1"], hostvars(pi1=variables))[0]["address"] == address


def test_an_ipv6_address_stands_in_brackets() -> None:
    found = members(["pi1"], hostvars(pi1={"raftpi_address": "fd00::1"}))
    assert found[0]["peer"] == "tcp://[fd00::1]:7101"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"pi1": {"raftpi_id": None}}, "pi1: raftpi_id must be"),
        ({"pi1": {"raftpi_id": "1"}}, "raftpi_id must be"),
        ({"pi1": {"raftpi_id": 2}}, "same id"),
        ({"pi1": {"raftpi_name": "PI2"}}, "same name"),
        ({"pi1": {"ansible_host": "10.0.0.2"}}, "same address"),
        ({"pi1": {"ansible_host": "127.0.0.1"}}, "cannot reach"),
        ({"pi1": {"raftpi_name": "my pi"}}, "no name for a board"),
    ],
)
def test_an_inventory_that_cannot_work_is_refused(
    changes: dict[str, dict[str, Any]], text: str
) -> None:
    with pytest.raises(ValueError, match=text):
        members(["pi1", "pi2", "pi3"], hostvars(**changes))
