"""Random faults on virtual time: every seed draws its own cluster, rates, workload and speeds."""

import os

import pytest

from raftpi.sim.run import run_seeds
from raftpi.sim.swarm import RunReport
from tests.mutants.hunt import SEED_COUNT

# What these runs found at their time. Who was no member by a stale log was not heard (the first
# two). Answers to appends from before a drop filled the pipeline anew, each of them (3442). A
# leader that crawls, and a board whose card does, get more time (3635, 14136, 23551). Who was
# removed did not campaign, and nobody else could win (13073). A card was thrown away that an
# entry under way had made needed (23761).
FOUND_SOMETHING = (1799, 2174, 3442, 3635, 13073, 14136, 23551, 23761)
SOAK_COUNT = 5_000


# The mutants are hunted with the first of these.
SEEDS = (*range(SEED_COUNT), *FOUND_SOMETHING)


@pytest.fixture(scope="module")
def reports() -> dict[int, RunReport]:
    """All runs, as many at a time as there are processors."""
    return {report.seed: report for report in run_seeds(SEEDS, jobs=os.cpu_count() or 1)}


@pytest.mark.parametrize("seed", SEEDS)
def test_invariants_linearizability_and_progress_under_random_faults(
    seed: int, reports: dict[int, RunReport]
) -> None:
    report = reports[seed]
    assert not report.failed, report.text
    assert report.operation_count > 0
    assert report.committed_count > 0


@pytest.mark.soak
def test_many_more_seeds() -> None:
    seeds = range(SEED_COUNT, SEED_COUNT + SOAK_COUNT)
    for report in run_seeds(seeds, jobs=os.cpu_count() or 1):
        assert not report.failed, f"raftpi sim --seed {report.seed}: {report.text}"
