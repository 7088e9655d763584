"""How fast Python runs."""

import itertools

from raftpi.doctor.finding import Verdict
from raftpi.doctor.processor import judge_processor, measure_processor_us


def test_the_best_of_some_runs_counts() -> None:
    spans = iter([9, 4, 7, 5, 6])
    clock = itertools.chain.from_iterable((100, 100 + span) for span in spans)
    assert measure_processor_us(lambda: next(clock)) == 4


def test_a_slow_processor_is_told_of_slow_timing() -> None:
    assert judge_processor(10_000).verdict is Verdict.OK
    assert 'timing = "slow"' in judge_processor(100_000).remedy
