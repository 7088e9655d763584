"""What the lamp means now, and until when: from the feed's statuses and their silence. Pure."""

from raftpi.lamp import CUT_OFF_TIMEOUT_COUNT, HUNG_AFTER_US, Lamp, lamp_for
from raftpi.status import NodeStatus


class LampWatch:
    """Follows one board's feed. Times are microseconds of one monotonic clock.

    Invariant: nothing that was said before the connection last dropped is believed.
    """

    def __init__(self) -> None:
        """Nothing was heard yet: the board counts as offline."""
        self._status: NodeStatus | None = None
        self._heard_us = 0
        self._is_connected = False

    def connected(self) -> None:
        """The feed's connection stands."""
        self._is_connected = True

    def lost(self) -> None:
        """The feed's connection dropped: what its daemon said died with it."""
        self._is_connected = False
        self._status = None

    def heard(self, status: NodeStatus, now_us: int) -> None:
        """The board said how it is."""
        self._status = status
        self._heard_us = now_us

    def lamp(self, now_us: int) -> Lamp:
        """What the lamp must say now."""
        return lamp_for(self._status, age_us=now_us - self._heard_us, connected=self._is_connected)

    def next_change_us(self, now_us: int) -> int | None:
        """When silence alone may change that; None: not at all."""
        status = self._status
        if status is None or not self._is_connected:
            return None
        age_us = now_us - self._heard_us
        limits_us = [
            # These hold up to and including their limit, those below end with it.
            HUNG_AFTER_US + 1,
            CUT_OFF_TIMEOUT_COUNT * status.election_max_us - status.quorum_silence_us + 1,
            status.identify_us,
            status.lease_us,
        ]
        ahead_us = [limit_us for limit_us in limits_us if limit_us > age_us]
        return self._heard_us + min(ahead_us) if ahead_us else None
