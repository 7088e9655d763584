"""A context of its own for every test, closed with all its sockets."""

from collections.abc import Iterator
from typing import Any

import pytest
import zmq


class KeepingContext(zmq.Context["zmq.Socket[bytes]"]):
    """Holds its sockets until it is destroyed, so that none is collected while open."""

    kept: list["zmq.Socket[bytes]"] = []  # noqa: RUF012  # one context at a time

    def socket(self, *args: Any, **options: Any) -> "zmq.Socket[bytes]":
        """A socket that is kept."""
        made: zmq.Socket[bytes] = super().socket(*args, **options)
        self.kept.append(made)
        return made


@pytest.fixture
def context() -> Iterator["zmq.Context[zmq.Socket[bytes]]"]:
    made = KeepingContext()
    yield made
    made.destroy(linger=0)
    made.kept.clear()
