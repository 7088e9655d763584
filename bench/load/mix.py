"""Reads with a put now and then, by the same client."""

from collections.abc import Callable
from typing import TypeVar

Request = TypeVar("Request")

READS_PER_PUT = 9


def mixed(
    put: Callable[[int], Request], read: Callable[[int], Request]
) -> Callable[[int], Request]:
    """What makes the requests of a client of which nine in ten are reads."""

    def ask(number: int) -> Request:
        return (read if number % (READS_PER_PUT + 1) else put)(number)

    return ask
