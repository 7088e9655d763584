"""Shrinking: the same failure with less around it.

Fault kinds are left out, boards and clients taken away and the time shortened, as long as the
run still fails in the same way. Each change is tried by a whole run.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from raftpi.sim.adjustment import Adjustment
from raftpi.sim.plan import KINDS, SECOND_US, Plan, draw
from raftpi.sim.run import run_seed
from raftpi.sim.swarm import RunReport
from raftpi.sim.world import Parts

RUN_LIMIT_COUNT = 150
TENTH_US = SECOND_US // 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunk:
    """The smallest failing run that was found, and after how many tries."""

    adjustment: Adjustment
    report: RunReport
    run_count: int


def shrink(
    failed: RunReport,
    adjustment: Adjustment | None = None,
    *,
    parts: Parts | None = None,
    run_limit_count: int = RUN_LIMIT_COUNT,
    on_run: Callable[[int], None] | None = None,
) -> Shrunk:
    """Shrink a run that has failed under this adjustment; `on_run` is told how many were tried."""
    best = Shrunk(adjustment=adjustment or Adjustment(), report=failed, run_count=0)
    run_count = 0
    improved = True
    while improved:
        improved = False
        for smaller in _smaller(failed.seed, best):
            if run_count >= run_limit_count:
                return replace(best, run_count=run_count)
            run_count += 1
            report = run_seed(failed.seed, smaller, parts=parts)
            if on_run is not None:
                on_run(run_count)
            if report.signature == failed.signature:
                best = Shrunk(adjustment=smaller, report=report, run_count=run_count)
                improved = True
                break
    return replace(best, run_count=run_count)


def _smaller(seed: int, best: Shrunk) -> Iterator[Adjustment]:
    """What to try next: the great steps first."""
    now = best.adjustment
    plan = now.apply(draw(seed))
    kinds = _active(plan)
    size = len(kinds)
    while size >= 1:
        for start in range(0, len(kinds), size):
            group = kinds[start : start + size]
            yield replace(now, without=tuple(sorted((*now.without, *group))))
        size //= 2
    for clients in (1, plan.workload.clients // 2, plan.workload.clients - 1):
        if 0 < clients < plan.workload.clients:
            yield replace(now, clients=clients)
    for boards in (1, 3, 5):
        if boards < plan.boards:
            yield replace(now, boards=boards)
    last_us = best.report.virtual_us
    for faults_us in (last_us, plan.faults_us // 2, plan.faults_us * 4 // 5):
        rounded_us = -(-faults_us // TENTH_US) * TENTH_US
        if 0 < rounded_us < plan.faults_us:
            yield replace(now, faults_us=rounded_us)


def _active(plan: Plan) -> list[str]:
    """The kinds of faults that this plan has and that can be left out."""
    return [
        kind for kind in KINDS if plan.without((kind,)) != replace(plan, absent=_with(plan, kind))
    ]


def _with(plan: Plan, kind: str) -> tuple[str, ...]:
    return tuple(sorted({*plan.absent, kind}))
