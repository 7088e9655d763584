"""A cluster of stand-in daemons that leaves no process behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from raftpi.local.cluster import LocalCluster
from tests.local import stand_in


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[LocalCluster]:
    made = stand_in.create(tmp_path / "c")
    yield made
    for node in made.nodes:
        made.kill(node.id)
