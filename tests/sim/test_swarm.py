"""Random faults on virtual time: every seed draws its own cluster, rates, workload and speeds."""

import pytest

from raftpi.sim.run import run_seed


@pytest.mark.parametrize("seed", range(40))
def test_invariants_linearizability_and_progress_under_random_faults(seed: int) -> None:
    report = run_seed(seed)
    assert not report.failed, report.text
    assert report.operation_count > 0
    assert report.committed_count > 0
