"""The keys of the work, all of one length, each client beginning at another place among them."""

from functools import cache

STEP = 7919


@cache
def keys(count: int) -> list[bytes]:
    """So many of them."""
    return [b"key/%07d" % number for number in range(count)]


def key_number(client: int, sequence: int, count: int) -> int:
    """Which of `count` keys this client's request is about."""
    return (client * STEP + sequence) % count
