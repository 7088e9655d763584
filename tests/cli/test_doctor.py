"""`raftpi doctor`: its report, its exit codes, and a real cluster with keys from `keys make`."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from raftpi.cli.doctor import has_module, report
from raftpi.client import Client
from raftpi.doctor import examination
from raftpi.doctor.finding import Finding, advice, ok, problem, unknown
from raftpi.local.ports import find_base_port
from tests.cli.conftest import Run

EXAMINED = [
    ok("clock", "synchronised"),
    advice("card", "fills up " + "and up " * 30, "make room"),
    problem("keys, own", "open to others", "chmod 600 /etc/raftpi/keys/node.key"),
    unknown("power", "not readable", ""),
]


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """What every board has, for now."""
    found = list(EXAMINED)
    monkeypatch.setattr(examination, "examine", lambda path, board: found)
    return found


def test_a_problem_makes_the_exit_code_one(run: Run, examined: list[Finding]) -> None:
    assert run("doctor")[0] == 1
    del examined[2]
    assert run("doctor")[0] == 0


def test_people_read_a_verdict_a_sentence_and_a_remedy(run: Run, examined: list[Finding]) -> None:
    _, out, _ = run("doctor")
    lines = out.splitlines()
    assert lines[0] == "clock      ok       synchronised"
    at = lines.index("keys, own  problem  open to others")
    assert lines[at + 1] == " " * 20 + "-> chmod 600 /etc/raftpi/keys/node.key"
    assert lines[-1] == "problem: 1, advice: 1, unknown: 1"
    assert max(map(len, lines)) <= 100


def test_a_command_in_a_remedy_is_not_broken() -> None:
    command = "/a-very-long-path" * 9
    assert any(command in line for line in report([problem("x", "y", command)], width=80))


def test_programs_read_json(run: Run, examined: list[Finding]) -> None:
    code, out, _ = run("doctor", "--json")
    document = json.loads(out)
    assert (code, document["problems"]) == (1, 1)
    assert document["findings"][2] == {
        "name": "keys, own",
        "verdict": "problem",
        "text": "open to others",
        "remedy": "chmod 600 /etc/raftpi/keys/node.key",
    }


def test_modules_are_found_without_importing_them() -> None:
    assert has_module("msgpack")
    assert not has_module("no_such_module")


# --- three real daemons with keys -------------------------------------------------------------


class Boards:
    """Three boards on the loopback, laid out by `raftpi keys make`; pi3 can be stopped."""

    def __init__(self, directory: Path, run: Run) -> None:
        base = find_base_port(3)
        members = "".join(
            f'[[member]]\nid = {i}\nname = "pi{i}"\npeer = "tcp://127.0.0.1:{base + i}"\n'
            f'client = "tcp://127.0.0.1:{base + 100 + i}"\n'
            f'status = "tcp://127.0.0.1:{base + 200 + i}"\n'
            for i in (1, 2, 3)
        )
        (directory / "members.toml").write_text(members)
        self.set = directory / "set"
        config = str(directory / "members.toml")
        assert run("keys", "make", str(self.set), "--config", config, "--client", "bob")[0] == 0
        for i in (1, 2, 3):
            home = self.set / f"pi{i}"
            (home / "raftpi.toml").write_text(
                f'[node]\nid = {i}\ndata = "{home}/data"\nruntime = "{home}/run"\n'
                f'[security]\nkeys = "{home}/keys"\ntrusted = "{home}/trusted.toml"\n{members}'
            )
            (home / "run").mkdir()
        self.daemons = {i: self._start(i) for i in (1, 2, 3)}

    def config(self, node_id: int) -> str:
        return str(self.set / f"pi{node_id}" / "raftpi.toml")

    def stop(self, node_id: int) -> None:
        self.daemons[node_id].kill()
        self.daemons[node_id].wait(20)

    def _start(self, node_id: int) -> subprocess.Popen[bytes]:
        with (self.set / f"pi{node_id}" / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "raftpi", "node", "--config", self.config(node_id)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )


@pytest.fixture
def boards(tmp_path: Path, run: Run) -> Iterator[Boards]:
    made = Boards(tmp_path, run)
    yield made
    for node_id in made.daemons:
        made.stop(node_id)


def verdicts(out: str) -> dict[str, str]:
    return {finding["name"]: finding["verdict"] for finding in json.loads(out)["findings"]}


def test_a_healthy_cluster_with_made_keys_has_no_problem_and_a_dead_member_is_one(
    boards: Boards, run: Run
) -> None:
    with Client(timeout_s=20, key=boards.set / "clients" / "bob.key") as client:
        client.put("a", "b")
        while [bool(status.leader) for status in client.status()] != [True] * 3:
            pass  # each round waits for those that do not answer yet
    before_s = time.monotonic()
    code, out, _ = run("doctor", "--config", boards.config(1), "--json")
    took_s = time.monotonic() - before_s
    found = verdicts(out)
    important = ["configuration", "card, syncs", "keys, own", "keys, trusted", "keys, client"]
    assert {found[name] for name in [*important, "reach pi2", "reach pi3", "cluster"]} == {"ok"}
    assert took_s < 10
    assert not list((boards.set / "pi1" / "data").glob(".doctor*"))
    boards.stop(3)
    code, out, _ = run("doctor", "--config", boards.config(1), "--json")
    found = verdicts(out)
    assert (code, found["reach pi3"], found["cluster"]) == (1, "problem", "problem")
    assert found["reach pi2"] == "ok"
