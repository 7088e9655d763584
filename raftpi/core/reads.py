"""Linearizable reads without a log write: ReadIndex, in batches, on every member (thesis 6.4).

A leader confirms by a round of heartbeats that it still leads; a follower asks its leader for
the index and answers itself once it has applied that far. With `lease_reads` in the replicated
configuration a leader whose lease is good skips the round (thesis 6.4.1).

The lease counts from the sending of a round that a quorum answered, and lasts nine tenths of the
minimum election timeout. It holds as long as no clock runs more than 5 % fast or slow: 0.9 * 1.05
is less than 1 / 1.05. No voter votes within a minimum election timeout of hearing a leader, after
a restart neither; and no lease is used in a term in which a TimeoutNow was sent.
"""

from raftpi.core import heartbeats
from raftpi.core.messages import RequestReadIndex, RequestReadIndexResponse
from raftpi.core.ready import ReadReady, Role
from raftpi.core.state import ReplicaState


def request(state: ReplicaState, read_id: int) -> bool:
    """Take a read in; False when this replica neither leads nor knows who does."""
    if state.leader_id == 0:
        return False
    state.reads_waiting.append((state.replica_id, read_id))
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
    reads = tuple(state.reads_waiting)
    state.reads_waiting = []
    if _lease_is_good(state):
        _answer(state, reads, state.commit_index)
        return
    state.reads_in_round.append((state.heartbeat_round + 1, state.commit_index, reads))
    heartbeats.broadcast(state)
    confirm(state)


def confirm(state: ReplicaState) -> None:
    """The reads of every round that a quorum has answered are safe."""
    if not state.reads_in_round:
        return
    quorum_round = heartbeats.quorum_round(state)
    remaining: list[tuple[int, int, tuple[tuple[int, int], ...]]] = []
    for number, index, reads in state.reads_in_round:
        if number <= quorum_round:
            _answer(state, reads, index)
        else:
            remaining.append((number, index, reads))
    state.reads_in_round = remaining


def ask_leader(state: ReplicaState) -> None:
    """A follower's waiting reads share one request; the next ones wait until it is answered."""
    if not state.reads_waiting or state.reads_forwarded:
        return
    state.read_request_id += 1
    state.reads_forwarded = [read_id for _, read_id in state.reads_waiting]
    state.reads_waiting = []
    _send_request(state)


def ask_again(state: ReplicaState) -> None:
    """The leader is heard, but the request was not answered for a heartbeat: it may be lost."""
    if (
        state.reads_forwarded
        and state.now_us - state.read_request_sent_us >= state.timing.heartbeat_us
    ):
        _send_request(state)


def on_request_read_index(state: ReplicaState, message: RequestReadIndex) -> None:
    """A follower's read: treated like the own ones."""
    if state.role is Role.LEADER:
        state.reads_waiting.append((message.sender, message.request_id))


def on_request_read_index_response(state: ReplicaState, message: RequestReadIndexResponse) -> None:
    """The leader's answer to the request under way; an older one's is stale."""
    if (
        state.role is not Role.FOLLOWER
        or message.sender != state.leader_id
        or message.request_id != state.read_request_id
    ):
        return
    for read_id in state.reads_forwarded:
        state.reads_ready.append(ReadReady(read_id=read_id, index=message.index))
    state.reads_forwarded = []


def _answer(state: ReplicaState, reads: tuple[tuple[int, int], ...], index: int) -> None:
    for replica_id, number in reads:
        if replica_id == state.replica_id:
            state.reads_ready.append(ReadReady(read_id=number, index=index))
        else:
            state.send(
                RequestReadIndexResponse(
                    sender=state.replica_id,
                    receiver=replica_id,
                    term=state.current_term,
                    request_id=number,
                    index=index,
                )
            )


def _send_request(state: ReplicaState) -> None:
    state.read_request_sent_us = state.now_us
    state.send(
        RequestReadIndex(
            sender=state.replica_id,
            receiver=state.leader_id,
            term=state.current_term,
            request_id=state.read_request_id,
        )
    )


def _lease_is_good(state: ReplicaState) -> bool:
    return (
        state.cluster.lease_reads
        and not state.lease_is_spent
        and state.now_us < heartbeats.lease_until_us(state)
    )
