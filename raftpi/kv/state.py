"""What makes up a state machine: all that its answers and results depend on."""

from dataclasses import dataclass

from raftpi.kv.sessions import Sessions
from raftpi.kv.store import Store


@dataclass(slots=True, kw_only=True)
class State:
    """`settings`: the packed settings in force; `applied_index`: of the last command applied."""

    settings: bytes
    applied_index: int
    sessions: Sessions
    store: Store
