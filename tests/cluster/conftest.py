"""Real clusters for tests: daemons on this machine that are gone when the test ends."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from raftpi.local.cluster import LocalCluster


@pytest.fixture
def make_cluster(tmp_path: Path) -> Iterator[Callable[..., LocalCluster]]:
    """Makes clusters; at the end their processes are killed whatever happened."""
    made: list[LocalCluster] = []

    def make(nodes: int, **options: object) -> LocalCluster:
        cluster = LocalCluster.create(
            tmp_path / f"cluster{len(made)}",
            nodes=nodes,
            **options,  # type: ignore[arg-type]
        )
        made.append(cluster)
        return cluster

    yield make
    for cluster in made:
        for node in cluster.nodes:
            cluster.resume(node.id)
            cluster.kill(node.id)


@pytest.fixture
def three(make_cluster: Callable[..., LocalCluster]) -> LocalCluster:
    """Three nodes with a leader."""
    cluster = make_cluster(3)
    cluster.start()
    return cluster
