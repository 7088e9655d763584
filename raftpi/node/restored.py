"""The state machine as a start finds it: what the newest snapshot on the card holds."""

from raftpi.errors import DamagedData, ProtocolError
from raftpi.node.block_stream import BlockReader
from raftpi.node.machine import StateMachine
from raftpi.node.snapshot_store import payload_of
from raftpi.storage.store import Store


def restored(fresh: StateMachine, store: Store) -> StateMachine:
    """The machine with the snapshot's state, or `fresh` itself where there is no snapshot.

    Raises DamagedData when the snapshot's bytes are whole but no state of such a machine's, and
    what the storage raises.
    """
    snapshot = store.recovered.snapshot
    if snapshot is None:
        return fresh
    restoration = fresh.restoration()
    blocks = BlockReader()
    try:
        for data in payload_of(store.open_snapshot(snapshot.index)):
            for block in blocks.feed(data):
                restoration.take(block)
        blocks.check_end()
        return restoration.machine()
    except ProtocolError as error:
        raise DamagedData(f"the snapshot up to index {snapshot.index} is none: {error}") from error
