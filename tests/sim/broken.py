"""Nodes and stores with one bug each, to see that the simulator finds it."""

from collections.abc import Sequence
from dataclasses import replace

from raftpi.core.ready import Batch
from raftpi.node import Effects, Node
from raftpi.sim.world import Parts
from raftpi.storage.store import Store, WriteReport


class HastyNode(Node):
    """Believes that a batch is durable as soon as it has handed it out."""

    def advance(self, now_us: int) -> Effects:
        effects = super().advance(now_us)
        for batch in effects.batches:
            self.persisted(batch.number, now_us)
        more = super().advance(now_us) if effects.batches else None
        if more is None:
            return effects
        return replace(
            effects,
            batches=effects.batches + more.batches,
            jobs=effects.jobs + more.jobs,
            sends=effects.sends + more.sends,
            outcomes=effects.outcomes + more.outcomes,
            events=effects.events + more.events,
            has_more=more.has_more,
        )


class ForgetfulStore(Store):
    """Writes what it is given, but not the votes."""

    def append(self, batches: Sequence[Batch]) -> WriteReport:
        return super().append([self._without_vote(batch) for batch in batches])

    def _without_vote(self, batch: Batch) -> Batch:
        if batch.hard_state is None:
            return batch
        return replace(batch, hard_state=replace(batch.hard_state, voted_for=0))


class FallenNode(Node):
    """Fails in its own code when it becomes the second leader or later."""

    def advance(self, now_us: int) -> Effects:
        effects = super().advance(now_us)
        if any(event.text == "leads term 3" for event in effects.events):
            raise KeyError("a bug of 1 kind")
        return effects


HASTY = Parts(node=HastyNode)
FORGETFUL = Parts(store=ForgetfulStore)
FALLEN = Parts(node=FallenNode)
