"""The demo's cluster as its actions want it, on `raftpi.local.LocalCluster`."""

import threading

from raftpi.local.cluster import LocalCluster
from raftpi.local.failures import DaemonDied


class LocalBoards:
    """Kills and starts daemons, and tells of each that ended by itself once."""

    def __init__(self, cluster: LocalCluster) -> None:
        self._cluster = cluster
        self._told: set[tuple[int, int | None]] = set()

    def start_all(self, ending: threading.Event) -> None:
        """Start every daemon and wait for none. Raises PortInUse."""
        for node in self._cluster.nodes:
            if ending.is_set():
                return
            self._cluster.spawn(node.id)

    def kill(self, node_id: int) -> bool:
        """SIGKILL, and wait until it is gone; False when it did not run."""
        return self._cluster.kill(node_id)

    def start_node(self, node_id: int) -> bool:
        """Start it and wait until it answers; False when it ran already."""
        return self._cluster.start_node(node_id)

    def running(self) -> tuple[int, ...]:
        """The ids of the nodes whose daemons live."""
        return self._cluster.running()

    def deaths(self) -> tuple[DaemonDied, ...]:
        """One error for each daemon that ended by itself since the last call."""
        deaths = []
        for node in self._cluster.nodes:
            one = (node.id, node.pid)
            if one in self._told:
                continue
            for death in self._cluster.died((node.id,)):
                self._told.add(one)
                deaths.append(death)
        return tuple(deaths)
