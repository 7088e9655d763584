"""Looks for what catches a mutant: seeds of the simulator first, then the tests."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.house.finding import ROOT
from tests.mutants.plugin import VARIABLE

SEED_COUNT = 40
TESTS = ("tests/core", "tests/node", "tests/claims", "tests/scenarios", "tests/storage", "tests/kv")
# The true code takes a second or two a seed; what takes this long for one never ends.
SEED_LIMIT_S = 20
LIMIT_S = 600
NEVER_ENDS = "a run that never ends"
PROGRAM = f"""\
import faulthandler, sys
from raftpi.sim.run import run_seed
from tests.mutants.catalogue import mutant_named
mutant_named(sys.argv[1]).infect()
for seed in map(int, sys.argv[2].split(",")):
    faulthandler.dump_traceback_later({SEED_LIMIT_S}, exit=True)
    report = run_seed(seed)
    if report.failed:
        print(seed, report.signature)
        break
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catch:
    """What caught it: "seed 17", a test's name, or "" if nothing did; and how long that took."""

    by: str
    signature: str
    seed_count: int
    took_s: float


def hunt_with_seeds(name: str, seeds: Sequence[int]) -> Catch:
    """Run these seeds in an infected process, up to the first that finds a violation."""
    began_s = time.monotonic()
    listed = ",".join(map(str, seeds))
    done = _run([sys.executable, "-c", PROGRAM, name, listed])
    took_s = time.monotonic() - began_s
    if "Timeout (" in done.stderr:
        return Catch(by=NEVER_ENDS, signature="", seed_count=len(seeds), took_s=took_s)
    if done.returncode != 0:
        raise AssertionError(f"the hunt for {name} failed:\n{done.stderr[-3000:]}")
    seed, _, signature = done.stdout.strip().partition(" ")
    if not seed:
        return Catch(by="", signature="", seed_count=len(seeds), took_s=took_s)
    count = list(seeds).index(int(seed)) + 1
    return Catch(by=f"seed {seed}", signature=signature, seed_count=count, took_s=took_s)


def hunt_with_tests(name: str, tests: Sequence[str] = TESTS) -> Catch:
    """Run tests in an infected process, up to the first that fails."""
    began_s = time.monotonic()
    words = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "tests.mutants.plugin"]
    done = _run([*words, "-p", "no:cacheprovider", *tests], {VARIABLE: name})
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return Catch(
        by=found[1] if found else "",
        signature="a test",
        seed_count=0,
        took_s=time.monotonic() - began_s,
    )


def _run(
    words: Sequence[str], variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=ROOT,
        env={**os.environ, **(variables or {}), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
