"""The items as they were at one moment, walked while commands go on (copy on write)."""

from collections.abc import Callable

from raftpi.kv.image import BLOCK_OVERHEAD_BYTES, ENTRY_OVERHEAD_BYTES, ItemsPart


class StoreView:
    """Walks the items in the order of their keys.

    What is written after the moment has a revision beyond it: so the revision alone tells
    whether a key still is as it was, and must be kept aside before it changes.

    Invariant: a key of the moment that was not walked yet has its entry of the moment in the
    store, or, if it was changed or removed since, in `_aside`.
    """

    __slots__ = ("_aside", "_entry_now", "_moment_index", "_next_key", "_place", "_waiting")

    def __init__(
        self,
        buckets: list[list[bytes]],
        entry_now: Callable[[bytes], tuple[bytes, int]],
        moment_index: int,
    ) -> None:
        """`buckets` hold the keys, ascending, and do not change. Takes the list.

        `entry_now` gives a key's value and revision as commands change them; the revisions of
        those that are there at this moment are `moment_index` at most.
        """
        # Taken off the end one after the other.
        buckets.reverse()
        self._waiting = buckets
        self._entry_now = entry_now
        self._moment_index = moment_index
        self._aside: dict[bytes, tuple[bytes, int]] = {}
        self._place = 0
        self._next_key = b""

    def keep(self, key: bytes, entry: tuple[bytes, int]) -> None:
        """To be called before `key`, which now has `entry`, changes or goes."""
        if entry[1] <= self._moment_index and key >= self._next_key:
            self._aside[key] = entry

    def next_items(self, max_bytes: int, max_count: int) -> ItemsPart:
        """As many as go into a block of `max_bytes`, and at least one; none at the end.

        No more than `max_count`.
        """
        keys: list[bytes] = []
        entries: list[tuple[bytes, int]] = []
        room_bytes = max_bytes - BLOCK_OVERHEAD_BYTES
        while self._waiting and len(keys) < max_count:
            bucket = self._waiting[-1]
            first = self._place
            for key in bucket[first : first + max_count - len(keys)]:
                entry = self._aside.get(key) or self._entry_now(key)
                room_bytes -= len(key) + len(entry[0]) + ENTRY_OVERHEAD_BYTES
                if room_bytes < 0 and keys:
                    break
                keys.append(key)
                entries.append(entry)
                self._place += 1
            if self._place < len(bucket):
                self._next_key = bucket[self._place]
                break
            self._go_to_next_bucket()
        if self._aside:
            for key in keys:
                self._aside.pop(key, None)
        return ItemsPart(keys=tuple(keys), entries=tuple(entries))

    def _go_to_next_bucket(self) -> None:
        self._waiting.pop()
        self._place = 0
        if self._waiting:
            self._next_key = self._waiting[-1][0]
        else:
            # Nothing is older than this: nothing is kept any more.
            self._moment_index = -1
