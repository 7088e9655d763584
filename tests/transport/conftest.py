"""A context of its own for every test, closed with all its sockets."""

from collections.abc import Iterator

import pytest
import zmq


@pytest.fixture
def context() -> Iterator["zmq.Context[zmq.Socket[bytes]]"]:
    made: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    yield made
    made.destroy(linger=0)
