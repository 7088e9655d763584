"""A card that stalls for 1 to 60 s: nothing is acknowledged falsely, and heartbeats go on.

At the end of the stall the power of the board goes, so what its card did not hold is lost: what
was answered must be there all the same. Virtual time; some lengths, and in `make soak` every one.
"""

from collections.abc import Callable

import pytest

from raftpi.command import Get, pack_query, unpack_listing
from raftpi.core.messages import AppendEntries, AppendEntriesResponse, Heartbeat
from raftpi.core.timing import PROFILES
from raftpi.node import Committed
from raftpi.sim.cluster import VirtualCluster
from tests.node.test_node import followers, put

SECOND_US = 1_000_000
SLICE_US = 20_000
PUT_EVERY_SLICES = 5
# The hand-over comes after two seconds of stall.
STALL_LIMIT_S = 2
SOME_S = (1, 2, 3, 10, 60)
LENGTHS = [
    pytest.param(seconds, marks=() if seconds in SOME_S else (pytest.mark.soak,))
    for seconds in range(1, 61)
]
CHOICES: dict[str, Callable[[VirtualCluster, int], list[int]]] = {
    "the leader": lambda cluster, leader: [leader],
    "a follower": lambda cluster, leader: followers(cluster, leader)[:1],
    "both followers": followers,
}


class Stall:
    """The cards of `stalled` hang; the others go on, clients write all the time."""

    def __init__(self, cluster: VirtualCluster, stalled: list[int], length_us: int) -> None:
        self.cluster = cluster
        self.stalled = stalled
        self.end_us = cluster.now_us + length_us
        self.base_index = cluster.node(stalled[0]).raft.state.log.last_index
        self.longest_gap_us = 0
        self.terms: set[int] = set()
        self.leaders: set[int] = set()
        self._heard_us = dict.fromkeys(cluster.boards, cluster.now_us)
        self._put_count = 0
        for node_id in stalled:
            cluster.boards[node_id].card.stalled_until_us = self.end_us

    def last(self) -> None:
        """Up to the moment before the cards answer again."""
        turn = 0
        while self.cluster.now_us < self.end_us - SLICE_US:
            self.cluster.sent.clear()
            leader = self.cluster.leader()
            if leader and turn % PUT_EVERY_SLICES == 0:
                self._put_count += 1
                command = put(self._put_count)
                self.cluster.submit(leader, command, b"k%d" % self._put_count)
            self.cluster.run_for_us(SLICE_US)
            self._look()
            turn += 1

    def answered(self) -> list[Committed]:
        """What clients were told is committed; every board keeps what it told."""
        told = [outcome for board in self.cluster.boards.values() for outcome in board.outcomes]
        return [outcome for outcome in told if isinstance(outcome, Committed)]

    def _look(self) -> None:
        now_us = self.cluster.now_us
        for source, target, message in self.cluster.sent:
            if isinstance(message, (AppendEntries, Heartbeat)):
                self._heard_us[target] = self._heard_us[source] = now_us
            elif isinstance(message, AppendEntriesResponse) and source in self.stalled:
                assert message.match_index <= self.base_index, "a false acknowledgement"
        for heard_us in self._heard_us.values():
            self.longest_gap_us = max(self.longest_gap_us, now_us - heard_us)
        self.leaders |= {self.cluster.leader()}
        self.terms |= {node.raft.current_term for node in self.cluster.live()}


def key_is_there(cluster: VirtualCluster, node_id: int, key: bytes) -> bool:
    listing = unpack_listing(cluster.node(node_id).machine.query(pack_query(Get(key=key))))
    return len(listing.items) == 1


@pytest.mark.slow
@pytest.mark.parametrize("seconds", LENGTHS)
@pytest.mark.parametrize("whose", CHOICES)
def test_a_stalled_card_never_acknowledges_falsely_nor_stops_heartbeats(
    whose: str, seconds: int
) -> None:
    cluster = VirtualCluster(3, seed=seconds)
    leader = cluster.elect()
    cluster.run_for_us(SECOND_US)
    stall = Stall(cluster, CHOICES[whose](cluster, leader), seconds * SECOND_US)
    stall.last()

    assert stall.longest_gap_us < PROFILES["wired"].election_min_us
    answered = stall.answered()
    if whose == "the leader":
        # It commits with the others' cards, until it hands over; nobody had to campaign before.
        assert (len(stall.leaders - {0}) == 1) == (seconds <= STALL_LIMIT_S)
        assert len(stall.terms) <= 2
    else:
        assert stall.leaders == {leader}
        assert len(stall.terms) == 1
    if whose == "both followers":
        assert answered == []
    else:
        assert len(answered) > 7 * seconds
        assert all(outcome.acks == 2 for outcome in answered if outcome.index > stall.base_index)

    for node_id in stall.stalled:
        cluster.crash(node_id)
        cluster.boards[node_id].card.recover()
    for node_id in stall.stalled:
        cluster.start(node_id)
    cluster.elect()
    cluster.run_for_us(2 * SECOND_US)
    cluster.check_everything()
    for outcome in stall.answered():
        assert isinstance(outcome.request, bytes)
        assert all(key_is_there(cluster, node_id, outcome.request) for node_id in cluster.boards)


def test_a_stalled_card_that_recovers_acknowledges_what_waited() -> None:
    cluster = VirtualCluster(3, seed=1)
    leader = cluster.elect()
    cluster.run_for_us(SECOND_US)
    stall = Stall(cluster, followers(cluster, leader), 30 * SECOND_US)
    stall.last()
    assert stall.answered() == []
    cluster.run_for_us(SECOND_US)
    assert len(stall.answered()) > 7 * 30
