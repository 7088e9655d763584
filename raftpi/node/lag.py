"""For how long a follower has been behind what it was told is committed; for people's eyes."""


class Lag:
    """Follows the commit indexes that heartbeats tell, and the own log's end.

    A follower under load is always some entries behind what it was told last, and that is no
    lag: what counts is how long ago the oldest index that it still lacks was told.
    """

    def __init__(self) -> None:
        """Nothing was told yet."""
        self._target = 0
        self._since_us = 0
        self._told = 0

    def told(self, commit_index: int, last_index: int, now_us: int) -> None:
        """A leader says that so much is committed; this log ends at `last_index`."""
        self._told = max(self._told, commit_index)
        self._settle(last_index, now_us)

    def count(self, last_index: int) -> int:
        """How many entries that are said to be committed are not here yet."""
        return max(0, self._told - last_index)

    def behind_us(self, last_index: int, now_us: int) -> int:
        """Since when one of them has been lacking, 0: none is."""
        self._settle(last_index, now_us)
        return now_us - self._since_us if self._target > last_index else 0

    def _settle(self, last_index: int, now_us: int) -> None:
        if self._target <= last_index < self._told:
            self._target = self._told
            self._since_us = now_us
