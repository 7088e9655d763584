"""Runs: one seed, or many over all processors."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from raftpi.sim.adjustment import Adjustment
from raftpi.sim.plan import draw
from raftpi.sim.swarm import RunReport, run_plan
from raftpi.sim.trace import Verbosity
from raftpi.sim.world import Parts


def run_seed(
    seed: int,
    adjustment: Adjustment | None = None,
    *,
    parts: Parts | None = None,
    tell: Callable[[str], None] | None = None,
    verbosity: Verbosity = Verbosity.EVENTS,
) -> RunReport:
    """Run one seed; `tell` is given the head of the trace and then its lines.

    Raises UsageError for an adjustment that cannot be made.
    """
    plan = (adjustment or Adjustment()).apply(draw(seed))
    if tell is not None:
        for line in plan.lines():
            tell(line)
    return run_plan(plan, parts=parts, tell=tell, verbosity=verbosity)


def run_seeds(
    seeds: Sequence[int],
    adjustment: Adjustment | None = None,
    *,
    jobs: int = 1,
    parts: Parts | None = None,
) -> Iterator[RunReport]:
    """Run many seeds in `jobs` processes; the reports come as they are ready.

    The processes are begun anew, not forked: nothing of this one has a part in what they find.
    """
    run = partial(run_seed, adjustment=adjustment, parts=parts)
    if jobs <= 1 or len(seeds) <= 1:
        yield from map(run, seeds)
        return
    with multiprocessing.get_context("spawn").Pool(min(jobs, len(seeds))) as pool:
        yield from pool.imap_unordered(run, seeds)
