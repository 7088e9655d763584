"""Heartbeat rounds, and what rests on their answers: check-quorum, reads, the lamp's lease."""

from raftpi.core import card, doubt, roles
from raftpi.core.messages import Heartbeat, HeartbeatResponse
from raftpi.core.quorum import quorum_value
from raftpi.core.ready import Role
from raftpi.core.state import ReplicaState

KEPT_ROUND_COUNT = 32


def broadcast(state: ReplicaState) -> int:
    """Send a new round of heartbeats to every member; the round's number."""
    state.heartbeat_round += 1
    state.heartbeat_deadline_us = state.now_us + state.timing.heartbeat_us
    state.round_sent_us[state.heartbeat_round] = state.now_us
    for peer in state.peers():
        matched = state.progress[peer].match_index
        state.send(
            Heartbeat(
                sender=state.replica_id,
                receiver=peer,
                term=state.current_term,
                round=state.heartbeat_round,
                commit_index=min(state.commit_index, matched),
                leader_commit_index=state.commit_index,
            )
        )
    note_answered_rounds(state)
    return state.heartbeat_round


def on_heartbeat(state: ReplicaState, message: Heartbeat) -> None:
    """The leader lives; what it says is committed has matched here before."""
    state.advance_commit(message.commit_index)
    state.send(
        HeartbeatResponse(
            sender=state.replica_id,
            receiver=message.sender,
            term=state.current_term,
            round=message.round,
            disk_healthy=card.is_healthy(state),
            doubt_id=state.doubt_id,
        )
    )


def on_heartbeat_response(state: ReplicaState, message: HeartbeatResponse) -> None:
    """A follower answered: count it, and see whether a quorum has."""
    progress = state.progress.get(message.sender)
    if state.role is not Role.LEADER or progress is None:
        return
    if message.round > state.heartbeat_round:
        state.refuse("answer to a heartbeat that was never sent")
        return
    if not doubt.is_of_now(state, message.sender, message.doubt_id):
        return
    progress.heard_us = state.now_us
    progress.disk_healthy = message.disk_healthy
    sent_us = state.round_sent_us.get(message.round)
    if sent_us is not None:
        progress.delay_us = state.now_us - sent_us
    if message.round > progress.acked_round:
        progress.acked_round = message.round
        note_answered_rounds(state)


def quorum_heard_us(state: ReplicaState) -> int:
    """The latest moment by which a quorum, this leader included, had been heard from."""
    heard = {state.replica_id: state.now_us}
    for peer in state.peers():
        if doubt.counts(state, peer):
            heard[peer] = state.progress[peer].heard_us
    return quorum_value(state.cluster, heard)


def check_quorum_at_us(state: ReplicaState) -> int:
    """When this leader must look whether it has heard a quorum, at the latest.

    What it hears only puts that off, so the moment found last is kept until it has come.
    """
    if state.now_us >= state.quorum_check_us or state.quorum_check_by is not state.cluster:
        state.quorum_check_us = quorum_heard_us(state) + state.timing.election_max_us
        state.quorum_check_by = state.cluster
    return state.quorum_check_us


def lease_until_us(state: ReplicaState) -> int:
    """Until when the lamp may show blue: 0 for who leads not, or not yet surely.

    Counted from the sending of the round that a quorum answered, and a tenth shorter than
    the minimum election timeout. It is for lamps: a hint or a transfer can end leadership
    within it.
    """
    if state.role is not Role.LEADER or state.lease_from_us < 0 or state.timeout_now_sent:
        return 0
    if state.log.term_at(state.commit_index) != state.current_term:
        return 0
    return state.lease_from_us + state.timing.election_min_us * 9 // 10


def contact(state: ReplicaState, leader_id: int) -> bool:
    """A message of this term's leader came: follow it. False if it cannot be the leader.

    Invariant: one leader a term; a second one is a peer's fault, refused and counted.
    """
    if state.role is Role.LEADER or state.leader_id not in (0, leader_id):
        state.refuse("a second leader in one term")
        return False
    state.hint_attempts_left = 0
    state.leader_contact_us = state.now_us
    if state.role is not Role.FOLLOWER or state.leader_id == 0:
        roles.become_follower(state, state.current_term, leader_id)
    else:
        roles.reset_election_deadline(state)
    return True


def quorum_round(state: ReplicaState) -> int:
    """The newest heartbeat round that a quorum, this leader included, has answered."""
    acked = {state.replica_id: state.heartbeat_round}
    for peer in state.peers():
        if doubt.counts(state, peer):
            acked[peer] = state.progress[peer].acked_round
    return quorum_value(state.cluster, acked)


def note_answered_rounds(state: ReplicaState) -> None:
    """Extend the lease to the newest round that a quorum answered.

    Rounds a little older are kept: the slowest board's answers tell how slow it is.
    """
    newest = quorum_round(state)
    sent_us = state.round_sent_us.get(newest)
    if sent_us is not None:
        state.lease_from_us = max(state.lease_from_us, sent_us)
    oldest = newest - KEPT_ROUND_COUNT
    for number in [number for number in state.round_sent_us if number < oldest]:
        del state.round_sent_us[number]


def step_down_if_no_quorum(state: ReplicaState) -> None:
    """Check-quorum (thesis 6.2): a leader that no quorum answers follows again."""
    if state.now_us >= check_quorum_at_us(state):
        roles.become_follower(state, state.current_term, 0)
