"""What a person or the shrinker changes in a seed's plan, and the options that say so."""

from dataclasses import dataclass, replace

from raftpi.errors import UsageError
from raftpi.sim.plan import SECOND_US, Plan

LARGEST_CLUSTER = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """`without`: kinds of faults that are left out; 0 leaves a number as the seed drew it."""

    without: tuple[str, ...] = ()
    boards: int = 0
    clients: int = 0
    faults_us: int = 0

    def apply(self, plan: Plan) -> Plan:
        """The plan so changed. Raises UsageError for what no cluster can have."""
        plan = plan.without(self.without)
        if self.boards:
            if self.boards > LARGEST_CLUSTER:
                raise UsageError(f"a cluster has 1 to {LARGEST_CLUSTER} boards, not {self.boards}")
            sync_us = plan.sync_us * LARGEST_CLUSTER
            plan = replace(plan, boards=self.boards, sync_us=sync_us)
        if self.clients:
            plan = replace(plan, workload=replace(plan.workload, clients=self.clients))
        if self.faults_us:
            plan = replace(plan, faults_us=self.faults_us)
        return plan

    def options(self) -> str:
        """The options of `raftpi sim` that make this adjustment, each with a space before it."""
        options = f" --without {','.join(self.without)}" if self.without else ""
        options += f" --boards {self.boards}" if self.boards else ""
        options += f" --clients {self.clients}" if self.clients else ""
        options += f" --faults {self.faults_us / SECOND_US:g}" if self.faults_us else ""
        return options


def command_for(seed: int, adjustment: Adjustment) -> str:
    """The one command that replays a run."""
    return f"raftpi sim --seed {seed}{adjustment.options()}"
