"""What a leader knows of one follower's log, and how much is under way to it."""

from collections import deque
from enum import Enum

NO_PROBE = -1


class ProgressState(Enum):
    """PROBE: one append at a time, to find where the logs agree. REPLICATE: a pipeline.

    SNAPSHOT: the entries it needs are gone, so it gets a snapshot, chunk by chunk.
    """

    PROBE = "probe"
    REPLICATE = "replicate"
    SNAPSHOT = "snapshot"


class Progress:
    """One follower as its leader sees it (paper figure 2: next_index, match_index).

    Invariant: match_index < next_index. `heard_us` is when any answer of this term came,
    `acked_round` the newest heartbeat round that was answered, `delay_us` how long that took,
    `disk_healthy` what it said of its card; `doubt_id`, where it is not 0, that it must not be
    counted (see `doubt`). `snapshot_index` and `snapshot_offset` name the next
    chunk to be sent in state SNAPSHOT; `chunk_sent` until it is answered.
    """

    def __init__(self, *, next_index: int, now_us: int) -> None:
        """A follower of whose log nothing is known but a first guess."""
        self.state = ProgressState.PROBE
        self.next_index = next_index
        self.match_index = 0
        self.probe_sent = False
        self.probe_end_index = NO_PROBE
        self.inflight: deque[tuple[int, int]] = deque()
        self.inflight_bytes = 0
        self.heard_us = now_us
        self.acked_round = 0
        self.delay_us = -1
        self.appended_since_heartbeat = False
        self.disk_healthy = True
        self.doubt_id = 0
        self.snapshot_index = 0
        self.snapshot_offset = 0
        self.chunk_sent = False
        # Learners: the present round of catching up (thesis 4.2.1), 0 for none.
        self.round_end_index = 0
        self.round_began_us = 0
        self.caught_up = False

    def become_probe(self, next_index: int) -> None:
        """Go back to one append at a time, from `next_index` on."""
        self.state = ProgressState.PROBE
        self.next_index = max(next_index, self.match_index + 1)
        self.probe_sent = False
        self.probe_end_index = NO_PROBE
        self.inflight.clear()
        self.inflight_bytes = 0

    def forget(self, next_index: int) -> None:
        """Nothing is known of its log any more."""
        self.match_index = 0
        self.caught_up = False
        self.become_probe(next_index)

    def become_snapshot(self, index: int) -> None:
        """Nothing but the snapshot up to `index` helps: send it from its beginning."""
        self.state = ProgressState.SNAPSHOT
        self.snapshot_index = index
        self.snapshot_offset = 0
        self.chunk_sent = False
        self.probe_sent = False
        self.inflight.clear()
        self.inflight_bytes = 0

    def become_replicate(self) -> None:
        """The logs agree up to next_index - 1: send without waiting for answers."""
        self.state = ProgressState.REPLICATE
        self.probe_sent = False

    def sent(self, last_index: int, size_bytes: int) -> None:
        """An append that ends at `last_index` left; the pipeline counts on its arrival."""
        if self.state is ProgressState.PROBE:
            self.probe_sent = True
            self.probe_end_index = last_index
            return
        if size_bytes == 0:
            return
        self.next_index = last_index + 1
        self.inflight.append((last_index, size_bytes))
        self.inflight_bytes += size_bytes

    def acknowledged(self, match_index: int) -> None:
        """The follower holds everything up to `match_index` durably; it never falls."""
        self.match_index = max(self.match_index, match_index)
        self.next_index = max(self.next_index, self.match_index + 1)
        while self.inflight and self.inflight[0][0] <= match_index:
            self.inflight_bytes -= self.inflight.popleft()[1]

    def is_probe_answered_by(self, match_index: int) -> bool:
        """Whether this acknowledgement is of the probe, and not of what left before it.

        Those may still be many. If each of them began the pipeline anew, it would be filled anew
        with what is under way already, and be answered as often.
        """
        return self.state is ProgressState.PROBE and match_index == self.probe_end_index

    def has_room(self, max_count: int, max_bytes: int) -> bool:
        """Whether another append may leave now."""
        if self.state is ProgressState.SNAPSHOT:
            return False
        if self.state is ProgressState.PROBE:
            return not self.probe_sent
        return len(self.inflight) < max_count and self.inflight_bytes < max_bytes
