"""`raftpi sim`: what it prints, and how it ends."""

import json
import re
from collections.abc import Iterator, Sequence

import pytest

from raftpi.cli import sim as command
from raftpi.cli.main import main
from raftpi.sim.adjustment import Adjustment
from raftpi.sim.run import run_seed
from raftpi.sim.swarm import RunReport
from raftpi.sim.world import Parts
from tests.sim.broken import FALLEN

SHORT = ("--clients", "1", "--faults", "0.5")


def test_one_seed_is_told_as_a_trace_and_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "--seed", "3", *SHORT]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("seed 3: ")
    assert any(re.fullmatch(r" +\d+\.\d{6}  pi\d +leads term 2", line) for line in lines)
    assert lines[-2] == "seed 3: all is well"
    assert re.fullmatch(
        r"[\d.]+ virtual seconds, \d+ events, \d+ operations, \d+ entries committed; "
        r"trace [0-9a-f]{16}",
        lines[-1],
    )


def test_what_is_printed_depends_on_the_seed_alone(
    capsys: pytest.CaptureFixture[str], tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["sim", "--seed", "7", "--verbose", *SHORT]) == 0
    first = capsys.readouterr().out
    monkeypatch.chdir(str(tmp_path))
    assert main(["sim", "--seed", "7", "--verbose", *SHORT]) == 0
    assert capsys.readouterr().out == first
    assert str(tmp_path) not in first
    assert "0x" not in first
    assert "client 1 asks pi" in first
    assert ": Heartbeat term=" in first


def test_quiet_prints_only_what_came_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "--seed", "3", "--quiet", *SHORT]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_many_seeds_end_with_their_sum(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "--seeds", "2", "--from", "3", "--jobs", "1", *SHORT]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("2 seeds from 3 on, ")
    assert out.endswith(": no violations\n")
    assert err == ""


def broken_run(seed: int, adjustment: Adjustment | None = None, **options: object) -> RunReport:
    return run_seed(seed, adjustment, parts=FALLEN, tell=options.get("tell"))  # type: ignore[arg-type]  # the command's own


def broken_runs(
    seeds: Sequence[int], adjustment: Adjustment, *, jobs: int, parts: Parts | None = None
) -> Iterator[RunReport]:
    for seed in seeds:
        yield broken_run(seed, adjustment)


@pytest.fixture
def falls(monkeypatch: pytest.MonkeyPatch) -> int:
    """The command runs a broken node; a seed with which it falls."""
    monkeypatch.setattr(command, "run_seed", broken_run)
    monkeypatch.setattr(command, "run_seeds", broken_runs)
    monkeypatch.setattr("raftpi.sim.shrink.run_seed", broken_run)
    for seed in range(20):
        if broken_run(seed).failed:
            return seed
    raise AssertionError("no seed fails")


def test_a_violation_ends_with_1_and_names_the_command_that_replays_it(
    capsys: pytest.CaptureFixture[str], falls: int
) -> None:
    assert main(["sim", "--seed", str(falls)]) == 1
    out = capsys.readouterr().out
    assert "VIOLATED KeyError: 'a bug of 1 kind'" in out
    assert f"replay it with: raftpi sim --seed {falls}\n" in out
    assert main(["sim", "--seeds", "1", "--from", str(falls), "--jobs", "1"]) == 1
    out = capsys.readouterr().out
    assert ": 1 violation\n" in out
    assert f"replay it with: raftpi sim --seed {falls}\n" in out


def test_a_failing_run_is_shrunk_on_request(capsys: pytest.CaptureFixture[str], falls: int) -> None:
    assert main(["sim", "--seed", str(falls), "--quiet", "--shrink"]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(f"replay it with: raftpi sim --seed {falls} --without ")
    assert main(last.removeprefix("replay it with: raftpi ").split()) == 1


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "--seed", "3", "--json", *SHORT]) == 0
    assert json.loads(capsys.readouterr().out) == {"runs": 1, "failed": []}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--seed N"),
        (["--seed", "1", "--seeds", "2"], "not allowed with"),
        (["--seed", "1", "--without", "weather"], "no kind of fault"),
        (["--seed", "1", "--boards", "12"], "1 to 9 boards"),
        (["--seed", "x"], "--seed"),
    ],
)
def test_a_wrong_use_ends_with_2_and_says_what_is_wrong(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["sim", *words]) == 2
    assert said in capsys.readouterr().err
