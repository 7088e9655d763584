"""Keys in the order of their bytes, in buckets of bounded size."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

BUCKET_KEYS = 512
DISMANTLED_BUCKETS = 16


class SortedKeys:
    """A sorted set of keys as a list of sorted lists.

    Adding and removing cost one bisection and one short move, the same for a thousand keys
    as for a million; nothing is ever sorted. A bucket is the unit of copying: while the keys are
    frozen, a bucket is copied before it changes for the first time.

    Invariant: the buckets, one after the other, are strictly ascending; none is empty and none
    has more than `bucket_keys` keys; any two neighbours together have more than half of that;
    `_firsts[i]` is the first key of bucket i. `_shared` is empty, or has one byte for each
    bucket: 1 while whoever froze the keys holds it too.
    """

    __slots__ = ("_bucket_keys", "_buckets", "_count", "_firsts", "_shared")

    def __init__(self, bucket_keys: int = BUCKET_KEYS) -> None:
        """No keys yet. Raises ValueError if a bucket could not be split in two."""
        if bucket_keys < 2:
            raise ValueError(f"a bucket must hold at least 2 keys, not {bucket_keys}")
        self._bucket_keys = bucket_keys
        self._buckets: list[list[bytes]] = []
        self._firsts: list[bytes] = []
        self._shared = bytearray()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[bytes]:
        for bucket in self._buckets:
            yield from bucket

    def add(self, key: bytes) -> None:
        """Put in a key. Raises ValueError if it is there already."""
        if not self._buckets:
            self._buckets.append([key])
            self._firsts.append(key)
            self._count = 1
            return
        at = max(0, bisect_right(self._firsts, key) - 1)
        bucket = self._buckets[at]
        place = bisect_left(bucket, key)
        if place < len(bucket) and bucket[place] == key:
            raise ValueError(f"the key {key!r} is there already")
        if self._shared:
            bucket = self._own(at)
        bucket.insert(place, key)
        self._firsts[at] = bucket[0]
        self._count += 1
        if len(bucket) > self._bucket_keys:
            self._split(at)

    def extend(self, keys: Sequence[bytes]) -> None:
        """Put in keys that come after all others, leaving the buckets full.

        Raises ValueError, and changes nothing, if they do not ascend from the last key.
        """
        last = self._buckets[-1][-1] if self._buckets else None
        for key in keys:
            if last is not None and key <= last:
                raise ValueError(f"the key {key!r} came after {last!r}")
            last = key
        room = 0
        if self._buckets:
            at = len(self._buckets) - 1
            bucket = self._own(at) if self._shared else self._buckets[at]
            room = self._bucket_keys - len(bucket)
            bucket.extend(keys[:room])
        for start in range(room, len(keys), self._bucket_keys):
            self._buckets.append(list(keys[start : start + self._bucket_keys]))
            self._firsts.append(keys[start])
            if self._shared:
                self._shared.append(0)
        self._count += len(keys)

    def remove(self, key: bytes) -> None:
        """Take out a key. Raises KeyError if it is not there."""
        at = bisect_right(self._firsts, key) - 1
        bucket = self._buckets[at] if at >= 0 else []
        place = bisect_left(bucket, key)
        if place == len(bucket) or bucket[place] != key:
            raise KeyError(key)
        if self._shared:
            bucket = self._own(at)
        del bucket[place]
        self._count -= 1
        if not bucket:
            self._drop(at)
        else:
            self._firsts[at] = bucket[0]
        self._join_neighbours(at)

    def from_key(self, start: bytes, *, inclusive: bool) -> Iterator[bytes]:
        """The keys after `start`, with `start` itself if `inclusive`, ascending.

        The keys must not change while the iterator is in use.
        """
        at = max(0, bisect_right(self._firsts, start) - 1)
        for number in range(at, len(self._buckets)):
            bucket = self._buckets[number]
            place = 0
            if number == at:
                place = bisect_left(bucket, start) if inclusive else bisect_right(bucket, start)
            yield from bucket[place:] if place else bucket

    def freeze(self) -> list[list[bytes]]:
        """The buckets as they are now, which do not change until `thaw`; one copy of the list."""
        self._shared = bytearray(b"\x01") * len(self._buckets)
        return self._buckets.copy()

    def thaw(self) -> None:
        """Copy no buckets any more."""
        self._shared = bytearray()

    def dismantle(self) -> None:
        """Give up a few thousand keys, of a set that is not used any more."""
        for bucket in self._buckets[-DISMANTLED_BUCKETS:]:
            self._count -= len(bucket)
        del self._buckets[-DISMANTLED_BUCKETS:]
        del self._firsts[-DISMANTLED_BUCKETS:]

    def _own(self, at: int) -> list[bytes]:
        """Bucket `at`, free to be changed."""
        if self._shared[at]:
            self._shared[at] = 0
            self._buckets[at] = self._buckets[at].copy()
        return self._buckets[at]

    def _drop(self, at: int) -> None:
        del self._buckets[at]
        del self._firsts[at]
        if self._shared:
            del self._shared[at]

    def _split(self, at: int) -> None:
        bucket = self._buckets[at]
        # Keys often arrive in ascending order: then the full bucket is left nearly full, and
        # only its last key opens the next one.
        last = at == len(self._buckets) - 1
        middle = len(bucket) - 1 if last else len(bucket) // 2
        self._buckets.insert(at + 1, bucket[middle:])
        self._firsts.insert(at + 1, bucket[middle])
        if self._shared:
            self._shared.insert(at + 1, 0)
        del bucket[middle:]

    def _join_neighbours(self, at: int) -> None:
        """Join bucket `at` with a neighbour where both fit in half a bucket."""
        for left in (at, at - 1):
            if not 0 <= left < len(self._buckets) - 1:
                continue
            right = left + 1
            if len(self._buckets[left]) + len(self._buckets[right]) <= self._bucket_keys // 2:
                bucket = self._own(left) if self._shared else self._buckets[left]
                bucket.extend(self._buckets[right])
                self._drop(right)
