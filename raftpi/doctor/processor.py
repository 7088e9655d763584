"""How fast Python runs here: a slow processor needs slow timing."""

from collections.abc import Callable

from raftpi.doctor.finding import Finding, advice, ok

NAME = "processor"
ROUNDS = 20_000
REPEATS = 5
# A desktop takes about 1 ms, a Pi Zero 2 W is expected at 10; at 60 a turn of the daemon's loop
# lasts tens of milliseconds, which is a heartbeat of `wired`.
SLOW_US = 60_000


def measure_processor_us(clock_us: Callable[[], int]) -> int:
    """The shortest time of some runs of a fixed piece of Python."""
    times_us: list[int] = []
    for _ in range(REPEATS):
        before_us = clock_us()
        total = 0
        for number in range(ROUNDS):
            total += number & 7
        times_us.append(clock_us() - before_us)
    return min(times_us)


def judge_processor(time_us: int) -> Finding:
    """Whether the daemon can keep the beat of every timing."""
    text = f"{ROUNDS} rounds of a loop in {time_us / 1000:.1f} ms"
    if time_us > SLOW_US:
        remedy = 'set timing = "slow" below [cluster] before the cluster is founded'
        return advice(NAME, f"{text}: too slow for wired and wifi timing", remedy)
    return ok(NAME, text)
