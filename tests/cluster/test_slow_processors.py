"""Three nodes with a tenth of a core each, as on boards far slower than this machine."""

import time
from collections.abc import Callable, Iterator

import pytest

from raftpi.client import Client
from raftpi.local.cluster import LocalCluster
from tests.cluster.slow_processor import SlowProcessor
from tests.cluster.waiting import wait_until

SHARE = 0.1
SOAK_S = 600
BETWEEN_WRITES_S = 0.5
BURST_COUNT = 300


@pytest.fixture
def slow(make_cluster: Callable[..., LocalCluster]) -> Iterator[LocalCluster]:
    """A cluster with the `slow` timing, each of its daemons with a tenth of a core."""
    cluster = make_cluster(3, timing="slow")
    cluster.start()
    processors = []
    for node in cluster.nodes:
        processor = SlowProcessor(f"raftpi-test-{node.id}", SHARE)
        processors.append(processor)
        pid = cluster.pid(node.id)
        assert pid is not None
        processor.take(pid)
    yield cluster
    cluster.stop_all()
    for processor in processors:
        assert processor.throttled_count() > 0, "the processors were not slow at all"
        wait_until(lambda processor=processor: _is_closed(processor), "its processes are gone")


@pytest.mark.soak
@pytest.mark.root
def test_slow_boards_keep_their_leader_for_ten_minutes(slow: LocalCluster) -> None:
    with Client(slow.endpoints(), timeout_s=20) as client:
        # More than a tenth of a core can do: so it is seen below that they are slow.
        for number in range(BURST_COUNT):
            client.put("beat", str(number))
        before = next(status for status in client.status() if status.role == "leader")
        end_s = time.monotonic() + SOAK_S
        number = 0

        def beat() -> bool:
            nonlocal number
            number += 1
            client.put("beat", str(number))
            client.get("beat")
            return time.monotonic() >= end_s

        wait_until(beat, "ten minutes are over", SOAK_S + 60, poll_s=BETWEEN_WRITES_S)
        after = client.status()
    assert [status.term for status in after] == [before.term] * 3
    assert {status.leader for status in after} == {before.id}
    assert number > SOAK_S / BETWEEN_WRITES_S / 2


def _is_closed(processor: SlowProcessor) -> bool:
    try:
        processor.close()
    except OSError:
        return False
    return True
