"""Runs: the same seed takes the same course; what is broken is found, and shrunk."""

import subprocess
import sys
from pathlib import Path

import msgpack
import pytest

from raftpi.errors import UsageError
from raftpi.sim.adjustment import Adjustment, command_for
from raftpi.sim.plan import KINDS
from raftpi.sim.run import run_seed, run_seeds
from raftpi.sim.shrink import shrink
from raftpi.sim.swarm import RunReport
from raftpi.sim.trace import Verbosity
from raftpi.sim.world import Parts
from tests.sim.broken import FALLEN, HASTY, UNSYNCED
from tests.wheel.interpreters import find_interpreters

ROOT = Path(__file__).parents[2]
SEEDS = (3, 7, 10)
SHORT = Adjustment(clients=2, faults_us=1_000_000)
ASK = (
    "from raftpi.sim.adjustment import Adjustment\n"
    "from raftpi.sim.run import run_seed\n"
    f"print(*[run_seed(seed, {SHORT}).digest for seed in {SEEDS}])\n"
)


def digests_by(python: str, hash_seed: str, *paths: str) -> str:
    """The traces' hashes, from a process of its own."""
    environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join((str(ROOT), *paths))}
    done = subprocess.run(
        [python, "-c", ASK], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def first_failure(parts: Parts, seeds: range) -> RunReport:
    for seed in seeds:
        report = run_seed(seed, parts=parts)
        if report.failed:
            return report
    raise AssertionError(f"none of {len(seeds)} seeds found it")


def test_the_same_seed_takes_the_same_course_whatever_the_hash_seed() -> None:
    here = " ".join(run_seed(seed, SHORT).digest for seed in SEEDS)
    assert digests_by(sys.executable, "0") == here
    assert digests_by(sys.executable, "12345") == here


def test_every_python_of_the_boards_takes_the_same_course() -> None:
    here = " ".join(run_seed(seed, SHORT).digest for seed in SEEDS)
    for name, python in sorted(find_interpreters().items()):
        # Its pure form, where the compiled one is another version's.
        packages = str(Path(msgpack.__file__).parents[1])
        assert digests_by(str(python), "1", packages) == here, name


def test_another_seed_takes_another_course() -> None:
    assert len({run_seed(seed, SHORT).digest for seed in SEEDS}) == len(SEEDS)


def test_whether_it_is_told_does_not_change_the_course() -> None:
    lines: list[str] = []
    told = run_seed(3, SHORT, tell=lines.append, verbosity=Verbosity.ALL)
    assert told.digest == run_seed(3, SHORT).digest
    assert any("delivered: Heartbeat" in line for line in lines)
    assert any("leads term" in line for line in lines)


def test_many_seeds_in_other_processes_report_what_they_report_here() -> None:
    reports = sorted(run_seeds(range(3), SHORT, jobs=2), key=lambda report: report.seed)
    assert reports == [run_seed(seed, SHORT) for seed in range(3)]


@pytest.mark.parametrize("parts", [HASTY, UNSYNCED], ids=["hasty", "unsynced"])
def test_what_is_broken_is_found(parts: Parts) -> None:
    failed = first_failure(parts, range(60))
    assert not run_seed(failed.seed).failed


def test_a_failure_is_shrunk_to_one_that_fails_in_the_same_way() -> None:
    failed = first_failure(FALLEN, range(20))
    assert failed.signature.startswith("error: KeyError")
    shrunk = shrink(failed, parts=FALLEN, run_limit_count=40)
    assert shrunk.report.signature == failed.signature
    assert len(shrunk.adjustment.without) >= 5
    assert shrunk.adjustment.clients in (0, 1)
    again = run_seed(failed.seed, shrunk.adjustment, parts=FALLEN)
    assert again == shrunk.report


def test_the_command_says_the_whole_adjustment() -> None:
    adjustment = Adjustment(without=("kill", "power"), boards=3, clients=2, faults_us=1_500_000)
    assert command_for(9, adjustment) == (
        "raftpi sim --seed 9 --without kill,power --boards 3 --clients 2 --faults 1.5"
    )
    assert command_for(9, Adjustment()) == "raftpi sim --seed 9"


def test_an_adjustment_that_cannot_be_is_refused() -> None:
    with pytest.raises(UsageError, match="no kind of fault"):
        run_seed(1, Adjustment(without=("weather",)))
    with pytest.raises(UsageError, match="1 to 9 boards"):
        run_seed(1, Adjustment(boards=10))


def test_a_run_without_any_fault_has_none() -> None:
    lines: list[str] = []
    report = run_seed(4, Adjustment(without=KINDS), tell=lines.append)
    assert not report.failed, report.text
    assert lines[3] == "befalls it: nothing"
    assert not [line for line in lines if "killed" in line or "power" in line.split("  ")[-1]]
