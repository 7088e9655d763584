"""Leadership goes back to the preferred board, on real daemons, without a write lost."""

from collections.abc import Callable
from pathlib import Path

import pytest

from raftpi.client import Client
from raftpi.local.cluster import LocalCluster
from tests.cluster.waiting import status_of, wait_until, wait_until_whole

pytestmark = pytest.mark.slow

PREFERRED = 3
# It must have been well for five seconds first.
GIVEN_BACK_S = 20.0


def prefer(cluster: LocalCluster, node_id: int) -> None:
    """Put a priority into every board's file."""
    for node in cluster.nodes:
        path = Path(node.config)
        text = path.read_text(encoding="utf-8")
        line = f"id = {node_id}\n"
        head, member, rest = text.partition("[[member]]\n" + line)
        assert member, "a [[member]] begins with its id"
        path.write_text(f"{head}{member}priority = 10\n{rest}", encoding="utf-8")


def test_the_preferred_board_gets_the_lead_back_and_no_write_is_lost(
    make_cluster: Callable[..., LocalCluster],
) -> None:
    cluster = make_cluster(3)
    prefer(cluster, PREFERRED)
    cluster.start()
    wait_until(lambda: leads(cluster), "it leads", GIVEN_BACK_S)
    written: list[str] = []
    with Client(cluster.endpoints()) as client:

        def write() -> bool:
            key = f"key{len(written)}"
            client.put(key, "value")
            written.append(key)
            return leads(cluster)

        cluster.kill(PREFERRED)
        write()
        assert not leads(cluster)
        cluster.start_node(PREFERRED)
        wait_until(write, "it has the lead again", GIVEN_BACK_S)
        status = status_of(cluster, PREFERRED)
        assert status is not None
        # One election for its death, one for the transfer: nothing flaps.
        term = status.term
        for key in written:
            entry = client.get(key)
            assert entry is not None, key
    assert wait_until_whole(cluster) == PREFERRED
    again = status_of(cluster, PREFERRED)
    assert again is not None
    assert again.term == term


def leads(cluster: LocalCluster) -> bool:
    """Whether the preferred board leads, as it says itself."""
    status = status_of(cluster, PREFERRED)
    return status is not None and status.role == "leader"
