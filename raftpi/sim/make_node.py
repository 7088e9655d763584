"""From an open store to a node, as the daemon makes it."""

from raftpi.core.founding import Founding
from raftpi.errors import DamagedData
from raftpi.node import Node
from raftpi.node.restored import restored
from raftpi.sim.chance import Chance
from raftpi.sim.violation import Violation
from raftpi.sim.world import World
from raftpi.storage.store import Store


def make_node(
    world: World,
    store: Store,
    *,
    node_id: int,
    name: str,
    founders: tuple[tuple[int, str], ...],
    chance: Chance,
    now_us: int,
) -> Node:
    """The replica that goes on from what the store recovered; `now_us` by its board's clock.

    `founders` are the boards in its configuration file, itself with them.
    """
    recovered = store.recovered
    founding = None
    if not recovered.entries and recovered.snapshot is None:
        founding = Founding(
            replica_id=recovered.identity.replica_id,
            node_id=node_id,
            founders=founders,
            timing=world.timing,
            machine_settings=world.machine_settings,
            now_us=now_us,
            lease_reads=world.lease_reads,
        )
    try:
        machine = restored(world.parts.machine(), store)
    except DamagedData as error:
        raise Violation("storage", f"{name}: {error}") from error
    return world.parts.node(
        replica_id=recovered.identity.replica_id,
        node_id=node_id,
        hard_state=recovered.hard_state,
        entries=recovered.entries,
        founding_of=founding,
        machine=machine,
        random=chance,
        now_us=now_us,
        snapshot=recovered.snapshot,
        limits=world.limits,
        priorities=world.priorities,
        snapshot_entry_count=world.snapshot_entry_count,
        snapshot_log_bytes=world.snapshot_log_bytes,
    )
