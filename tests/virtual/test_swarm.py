"""Random faults on virtual time: every seed draws its own rates, size and card speeds."""

import pytest

from tests.virtual.swarm import Swarm


@pytest.mark.parametrize("seed", range(40))
def test_invariants_linearizability_and_progress_under_random_faults(seed: int) -> None:
    Swarm(seed).run(faults_us=4_000_000)
