"""What all boards of a run share: time, network, trace, ledger, and the parts under test."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from raftpi.core.limits import Limits
from raftpi.core.timing import Timing
from raftpi.kv.machine import Machine
from raftpi.node import Node
from raftpi.node.machine import StateMachine
from raftpi.sim.agenda import Agenda
from raftpi.sim.chance import Chance
from raftpi.sim.ledger import Ledger
from raftpi.sim.network import Network
from raftpi.sim.trace import Trace
from raftpi.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What runs on a board: the production code, or something that a test has broken."""

    node: type[Node] = Node
    store: type[Store] = Store
    machine: Callable[[], StateMachine] = Machine


@dataclass(slots=True, kw_only=True)
class World:
    """See the module. `founders` are (node id, name) of the boards that found the cluster.

    `priorities`, `limits`, `segment_bytes`, `reserve_bytes` and the snapshots' are as in a
    configuration file.
    """

    agenda: Agenda
    chance: Chance
    trace: Trace
    ledger: Ledger
    network: Network
    parts: Parts
    founders: tuple[tuple[int, str], ...]
    timing: Timing
    machine_settings: bytes
    lease_reads: bool
    segment_bytes: int
    reserve_bytes: int
    limits: Limits
    priorities: Mapping[int, int]
    snapshot_entry_count: int
    snapshot_log_bytes: int
