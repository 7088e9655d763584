"""`raftpi cluster …` over stand-in daemons: what it prints, and how it ends."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from raftpi.cli import cluster as cluster_module
from raftpi.local.cluster import LocalCluster
from tests.cli.conftest import Run
from tests.local import stand_in


class StandInCluster(LocalCluster):
    """A LocalCluster whose daemons are stand-ins."""

    @classmethod
    def open(cls, directory: str | Path, **_: object) -> Self:
        return super().open(directory, command=stand_in.command, ask=stand_in.ask)

    @classmethod
    def open_or_create(cls, *places: Any, **options: Any) -> Self:
        return super().open_or_create(
            *places, **options, command=stand_in.command, ask=stand_in.ask
        )


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(cluster_module, "LocalCluster", StandInCluster)
    path = tmp_path / "c"
    monkeypatch.setenv("RAFTPI_DIR", str(path))
    yield path
    if (path / "cluster.json").exists():
        made = stand_in.reopen(path)
        for node in made.nodes:
            made.kill(node.id)


@pytest.fixture
def run(run: Run) -> Run:
    """`raftpi cluster …`"""
    return lambda *words: run("cluster", *words)


def test_a_whole_life(directory: Path, run: Run) -> None:
    code, out, err = run("start", "--nodes", "3")
    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["NODE", "PID", "CLIENTS"]
    assert [line[0] for line in lines[1:]] == ["pi1", "pi2", "pi3"]
    assert lines[1][3:] == ["leader,", "term", "1"]

    code, out, _ = run("kill", "pi2")
    assert (code, out) == (0, "pi2 killed\n")
    code, out, _ = run("kill", "2")
    assert (code, out) == (0, "pi2 was not running\n")

    code, out, err = run("status", "--json")
    assert code == 0
    nodes = json.loads(out)["nodes"]
    assert [(n["id"], n["role"], n["alive"]) for n in nodes] == [
        (1, "leader", True),
        (2, "offline", False),
        (3, "follower", True),
    ]

    code, out, _ = run("start", "2")
    assert code == 0
    assert out.startswith("pi2 answers (pid ")
    code, out, _ = run("start", "2")
    assert (code, out.startswith("pi2 was running already")) == (0, True)

    code, out, _ = run("logs", "2", "-n", "1")
    assert (code, out) == (0, "stand-in 2 begins\n")
    code, out, _ = run("logs")
    assert "pi1 | stand-in 1 begins\n" in out
    assert "pi3 | stand-in 3 begins\n" in out

    code, out, _ = run("stop", "1")
    assert (code, out) == (0, "pi1 stopped\n")
    code, out, _ = run("stop")
    assert (code, out) == (0, "pi1 was not running\npi2 stopped\npi3 stopped\n")
    code, out, err = run("status")
    assert code == 4
    assert out.count("not running") == 3

    code, out, _ = run("clean")
    assert (code, out) == (0, f"stopped, and removed the cluster in {directory}\n")
    assert not directory.exists()


def test_starting_again_says_that_all_ran_already(directory: Path, run: Run) -> None:
    run("start", "--nodes", "1")
    code, out, err = run("start")
    assert code == 0
    assert "leader" in out
    assert err == "raftpi: all 1 nodes were running already\n"


def test_an_even_count_is_allowed_with_a_warning(directory: Path, run: Run) -> None:
    code, _, err = run("start", "--nodes", "2")
    assert code == 0
    assert err.startswith("raftpi: warning: 2 nodes survive no more failures than 1 would")


def test_another_count_than_that_of_the_cluster_is_usage(directory: Path, run: Run) -> None:
    run("start", "--nodes", "1")
    code, _, err = run("start", "--nodes", "3")
    assert code == 2
    assert "has 1 nodes, not 3" in err


def test_json_of_start_names_the_leader_and_the_pids(directory: Path, run: Run) -> None:
    code, out, _ = run("start", "--nodes", "1", "--json")
    assert code == 0
    values = json.loads(out)
    recorded = json.loads((directory / "cluster.json").read_text())["nodes"]
    assert values["leader"] == 1
    assert [n["pid"] for n in values["nodes"]] == [n["pid"] for n in recorded]


def test_json_of_kill_stop_logs_and_clean(directory: Path, run: Run) -> None:
    run("start", "--nodes", "1")
    assert json.loads(run("logs", "--json")[1]) == {"name": "pi1", "line": "stand-in 1 begins"}
    assert json.loads(run("kill", "1", "--json")[1]) == {"id": 1, "name": "pi1", "killed": True}
    stopped = {"nodes": [{"id": 1, "name": "pi1", "outcome": "not running"}]}
    assert json.loads(run("stop", "--json")[1]) == stopped
    assert json.loads(run("clean", "--json")[1]) == {"directory": str(directory), "left": []}


def test_no_leader_in_time_is_four(directory: Path, run: Run) -> None:
    made = stand_in.create(directory, 1)
    stand_in.behave(made, 1, "follower")
    code, out, err = run("start", "--timeout", "0.2")
    assert (code, out) == (4, "")
    assert "no leader after 0.2 s (1 of 1 daemons run)" in err


def test_a_daemon_that_dies_is_told_with_its_last_words(directory: Path, run: Run) -> None:
    made = stand_in.create(directory, 3)
    stand_in.behave(made, 2, "die 12")
    code, out, err = run("start")
    assert code == 1
    assert "not running" in out
    assert "stand-in: the card is on fire" in err
    assert "raftpi: the daemon of pi2 ended with exit code 12 at its start" in err
    code, out, err = run("start", "2", "--json")
    assert code == 1
    assert "stand-in: the card is on fire" in err
    assert json.loads(out)["log"] == ["stand-in 2 begins", "stand-in: the card is on fire"]


def test_one_that_is_deaf_is_killed_aloud(directory: Path, run: Run) -> None:
    made = stand_in.create(directory, 1)
    stand_in.behave(made, 1, "deaf")
    run("start")
    code, _, err = run("stop", "--timeout", "0.1")
    assert code == 0
    assert err == "raftpi: pi1 did not stop within 0.1 s and was killed\n"


def test_clean_says_what_it_left(directory: Path, run: Run) -> None:
    made = stand_in.create(directory, 1)
    (made.home(1) / "photo").write_text("mine")
    code, _, err = run("clean")
    assert code == 0
    assert f"left in place, for it was not made by raftpi: {made.home(1) / 'photo'}" in err


def test_following_the_logs_prints_what_is_added(
    directory: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = stand_in.create(directory, 1)
    made.log(1).write_text("old\n")
    pauses = []

    def pause(duration_s: float) -> None:
        pauses.append(duration_s)
        if len(pauses) == 2:
            raise KeyboardInterrupt
        with made.log(1).open("a") as log:
            log.write("new\n")

    monkeypatch.setattr("raftpi.cli.cluster.time.sleep", pause)
    code, out, _ = run("logs", "-f")
    assert (code, out) == (130, "old\nnew\n")
