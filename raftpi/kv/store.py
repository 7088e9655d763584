"""The keys with their values and revisions."""

from collections.abc import Sequence

from raftpi.command import Item, Listing
from raftpi.kv.sorted_keys import SortedKeys
from raftpi.kv.store_view import StoreView

# A listing's answer is one message and is built in one go, while heartbeats wait: it stops at
# this many items (some 30 ms on the slowest board) and short of this many bytes, but never
# before its first item.
ANSWER_ITEMS = 1000
ANSWER_BYTES = 1024 * 1024
ITEM_OVERHEAD_BYTES = 32

# A dict that grows is copied in one go: with a million keys, half a second on a small board. So
# there are many, each small; which one holds a key matters to nobody, and is never seen.
SHARD_COUNT = 256
SHARD_MASK = SHARD_COUNT - 1

# An entry is the revision in so many bytes, and the value.
REVISION_BYTES = 8


class Store:
    """Keys -> (value, revision), readable in the order of the keys.

    The revision of a key is the log index of the command that wrote it. Everything that changes
    goes through `put` and `remove`, which first give an open view what it has yet to walk.

    Invariant: `_keys` holds exactly the keys of `_shards`, each of which is in the shard of its
    hash.
    """

    __slots__ = ("_keys", "_shards", "_view")

    def __init__(self) -> None:
        # Plain bytes, which the garbage collector never visits: as tuples, a million entries that
        # are overwritten pile up among what is young, for one pass of a tenth of a second.
        self._shards: list[dict[bytes, bytes]] = [{} for _ in range(SHARD_COUNT)]
        self._keys = SortedKeys()
        self._view: StoreView | None = None

    def __len__(self) -> int:
        return len(self._keys)

    def get(self, key: bytes) -> tuple[bytes, int] | None:
        """The value and revision of `key`, or None."""
        entry = self._shards[hash(key) & SHARD_MASK].get(key)
        return None if entry is None else _unpacked(entry)

    def put(self, key: bytes, value: bytes, revision: int) -> None:
        """Set `key` to `value`."""
        shard = self._shards[hash(key) & SHARD_MASK]
        if key not in shard:
            self._keys.add(key)
        elif self._view is not None:
            self._view.keep(key, _unpacked(shard[key]))
        shard[key] = revision.to_bytes(REVISION_BYTES, "big") + value

    def remove(self, key: bytes) -> None:
        """Take `key` out. Raises KeyError if it is not there."""
        shard = self._shards[hash(key) & SHARD_MASK]
        if self._view is not None:
            self._view.keep(key, _unpacked(shard[key]))
        del shard[key]
        self._keys.remove(key)

    def restore(self, keys: Sequence[bytes], entries: Sequence[tuple[bytes, int]]) -> None:
        """Put in keys of an image with their values and revisions.

        Raises ValueError, and changes nothing, if they do not ascend from the last one here.
        """
        self._keys.extend(keys)
        for key, (value, revision) in zip(keys, entries, strict=True):
            self._shards[hash(key) & SHARD_MASK][key] = _packed(value, revision)

    def open_view(self, moment_index: int) -> StoreView:
        """The items as they are, all written at `moment_index` or before, until `close_view`."""
        self._view = StoreView(self._keys.freeze(), self._entry, moment_index)
        return self._view

    def close_view(self) -> None:
        """Keep nothing for the view any more."""
        self._view = None
        self._keys.thaw()

    def dismantle(self) -> bool:
        """Give up a part of the items of a store that is not used any more; False if it is empty.

        A million freed in one go would take a small board a second.
        """
        self.close_view()
        self._keys.dismantle()
        if self._shards:
            self._shards.pop()
        return bool(self._shards or len(self._keys))

    def items(self) -> list[Item]:
        """Everything, in the order of the keys."""
        return [self._item(key) for key in self._keys]

    def listing(
        self, prefix: bytes, after: bytes, limit: int, answer_bytes: int = ANSWER_BYTES
    ) -> Listing:
        """The items whose keys begin with `prefix` and come after `after`.

        At most `limit` of them, at most ANSWER_ITEMS, and as many as fit in `answer_bytes`, but
        at least one if there is one. `more` tells whether others follow the last one.
        """
        count = min(limit, ANSWER_ITEMS)
        items: list[Item] = []
        size_bytes = 0
        # The first key that is after `after` and not before `prefix`.
        inclusive = after < prefix
        for key in self._keys.from_key(prefix if inclusive else after, inclusive=inclusive):
            if not key.startswith(prefix):
                break
            item = self._item(key)
            size_bytes += len(item.key) + len(item.value) + ITEM_OVERHEAD_BYTES
            if len(items) == count or (items and size_bytes > answer_bytes):
                return Listing(items=tuple(items), more=True)
            items.append(item)
        return Listing(items=tuple(items), more=False)

    def _item(self, key: bytes) -> Item:
        value, revision = self._entry(key)
        return Item(key=key, value=value, revision=revision)

    def _entry(self, key: bytes) -> tuple[bytes, int]:
        return _unpacked(self._shards[hash(key) & SHARD_MASK][key])


def _packed(value: bytes, revision: int) -> bytes:
    return revision.to_bytes(REVISION_BYTES, "big") + value


def _unpacked(entry: bytes) -> tuple[bytes, int]:
    return entry[REVISION_BYTES:], int.from_bytes(entry[:REVISION_BYTES], "big")
