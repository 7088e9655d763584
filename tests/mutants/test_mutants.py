"""Every known bug, put back in, is caught; `make mutants` hunts them all anew."""

import pytest

from raftpi.sim.run import run_seed
from tests.mutants.catalogue import CATALOGUE
from tests.mutants.caught import CAUGHT
from tests.mutants.hunt import SEED_COUNT, hunt_with_seeds, hunt_with_tests

SEEDS = "seeds"


def test_every_mutant_is_caught_by_something() -> None:
    assert sorted(CAUGHT) == sorted(CATALOGUE)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CAUGHT))
def test_what_caught_a_mutant_still_does(name: str) -> None:
    if CAUGHT[name] == SEEDS:
        assert hunt_with_seeds(name, range(SEED_COUNT)).by
    else:
        assert hunt_with_tests(name, [CAUGHT[name]]).by == CAUGHT[name]


@pytest.mark.slow
def test_the_true_code_passes_the_same_seeds() -> None:
    for seed in range(SEED_COUNT):
        report = run_seed(seed)
        assert not report.failed, f"seed {seed}: {report.text}"
