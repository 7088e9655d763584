"""Leadership goes back to the preferred board: calmly, by a transfer, once that board is well."""

from collections.abc import Mapping

from raftpi.core import doubt, membership
from raftpi.core.progress import ProgressState
from raftpi.core.raft import Raft
from raftpi.core.ready import Role

# For how long a better board must have been well before it gets the lead, in election timeouts;
# never less than the other. Each attempt doubles the wait, so that a board that takes the lead
# and loses it again and again is left alone.
CALM_TIMEOUTS_COUNT = 10
CALM_LEAST_US = 5_000_000
CALM_LONGEST_US = 600_000_000
# Who is further behind than what a turn of the loop commits is not caught up.
CLOSE_COUNT = 1_000


class Preference:
    """Watches, on a leader, the boards that are preferred to it.

    `priorities`: node id -> priority, the higher the better; who is not in it has 0.
    """

    def __init__(self, priorities: Mapping[int, int]) -> None:
        """Nobody has been watched yet."""
        self._priorities = dict(priorities)
        self._candidate = 0
        self._well_since_us = 0
        self._attempt_count = 0
        self._attempted_us = 0

    def target(self, raft: Raft, now_us: int) -> int:
        """The replica that should get the lead now; 0 for none."""
        candidate = self._best(raft)
        if candidate != self._candidate:
            self._candidate = candidate
            self._well_since_us = now_us
        if candidate == 0:
            return 0
        wait_us = self._wait_us(raft, now_us)
        if now_us - self._well_since_us < wait_us:
            return 0
        self._attempt_count += 1
        self._attempted_us = now_us
        self._well_since_us = now_us
        return candidate

    def _wait_us(self, raft: Raft, now_us: int) -> int:
        calm_us = max(CALM_LEAST_US, CALM_TIMEOUTS_COUNT * raft.state.timing.election_max_us)
        if self._attempt_count and now_us - self._attempted_us > 2 * CALM_LONGEST_US:
            self._attempt_count = 0
        return min(CALM_LONGEST_US, calm_us << min(self._attempt_count, 16))

    def _best(self, raft: Raft) -> int:
        """The best board above this one that follows closely and well, 0 for none."""
        state = raft.state
        configuration = state.configuration
        if (
            not self._priorities
            or state.role is not Role.LEADER
            or configuration is None
            or raft.is_handing_over
            or membership.is_under_way(state)
        ):
            return 0
        own = configuration.member(state.replica_id)
        best_priority = self._priorities.get(own.node_id, 0) if own is not None else 0
        best = 0
        for member in configuration.members:
            progress = state.progress.get(member.replica_id)
            priority = self._priorities.get(member.node_id, 0)
            if (
                member.voter
                and progress is not None
                and priority > best_priority
                and progress.state is ProgressState.REPLICATE
                and progress.disk_healthy
                and doubt.counts(state, member.replica_id)
                and state.now_us - progress.heard_us < state.timing.election_min_us
                and state.log.last_index - progress.match_index <= CLOSE_COUNT
            ):
                best, best_priority = member.replica_id, priority
        return best
