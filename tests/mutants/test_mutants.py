"""Every known bug, put back in, is caught; `make mutants` hunts them all anew.

That the true code passes the same seeds is shown by tests/sim/test_swarm.py.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.mutants import guide
from tests.mutants.catalogue import CATALOGUE
from tests.mutants.caught import CAUGHT
from tests.mutants.hunt import SEED_COUNT, Catch, hunt_with_seeds, hunt_with_tests

SEED = "seed "


def test_every_mutant_is_caught_by_something() -> None:
    assert sorted(CAUGHT) == sorted(CATALOGUE)


@pytest.fixture(scope="module")
def catches() -> dict[str, Catch]:
    """What catches each now: all are hunted, as many at a time as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(hunt_again, sorted(CAUGHT))
        return dict(zip(sorted(CAUGHT), found, strict=True))


def hunt_again(name: str) -> Catch:
    """Hunt with what caught it; where that seed has come to draw another run, with all of them."""
    if CAUGHT[name].startswith(SEED):
        first = int(CAUGHT[name].removeprefix(SEED))
        return hunt_with_seeds(name, sorted(range(SEED_COUNT), key=lambda seed: seed != first))
    return hunt_with_tests(name, [CAUGHT[name]])


@pytest.mark.slow
@pytest.mark.limit_s(900)
@pytest.mark.parametrize("name", sorted(CAUGHT))
def test_what_caught_a_mutant_still_does(name: str, catches: dict[str, Catch]) -> None:
    by = catches[name].by
    assert by if CAUGHT[name].startswith(SEED) else by == CAUGHT[name]


def test_the_table_in_the_guide_is_of_these() -> None:
    assert guide.written() == guide.table(), "run: python -m tests.mutants.guide"
