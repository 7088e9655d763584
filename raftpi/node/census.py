"""Which boards were heard from, and when: the figures behind "1 of 3 alive"."""

from raftpi.core.configuration import Configuration
from raftpi.core.quorum import is_quorum


class Census:
    """When a frame of each replica last arrived, in the driver's microseconds."""

    def __init__(self, own_replica_id: int) -> None:
        """Nobody was heard yet."""
        self._own_replica_id = own_replica_id
        self._heard_us: dict[int, int] = {}

    def heard(self, replica_id: int, now_us: int) -> None:
        """A valid frame of this replica has arrived."""
        self._heard_us[replica_id] = now_us

    def lost(self, replica_id: int) -> None:
        """Its connection dropped: not alive until it is heard again."""
        self._heard_us.pop(replica_id, None)

    def heard_us_ago(self, replica_id: int, now_us: int) -> int:
        """How long ago, -1 for never or not since its connection dropped."""
        heard_us = self._heard_us.get(replica_id)
        return -1 if heard_us is None else now_us - heard_us

    def alive_count(self, configuration: Configuration, now_us: int) -> int:
        """How many voters, this replica included, were heard within two election timeouts."""
        return len(self._alive(configuration, now_us))

    def is_quorum_alive(self, configuration: Configuration, now_us: int) -> bool:
        """Whether those voters are enough for a majority of each electorate."""
        return is_quorum(configuration, self._alive(configuration, now_us))

    def _alive(self, configuration: Configuration, now_us: int) -> list[int]:
        window_us = 2 * configuration.timing.election_max_us
        alive: list[int] = []
        for voter in configuration.voters():
            ago_us = self.heard_us_ago(voter, now_us)
            if voter == self._own_replica_id or 0 <= ago_us <= window_us:
                alive.append(voter)
        return alive
