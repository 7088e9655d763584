"""The core's own bounds: how much travels in one message and how much is under way."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one replica; they need not be equal on all.

    `append_bytes`: an AppendEntries holds at most this much, or one entry.
    `inflight_count`, `inflight_bytes`: the window of unanswered appends to one follower.
    `commit_count`: how many committed entries one Ready hands out.
    `hint_delay_us`: the longest a follower waits after its leader's connection dropped.
    `hint_retry_us`, `hint_attempt_count`: how soon and how often it asks again when refused.
    `trailing_count`, `trailing_bytes`: how much of what a snapshot holds stays in memory, for
    followers that are only a little behind.
    `withheld_bytes`: a follower whose card is full takes in so much at most that it cannot write.
    `disk_stall_us`: a leader hands over when a write to its card has taken that long.
    """

    append_bytes: int = 256 * 1024
    inflight_count: int = 64
    inflight_bytes: int = 4 * 1024 * 1024
    commit_count: int = 4096
    hint_delay_us: int = 3_000
    hint_retry_us: int = 8_000
    hint_attempt_count: int = 10
    trailing_count: int = 5_000
    trailing_bytes: int = 4 * 1024 * 1024
    disk_stall_us: int = 2_000_000
    withheld_bytes: int = 8 * 1024 * 1024
