"""A leader whose card stalls goes on with the others' cards, until the stall is too long.

One whose card is full hands over at once.
"""

from raftpi.core import card, doubt, transfer
from raftpi.core.quorum import is_quorum
from raftpi.core.state import ReplicaState


def hand_over_if_stalled(state: ReplicaState) -> None:
    """A leader hands over if members with healthy cards are a quorum without this one.

    Otherwise there is nobody better: it stays, and promises nothing that no quorum holds.
    """
    if state.transfer_target != 0 or not card.is_to_be_relieved(state):
        return
    healthy: list[int] = []
    for peer in state.peers():
        progress = state.progress[peer]
        if (
            progress.disk_healthy
            and doubt.counts(state, peer)
            and state.now_us - progress.heard_us < state.timing.election_min_us
        ):
            healthy.append(peer)
    if is_quorum(state.cluster, healthy):
        transfer.begin(state, 0)
