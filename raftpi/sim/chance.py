"""Chance: everything that is drawn, drawn from one seed, alike on every version of Python."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

Item = TypeVar("Item")


class Chance:
    """One stream of chance. Uses nothing but `Random.random`, which no version has changed."""

    __slots__ = ("_seed", "random")

    def __init__(self, seed: str) -> None:
        """The same seed, the same stream."""
        self._seed = seed
        self.random = Random(seed).random

    def stream(self, name: str) -> "Chance":
        """Another stream, which depends on the seed and the name but on nothing drawn here."""
        return Chance(f"{self._seed}/{name}")

    def happens(self, probability: float) -> bool:
        """True with this probability."""
        return self.random() < probability

    def below(self, count: int) -> int:
        """A whole number from 0 up to, but not including, `count`."""
        return int(self.random() * count)

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` up to, and with, `high`."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items."""
        return items[int(self.random() * len(items))]

    def some(self, items: Sequence[Item], count: int) -> list[Item]:
        """So many different items, in an order of chance."""
        rest = list(items)
        return [rest.pop(self.below(len(rest))) for _ in range(min(count, len(rest)))]

    def number(self) -> int:
        """A number from 1 to 2**62, for ids."""
        return 1 + int(self.random() * (1 << 62))
