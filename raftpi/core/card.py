"""How the own card is doing: for how long the write under way has taken."""

from raftpi.core.state import ReplicaState


def pending_us(state: ReplicaState) -> int:
    """For how long the write under way has taken so far, 0 when there is none."""
    if state.writing_since_us is None:
        return 0
    return max(0, state.now_us - state.writing_since_us)


def is_healthy(state: ReplicaState) -> bool:
    """What the others are told: no write has been under way for half of the limit."""
    return pending_us(state) < state.limits.disk_stall_us // 2


def may_campaign(state: ReplicaState) -> bool:
    """Whether this card would make a vote durable within an election timeout, by its look."""
    limit_us = min(state.timing.election_min_us, state.limits.disk_stall_us)
    return pending_us(state) < limit_us
