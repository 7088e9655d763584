"""How much faster than real time the simulator is: `python -m tests.sim.bench`.

Three clients at different paces, some crashes and cuts; the best of three runs in processor time.
"""

import time
from dataclasses import replace

from raftpi.core.limits import Limits
from raftpi.core.timing import PROFILES
from raftpi.sim.client import Workload
from raftpi.sim.network import Weather
from raftpi.sim.plan import SECOND_US, Plan, draw
from raftpi.sim.swarm import run_plan

FAULTS = (("power", 0.3), ("kill", 0.3), ("isolate", 0.3))
THINKING_US = (30_000, 100_000, 300_000)


def plan_of(boards: int, think_us: int) -> Plan:
    """Twenty virtual seconds on good cards and a good network."""
    return replace(
        draw(3),
        boards=boards,
        spares=0,
        timing=PROFILES["wired"],
        faults_us=20 * SECOND_US,
        heal_rate=1.0,
        rates=FAULTS,
        weather=Weather(),
        workload=Workload(clients=3, think_us=think_us),
        sync_us=(500,) * boards,
        segment_bytes=256 * 1024,
        limits=Limits(),
        snapshot_entry_count=2_000,
        priorities=(),
        lease_reads=False,
    )


def main() -> None:
    """Print one line for each number of boards and pace."""
    for boards in (3, 5):
        for think_us in THINKING_US:
            times_s = []
            for _ in range(3):
                began_s = time.process_time()
                report = run_plan(plan_of(boards, think_us))
                times_s.append(time.process_time() - began_s)
            assert not report.failed, report.text
            virtual_s = report.virtual_us / SECOND_US
            print(
                f"{boards} boards, {report.operation_count / virtual_s:.0f} operations/s: "
                f"{virtual_s / min(times_s):.0f} times real time, "
                f"{report.event_count / min(times_s):.0f} events/s"
            )


if __name__ == "__main__":
    main()
