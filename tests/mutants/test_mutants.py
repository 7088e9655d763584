"""Every known bug, put back in, is caught; `make mutants` hunts them all anew.

That the true code passes the same seeds is shown by tests/sim/test_swarm.py.
"""

import pytest

from tests.mutants import guide
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


def test_the_table_in_the_guide_is_of_these() -> None:
    assert guide.written() == guide.table(), "run: python -m tests.mutants.guide"
