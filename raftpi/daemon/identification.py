"""`raftpi identify`: for how long this board's lamp still says "this one here"."""

LONGEST_US = 10 * 60 * 1_000_000


class Identification:
    """Ends by itself; a new request replaces the one before, and 0 ends it."""

    def __init__(self) -> None:
        """The lamp shows what it always shows."""
        self._until_us = 0

    def begin(self, duration_ms: int, now_us: int) -> None:
        """Flash for so long, for ten minutes at most."""
        self._until_us = now_us + min(duration_ms * 1000, LONGEST_US)

    def left_us(self, now_us: int) -> int:
        """For how long still; 0: not now."""
        return max(0, self._until_us - now_us)
