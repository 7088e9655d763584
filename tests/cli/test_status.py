"""`raftpi status` and `raftpi transfer`."""

import json
from dataclasses import replace

import pytest

from raftpi.cli import transfer
from raftpi.client import Offline
from raftpi.errors import Refused
from tests.cli.conftest import Run
from tests.cli.fake_client import FakeClient
from tests.local.stand_in import status_of

LEADER = replace(status_of(1, "leader", 1), lease_us=100_000)
FOLLOWER = status_of(2, leader=1)
SILENT = Offline(id=3, name="pi3", endpoint="tcp://127.0.0.1:7203")


def test_all_members_are_shown_and_a_leader_is_zero(client: FakeClient, run: Run) -> None:
    client.members = [LEADER, FOLLOWER, SILENT]
    code, out, err = run("status")
    assert (code, err) == (0, "")
    assert [line.split()[:3] for line in out.splitlines()] == [
        ["LAMP", "NODE", "ROLE"],
        ["blue", "pi1", "leader"],
        ["green", "pi2", "follower"],
        ["red", "pi3", "offline"],
    ]


def test_the_json_is_a_list_of_nodes(client: FakeClient, run: Run) -> None:
    client.members = [LEADER, FOLLOWER, SILENT]
    code, out, _ = run("status", "--json")
    assert code == 0
    nodes = json.loads(out)["nodes"]
    assert [(n["id"], n["role"], n["leader"]) for n in nodes] == [
        (1, "leader", 1),
        (2, "follower", 1),
        (3, "offline", None),
    ]


def test_the_wear_is_shown_instead_and_the_hint_goes_to_the_errors(
    client: FakeClient, run: Run
) -> None:
    client.members = [LEADER, FOLLOWER, SILENT]
    code, out, err = run("status", "--wear")
    assert code == 0
    assert "LAMP" not in out
    assert [line.split()[:2] for line in out.splitlines()[:3]] == [
        ["NODE", "SPAN"],
        ["pi1", "start"],
        ["pi2", "start"],
    ]
    assert "card_endurance_tbw" in err
    code, out, _ = run("status", "--wear", "--json")
    assert code == 0
    nodes = json.loads(out)["nodes"]
    assert [node["name"] for node in nodes] == ["pi1", "pi2"]
    assert set(nodes[0]) == {"id", "name", "wear", "sync"}


def test_no_leader_is_four(client: FakeClient, run: Run) -> None:
    client.members = [replace(FOLLOWER, leader=0), SILENT]
    code, out, err = run("status")
    assert code == 4
    assert "pi2" in out
    assert err == "raftpi: no leader (1 of 2 nodes answer)\n"


def test_nobody_answering_is_four_and_names_whom_it_asked(client: FakeClient, run: Run) -> None:
    client.members = [Offline(id=0, name="", endpoint="tcp://127.0.0.1:7201")]
    code, _, err = run("status")
    assert code == 4
    asked = "tcp://127.0.0.1:7201, tcp://127.0.0.1:7202"
    assert err == f"raftpi: no node answers; asked {asked}\n"
    code, out, _ = run("status", "--json")
    document = json.loads(out)
    assert (code, document["error"]) == (4, "unavailable")
    assert {node["role"] for node in document["nodes"]} == {"offline"}


def test_watching_prints_block_after_block_until_interrupted(
    client: FakeClient, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.members = [LEADER]
    pauses: list[float] = []

    def pause(duration_s: float) -> None:
        pauses.append(duration_s)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("raftpi.cli.status.time.sleep", pause)
    code, out, err = run("status", "--watch", "--interval", "7")
    assert (code, err) == (130, "")
    assert out.count("LAMP") == 3
    assert "\x1b" not in out
    assert pauses == [7, 7, 7]


def test_watching_as_json_is_one_document_a_line(
    client: FakeClient, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.members = [LEADER]

    def pause(duration_s: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("raftpi.cli.status.time.sleep", pause)
    code, out, _ = run("status", "--watch", "--json")
    assert code == 130
    assert json.loads(out)["nodes"][0]["id"] == 1


def test_transfer_tells_who_leads_now(client: FakeClient, run: Run) -> None:
    client.members = [LEADER, FOLLOWER]
    client.after_transfer = [status_of(1, leader=2), status_of(2, "leader", 2, term=2)]
    assert run("transfer", "pi2") == (0, "pi2 leads (term 2)\n", "")
    client.members = [LEADER, FOLLOWER]
    code, out, _ = run("transfer", "--json")
    assert (code, json.loads(out)) == (0, {"leader": 2, "name": "pi2", "term": 2})


@pytest.mark.parametrize("node", ["1", "pi1"])
def test_transfer_to_whom_leads_already_is_done_at_once(
    node: str, client: FakeClient, run: Run
) -> None:
    client.members = [LEADER, FOLLOWER]
    assert run("transfer", node) == (0, "pi1 leads (term 1)\n", "")


def test_a_refused_transfer_is_one(client: FakeClient, run: Run) -> None:
    client.error = Refused("pi2 is behind")
    assert run("transfer", "pi2") == (1, "", "raftpi: pi2 is behind\n")


def test_a_transfer_that_nobody_finishes_is_unknown(
    client: FakeClient, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "SETTLE_S", 0.0)
    client.members = [LEADER, FOLLOWER]
    code, out, err = run("transfer", "pi2")
    assert (code, out) == (3, "")
    assert "the hand-over has begun" in err
