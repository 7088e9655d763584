"""Leadership transfer: bring the target's log up to date, then have it campaign (thesis 3.10)."""

from raftpi.core import doubt
from raftpi.core.messages import TimeoutNow
from raftpi.core.ready import Role
from raftpi.core.state import ReplicaState


def begin(state: ReplicaState, target: int) -> str:
    """Start handing over to `target` (0: whoever is furthest along); why not, or "".

    Until the hand-over succeeds or an election timeout has passed no proposal is taken.
    """
    if state.role is not Role.LEADER:
        return "this node does not lead"
    if target == 0:
        target = best_target(state)
        if target == 0:
            return "no other voter has been heard of late"
    if target == state.replica_id:
        return ""
    if target not in state.cluster.voters():
        return "the target is not a voter"
    if not doubt.counts(state, target):
        return "the target's log was damaged, and it does not vote yet"
    if state.transfer_target not in (0, target):
        return "another transfer is under way"
    state.transfer_target = target
    state.timeout_now_sent = False
    state.transfer_deadline_us = state.now_us + state.timing.election_max_us
    continue_transfer(state)
    return ""


def best_target(state: ReplicaState) -> int:
    """The voter heard within a minimum election timeout whose log is furthest along, or 0."""
    best, best_match = 0, -1
    for peer in state.peers():
        progress = state.progress[peer]
        lately = state.now_us - progress.heard_us < state.timing.election_min_us
        is_voter = peer in state.cluster.voters()
        is_well = progress.disk_healthy and doubt.counts(state, peer)
        if lately and is_voter and is_well and progress.match_index > best_match:
            best, best_match = peer, progress.match_index
    return best


def continue_transfer(state: ReplicaState) -> None:
    """Send TimeoutNow once the target holds the whole log."""
    if state.transfer_target == 0 or state.timeout_now_sent:
        return
    progress = state.progress.get(state.transfer_target)
    if progress is None or progress.match_index < state.log.last_index:
        return
    state.timeout_now_sent = True
    send_timeout_now(state, state.transfer_target)


def send_timeout_now(state: ReplicaState, target: int) -> None:
    """Tell `target` to campaign at once; from here on no lease of this term is good."""
    state.lease_is_spent = True
    state.send(TimeoutNow(sender=state.replica_id, receiver=target, term=state.current_term))


def give_up_if_late(state: ReplicaState) -> None:
    """The target did not take over within an election timeout: lead on."""
    if state.transfer_target != 0 and state.now_us >= state.transfer_deadline_us:
        state.transfer_target = 0
        state.timeout_now_sent = False
