"""Waiting for a condition on real sockets, bounded, by polling them."""

import select
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import zmq

T = TypeVar("T")
LIMIT_S = 10.0


def wait_for(
    attempt: Callable[[], T | None],
    sockets: Iterable["zmq.Socket[bytes]"] = (),
    *,
    turn_ms: int = 5,
) -> T:
    """The first true value of `attempt`, tried whenever a socket is readable, and every turn."""
    poller = zmq.Poller()
    for socket in sockets:
        poller.register(socket, zmq.POLLIN)
    deadline = time.monotonic() + LIMIT_S
    while True:
        value = attempt()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {LIMIT_S} s")
        if poller.sockets:
            poller.poll(turn_ms)
        else:  # a poller of nothing returns at once
            select.select((), (), (), turn_ms / 1000)
