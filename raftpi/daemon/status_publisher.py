"""When the status feed speaks: at once when the role changes, else several times a second."""

PERIOD_US = 100_000


class StatusPublisher:
    """Decides whether a status is due; says nothing at all while nobody listens."""

    def __init__(self) -> None:
        """Nothing was published yet."""
        self._next_us = 0
        self._last: tuple[object, ...] = ()

    def is_due(self, headline: tuple[object, ...], now_us: int, longest_us: int) -> bool:
        """Whether to publish now; `headline` is what must be told at once when it changes.

        `longest_us` bounds the period: a leader renews its lamp's lease before it lapses.
        """
        if headline == self._last and now_us < self._next_us:
            return False
        self._last = headline
        self._next_us = now_us + min(PERIOD_US, longest_us)
        return True

    def next_deadline_us(self) -> int:
        """When the next status is due, unless the headline changes before."""
        return self._next_us
