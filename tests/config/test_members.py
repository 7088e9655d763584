"""What members must not share, which addresses are allowed, and what earns a warning."""

import pytest

from raftpi.config.file import check_text
from tests.config.test_file import MEMBERS, NODE, member, problem_of, problems_of

INSECURE = "[security]\ninsecure_network = true\n"


def network_member(number: int) -> str:
    return member(
        number,
        peer=f"tcp://192.168.1.{number}:7100",
        client=f"tcp://192.168.1.{number}:7200",
        status=f"tcp://192.168.1.{number}:7300",
    )


def test_two_members_with_one_id_are_refused() -> None:
    text = NODE + member(1) + member(2, id=1)
    assert problem_of(text) == ("raftpi.toml:10: member.id 1 is taken already, by id of member 1")


@pytest.mark.parametrize("name", ["pi1", "PI1"])
def test_two_members_with_one_name_are_refused(name: str) -> None:
    problem = problem_of(NODE + member(1) + member(2, name=name))
    assert problem == f'raftpi.toml:11: member.name "{name}" is taken already, by name of member 1'


@pytest.mark.parametrize("endpoint", ["tcp://127.0.0.1:7101", "tcp://localhost:7101"])
def test_one_endpoint_used_twice_is_refused_whatever_for(endpoint: str) -> None:
    problem = problem_of(NODE + member(1) + member(2, status=endpoint))
    assert problem == (
        f'raftpi.toml:14: member.status "{endpoint}" is taken already, by peer of member 1'
    )


def test_one_member_may_not_use_an_endpoint_twice_itself() -> None:
    problem = problem_of(NODE + member(1, client="tcp://127.0.0.1:7101"))
    assert "member.client" in problem
    assert "by peer of member 1" in problem


def test_an_address_off_the_loopback_is_refused_and_told_about_keys() -> None:
    problems = problems_of(NODE + member(1) + network_member(2))
    assert len(problems) == 3
    assert problems[0].startswith('raftpi.toml:12: member.peer "tcp://192.168.1.2:7100"')
    assert all("raftpi keys" in problem for problem in problems)
    assert all("insecure_network = true" in problem for problem in problems)


def test_a_host_name_counts_as_off_the_loopback() -> None:
    assert "leaves this machine" in problem_of(NODE + member(1, peer="tcp://pi1.local:7101"))


@pytest.mark.parametrize(
    "endpoint", ["tcp://127.8.9.10:1", "tcp://[::1]:1", "tcp://localhost:1", "tcp://LOCALHOST:1"]
)
def test_every_loopback_address_is_allowed(endpoint: str) -> None:
    assert check_text(NODE + member(1, peer=endpoint), "x").members[0].peer == endpoint


def test_an_insecure_network_is_allowed_with_a_warning() -> None:
    text = NODE + INSECURE + network_member(1) + network_member(2) + network_member(3)
    warnings = check_text(text, "x").warnings
    assert len(warnings) == 1
    assert "insecure_network" in warnings[0]
    assert "nothing is encrypted" in warnings[0]


def test_permission_without_use_earns_no_warning() -> None:
    assert check_text(NODE + INSECURE + MEMBERS, "x").warnings == ()


def test_a_loopback_peer_among_boards_elsewhere_earns_a_warning() -> None:
    text = NODE + INSECURE + member(1) + network_member(2) + network_member(3)
    warnings = check_text(text, "x").warnings
    assert any("reached only from its own board" in warning for warning in warnings)


def test_clients_may_come_over_ipc_and_peers_may_not() -> None:
    text = member(1, client="ipc:///run/raftpi/client", status="ipc:///run/raftpi/status")
    assert check_text(NODE + text, "x").members[0].client == "ipc:///run/raftpi/client"
    problem = problem_of(NODE + member(1, peer="ipc:///run/raftpi/peer"))
    assert 'member.peer must be "tcp://HOST:PORT": ipc:// cannot be used here' in problem


def test_an_even_number_of_members_earns_a_warning() -> None:
    text = NODE + MEMBERS + member(4)
    assert check_text(text, "x").warnings == (
        "4 members tolerate no more failures than 3; use an odd number",
    )


@pytest.mark.parametrize("count", [1, 3, 5, 7])
def test_an_odd_number_of_members_earns_none(count: int) -> None:
    text = NODE + "".join(member(number) for number in range(1, count + 1))
    assert check_text(text, "x").warnings == ()


def test_more_members_than_are_wise_earn_a_warning() -> None:
    text = NODE + "".join(member(number) for number in range(1, 10))
    assert "every write waits for 5 cards" in check_text(text, "x").warnings[0]


@pytest.mark.parametrize("name", ["", "a b", "-a", "a-", "ä", "x" * 64])
def test_a_name_that_no_host_could_have_is_refused(name: str) -> None:
    assert "member.name must be 1 to 63 letters" in problem_of(NODE + member(1, name=name))
