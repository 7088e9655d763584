"""Boards' clocks: monotonic, each with its own beginning, none quite as fast as another."""

MILLION = 1_000_000


class DriftingClock:
    """A board's monotonic clock: it starts anywhere and gains `drift_ppm` us in every second.

    Invariant: `local_us` never falls while virtual time does not.
    """

    __slots__ = ("_drift_ppm", "_offset_us")

    def __init__(self, *, drift_ppm: int = 0, offset_us: int = 0) -> None:
        """`drift_ppm` above -1,000,000."""
        self._drift_ppm = drift_ppm
        self._offset_us = offset_us

    def local_us(self, now_us: int) -> int:
        """What the board's clock shows at this virtual time."""
        return self._offset_us + now_us + now_us * self._drift_ppm // MILLION

    def virtual_us(self, local_us: int) -> int:
        """The first virtual time at which the board's clock shows so much."""
        elapsed_us = local_us - self._offset_us
        if self._drift_ppm == 0:
            return elapsed_us
        now_us = elapsed_us * MILLION // (MILLION + self._drift_ppm)
        while self.local_us(now_us) < local_us:
            now_us += 1
        while self.local_us(now_us - 1) >= local_us:
            now_us -= 1
        return now_us
