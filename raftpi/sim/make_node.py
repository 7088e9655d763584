"""From an open store to a node, as the daemon makes it."""

from raftpi.core.founding import Founding
from raftpi.errors import ProtocolError
from raftpi.node import Node
from raftpi.node.block_stream import BlockReader
from raftpi.node.machine import StateMachine
from raftpi.node.snapshot_store import payload_of
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
    return world.parts.node(
        replica_id=recovered.identity.replica_id,
        node_id=node_id,
        hard_state=recovered.hard_state,
        entries=recovered.entries,
        founding_of=founding,
        machine=restored_machine(world, store, name),
        random=chance,
        now_us=now_us,
        snapshot=recovered.snapshot,
        limits=world.limits,
        priorities=world.priorities,
        snapshot_entry_count=world.snapshot_entry_count,
        snapshot_log_bytes=world.snapshot_log_bytes,
    )


def restored_machine(world: World, store: Store, name: str) -> StateMachine:
    """The state machine as the newest snapshot has it, empty without one."""
    machine = world.parts.machine()
    snapshot = store.recovered.snapshot
    if snapshot is None:
        return machine
    restoration = machine.restoration()
    blocks = BlockReader()
    try:
        for data in payload_of(store.open_snapshot(snapshot.index)):
            for block in blocks.feed(data):
                restoration.take(block)
        blocks.check_end()
        return restoration.machine()
    except ProtocolError as error:
        raise Violation("storage", f"{name}'s snapshot is none: {error}") from error
