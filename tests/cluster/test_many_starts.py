"""Starts with little written between them do not fill the card."""

from collections.abc import Callable
from pathlib import Path

import pytest

from raftpi.client import Client
from raftpi.local.cluster import LocalCluster
from tests.cluster.waiting import wait_until, wait_until_whole

pytestmark = pytest.mark.slow

# Four segments that are nearly empty, as each start begins one.
STORAGE = "[storage]\nsnapshot_log_bytes = 1048576\n"
START_COUNT = 6


def test_the_log_is_cut_after_many_starts_though_it_has_few_entries(
    make_cluster: Callable[..., LocalCluster],
) -> None:
    cluster = make_cluster(1)
    config = Path(cluster.node(1).config)
    config.write_text(config.read_text(encoding="utf-8") + STORAGE, encoding="utf-8")
    cluster.start()
    for number in range(START_COUNT):
        wait_until_whole(cluster)
        with Client(cluster.endpoints()) as client:
            client.put("starts", str(number))
        cluster.kill(1)
        cluster.start_node(1)
    wait_until_whole(cluster)

    def has_snapshot() -> bool:
        return "has a snapshot up to index" in cluster.log(1).read_text(encoding="utf-8")

    wait_until(has_snapshot, "a snapshot is made")
    with Client(cluster.endpoints()) as client:
        assert client.get("starts") is not None
