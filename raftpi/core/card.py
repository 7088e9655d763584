"""How the own card is doing: for how long the write under way has taken, and its room."""

from raftpi.core.ready import Role
from raftpi.core.roles import become_follower
from raftpi.core.room import Room
from raftpi.core.state import ReplicaState


def pending_us(state: ReplicaState) -> int:
    """For how long the write under way has taken so far, 0 when there is none."""
    if state.writing_since_us is None:
        return 0
    return max(0, state.now_us - state.writing_since_us)


def is_healthy(state: ReplicaState) -> bool:
    """What the others are told: there is room, and no write takes half of the limit so far."""
    return is_roomy(state) and pending_us(state) < state.limits.disk_stall_us // 2


def is_roomy(state: ReplicaState) -> bool:
    """Whether entries are written."""
    return state.room is Room.ENOUGH


def is_to_be_relieved(state: ReplicaState) -> bool:
    """Whether somebody with a better card should lead."""
    return not is_roomy(state) or pending_us(state) >= state.limits.disk_stall_us


def set_room(state: ReplicaState, room: Room) -> None:
    """The card has this much room from now on. Who lacks it does not go on campaigning."""
    if room is Room.ENOUGH:
        state.withheld_bytes = 0
    elif state.role in (Role.PRE_CANDIDATE, Role.CANDIDATE):
        become_follower(state, state.current_term, 0)
    state.room = room


def on_write_refused(state: ReplicaState) -> None:
    """No batch under way was written, for lack of room: what they hold is yet to be written."""
    state.messages_after_persist = []
    if state.durability.refused():
        state.snapshot_to_log = state.snapshot


def may_campaign(state: ReplicaState) -> bool:
    """Whether this card would make a vote durable within an election timeout, by its look.

    Without room for entries it could lead, but nothing could be committed with its help.
    """
    if not is_roomy(state):
        return False
    limit_us = min(state.timing.election_min_us, state.limits.disk_stall_us)
    return pending_us(state) < limit_us
