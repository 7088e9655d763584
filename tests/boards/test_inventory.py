"""The boards as Ansible is told of them, and the names that others rely on."""

import json

import pytest

from tests.boards.bench import places
from tests.boards.bench.inventory import inventory


def test_every_board_is_in_the_group_with_its_number_address_and_own_variables() -> None:
    document = json.loads(inventory({1: {}, 9: {"raftpi_pin_factory": "lgpio"}}))
    hosts = document["raftpi"]["hosts"]
    assert hosts["pi1"] == {"ansible_host": "10.77.0.11", "raftpi_id": 1}
    assert hosts["pi9"]["ansible_host"] == "10.77.0.19"
    assert hosts["pi9"]["raftpi_pin_factory"] == "lgpio"


def test_the_group_has_the_key_to_the_boards_and_what_else_is_given() -> None:
    given = {"raftpi_lamp_environment": {"A": "b"}}
    variables = json.loads(inventory({1: {}}, given))["raftpi"]["vars"]
    assert variables["ansible_ssh_private_key_file"] == str(places.ssh_key())
    assert variables["raftpi_lamp_environment"] == {"A": "b"}


@pytest.mark.parametrize("number", [0, 100, -1])
def test_a_number_that_has_no_address_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="1 to 99"):
        places.board_address(number)


def test_the_bench_can_lie_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAFTPI_BENCH_HOME", "/somewhere")
    assert str(places.ssh_key()) == "/somewhere/id_ed25519"
