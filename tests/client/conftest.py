"""A scripted cluster for every test, and a client of it."""

from collections.abc import Iterator

import pytest

from raftpi.client import Client
from tests.client.fake_node import FakeCluster


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    made = FakeCluster()
    yield made
    made.close()


@pytest.fixture
def client(cluster: FakeCluster) -> Iterator[Client]:
    with Client(cluster.endpoints, timeout_s=10.0) as made:
        yield made
