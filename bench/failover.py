"""How long is the cluster without acknowledged writes when its leader goes?

Starts three real daemons on this machine and writes without pause. SIGKILL: the kernel closes
the leader's connections, which is the hint. SIGSTOP: only the election timeout tells. What is
measured is the time from the signal to the next write that was begun after it and acknowledged.

    python -m bench.failover [--kills 20] [--stops 10] [--json]
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from raftpi.client import Client
from raftpi.local.cluster import LocalCluster
from raftpi.status import NodeStatus


def leader_of_whole(cluster: LocalCluster) -> int:
    """Wait until all members follow one leader and have its log; its id."""
    while True:
        statuses = cluster.statuses(timeout_s=1)
        leaders = {status.leader for status in statuses}
        if len(statuses) == len(cluster.nodes) and len(leaders) == 1 and leaders != {0}:
            [leader] = [status for status in statuses if status.leader == status.id]
            if all(_is_close(peer_match, leader) for peer_match in _matches(leader)):
                time.sleep(0.3)
                return leader.id
        time.sleep(0.05)


def _matches(leader: NodeStatus) -> list[int]:
    return [peer.match_index for peer in leader.peers]


def _is_close(match_index: int, leader: NodeStatus) -> bool:
    return match_index >= leader.commit_index


def gap_ms(client: Client, fault_us: float, number: int) -> float:
    """Write until one is acknowledged; milliseconds since the fault."""
    client.put("failover", str(number))
    return (time.perf_counter() - fault_us) * 1000


def measure(kills: int, stops: int, nodes: int) -> dict[str, list[float]]:
    """The gaps in milliseconds, by kind of fault."""
    gaps: dict[str, list[float]] = {"SIGKILL": [], "SIGSTOP": []}
    with tempfile.TemporaryDirectory() as directory:
        cluster = LocalCluster.create(Path(directory) / "cluster", nodes=nodes)
        cluster.start()
        try:
            with Client(cluster.endpoints(), timeout_s=20) as client:
                for number in range(kills):
                    leader = leader_of_whole(cluster)
                    client.put("failover", "before")
                    moment = time.perf_counter()
                    cluster.kill(leader)
                    gaps["SIGKILL"].append(gap_ms(client, moment, number))
                    cluster.start_node(leader)
                for number in range(stops):
                    leader = leader_of_whole(cluster)
                    client.put("failover", "before")
                    moment = time.perf_counter()
                    cluster.pause(leader)
                    gaps["SIGSTOP"].append(gap_ms(client, moment, number))
                    cluster.resume(leader)
        finally:
            cluster.clean()
    return gaps


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--stops", type=int, default=10)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    gaps = measure(options.kills, options.stops, options.nodes)
    if options.json:
        print(json.dumps(gaps))
        return
    for fault, values in gaps.items():
        if values:
            ordered = sorted(values)
            print(
                f"{fault}: median {statistics.median(ordered):.0f} ms, "
                f"max {ordered[-1]:.0f} ms, over {len(ordered)}"
            )


if __name__ == "__main__":
    main()
