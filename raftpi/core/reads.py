"""Linearizable reads without a log write: ReadIndex, in batches (thesis 6.4)."""

from raftpi.core import heartbeats
from raftpi.core.ready import ReadReady, Role
from raftpi.core.state import ReplicaState


def request(state: ReplicaState, read_id: int) -> bool:
    """Take a read in; False when this replica does not lead."""
    if state.role is not Role.LEADER:
        return False
    state.reads_waiting.append(read_id)
    return True


def start_round(state: ReplicaState) -> None:
    """Give the waiting reads the commit index and a heartbeat round that confirms it.

    A leader knows that its commit index is the newest only after it has committed an entry
    of its own term. While one round is under way the next reads wait for it to come back:
    that is what batches them.
    """
    if not state.reads_waiting or state.reads_in_round:
        return
    if state.log.term_at(state.commit_index) != state.current_term:
        return
    read_ids = tuple(state.reads_waiting)
    state.reads_waiting = []
    state.reads_in_round.append((state.heartbeat_round + 1, state.commit_index, read_ids))
    heartbeats.broadcast(state)
    confirm(state)


def confirm(state: ReplicaState) -> None:
    """The reads of every round that a quorum has answered are safe."""
    if not state.reads_in_round:
        return
    quorum_round = heartbeats.quorum_round(state)
    remaining: list[tuple[int, int, tuple[int, ...]]] = []
    for number, index, read_ids in state.reads_in_round:
        if number <= quorum_round:
            for read_id in read_ids:
                state.reads_ready.append(ReadReady(read_id=read_id, index=index))
        else:
            remaining.append((number, index, read_ids))
    state.reads_in_round = remaining
