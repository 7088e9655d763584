"""Nodes and stores with one bug each, to see that the simulator finds it."""

from dataclasses import replace
from typing import Any

from raftpi.node import Effects, Node
from raftpi.sim.disk import Inode, VirtualDisk
from raftpi.sim.world import Parts
from raftpi.storage.disk import Disk
from raftpi.storage.store import Store


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


class IdleDisk(VirtualDisk):
    """Says that it has synced, and has not."""

    def sync(self, path: str, inode: Inode) -> None:
        self.effect("sync", path)


class UnsyncedStore(Store):
    """Forgets that a file must be synced."""

    @classmethod
    def open(cls, *, disk: Disk, **rest: Any) -> Store:
        disk.__class__ = IdleDisk
        return super().open(disk=disk, **rest)


class FallenNode(Node):
    """Fails in its own code when it becomes the second leader or later."""

    def advance(self, now_us: int) -> Effects:
        effects = super().advance(now_us)
        if any(event.text == "leads term 3" for event in effects.events):
            raise KeyError("a bug of 1 kind")
        return effects


HASTY = Parts(node=HastyNode)
UNSYNCED = Parts(store=UnsyncedStore)
FALLEN = Parts(node=FallenNode)
