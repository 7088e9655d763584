"""How much faster than real time does the simulator run whole clusters under faults?

Runs the same seeds for each size, several times over, and prints the medians: simulated seconds
and events for each second of this process.

    python -m bench.simulation_speed [--seeds 20] [--rounds 5]
"""

import argparse
import statistics
import time

from raftpi.sim.adjustment import Adjustment
from raftpi.sim.run import run_seed

SIZES = (3, 5)
SECOND_US = 1_000_000


def measure(boards: int, seed_count: int) -> tuple[float, float]:
    """Simulated seconds, and events, for each second of processor time."""
    virtual_us = event_count = 0
    began_s = time.process_time()
    for seed in range(seed_count):
        report = run_seed(seed, Adjustment(boards=boards))
        virtual_us += report.virtual_us
        event_count += report.event_count
    took_s = time.process_time() - began_s
    return virtual_us / SECOND_US / took_s, event_count / took_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    figures: dict[int, list[tuple[float, float]]] = {boards: [] for boards in SIZES}
    for _ in range(options.rounds):
        for boards in SIZES:
            figures[boards].append(measure(boards, options.seeds))
    print("boards  simulated s per s  events per s")
    for boards in SIZES:
        speeds, events = zip(*figures[boards], strict=True)
        print(f"{boards:6}  {statistics.median(speeds):17.0f}  {statistics.median(events):12.0f}")


if __name__ == "__main__":
    main()
