"""The items of one moment, walked while keys are put and removed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftpi.command import Item
from raftpi.kv.image import BLOCK_OVERHEAD_BYTES, ENTRY_OVERHEAD_BYTES
from raftpi.kv.sorted_keys import BUCKET_KEYS, SortedKeys
from raftpi.kv.store import Store
from raftpi.kv.store_view import StoreView
from tests.kv.test_store import store_of

KEYS = st.sampled_from([b"%c" % letter for letter in b"abcdefghij"] + [b"", b"ab", b"\xff"])


def walk(view: StoreView, max_bytes: int = 4096, max_count: int = 99) -> list[Item]:
    items: list[Item] = []
    while (part := view.next_items(max_bytes, max_count)).keys:
        assert len(part.keys) <= max_count
        for key, (value, revision) in zip(part.keys, part.entries, strict=True):
            items.append(Item(key=key, value=value, revision=revision))
    return items


def large_store(count: int) -> Store:
    return store_of(*[b"%08d" % number for number in range(count)])


def test_a_part_holds_as_many_as_fit_and_at_least_one() -> None:
    store = store_of(b"a", b"b", b"c", value=b"v" * 99)
    each_bytes = 1 + 99 + ENTRY_OVERHEAD_BYTES
    fits_two = BLOCK_OVERHEAD_BYTES + 2 * each_bytes
    assert store.open_view(3).next_items(fits_two, 99).keys == (b"a", b"b")
    assert store.open_view(3).next_items(fits_two - 1, 99).keys == (b"a",)
    assert store.open_view(3).next_items(1, 99).keys == (b"a",)
    assert store.open_view(3).next_items(4096, 2).keys == (b"a", b"b")


def test_only_what_changes_before_it_is_walked_is_kept_and_once() -> None:
    store = store_of(b"a", b"b", b"c", b"d")
    view = store.open_view(4)
    view.next_items(4096, 1)
    for index, key in enumerate([b"a", b"c", b"c", b"new", b"new"], start=5):
        store.put(key, b"w", index)
    store.remove(b"d")
    assert view._aside == {b"c": (b"v", 3), b"d": (b"v", 4)}
    assert [item.key for item in walk(view)] == [b"b", b"c", b"d"]
    assert not view._aside
    store.put(b"c", b"x", 10)
    assert not view._aside


def test_once_all_is_walked_nothing_is_kept() -> None:
    store = store_of(b"a", b"b")
    view = store.open_view(2)
    view.next_items(4096, 2)
    store.put(b"b", b"w", 3)
    store.remove(b"a")
    assert not view._aside


def test_after_closing_nothing_is_kept_and_no_bucket_is_copied() -> None:
    store = large_store(3 * BUCKET_KEYS)
    buckets = list(store._keys._buckets)
    view = store.open_view(3 * BUCKET_KEYS)
    store.close_view()
    store.put(b"%08d" % 7, b"w", 9999)
    store.remove(b"%08d" % 8)
    assert not view._aside
    assert all(left is right for left, right in zip(buckets, store._keys._buckets, strict=True))


def test_opening_a_view_copies_no_bucket_and_a_change_copies_one() -> None:
    """What a short stall rests on, whatever the clock says."""
    store = large_store(100 * BUCKET_KEYS)
    before = list(store._keys._buckets)
    store.open_view(100 * BUCKET_KEYS)
    assert all(left is right for left, right in zip(before, store._keys._buckets, strict=True))
    for place, copied in [(0, 1), (1, 1), (50 * BUCKET_KEYS, 2)]:
        store.remove(b"%08d" % place)
        same = sum(left is right for left, right in zip(before, store._keys._buckets, strict=True))
        assert same == len(before) - copied


def test_a_part_visits_no_more_items_than_it_may_hold() -> None:
    store = large_store(4 * BUCKET_KEYS)
    visited: list[bytes] = []

    def entry_now(key: bytes) -> tuple[bytes, int]:
        visited.append(key)
        return b"v", 1

    view = StoreView(store._keys.freeze(), entry_now, 4 * BUCKET_KEYS)
    assert len(view.next_items(10**9, 2 * BUCKET_KEYS + 5).keys) == 2 * BUCKET_KEYS + 5
    assert len(visited) == 2 * BUCKET_KEYS + 5
    visited.clear()
    kept = len(view.next_items(1000, 9999).keys)
    assert len(visited) == kept + 1


@pytest.mark.parametrize("count", [0, 1])
def test_a_restored_store_is_refused_keys_that_do_not_ascend(count: int) -> None:
    store = store_of(b"k") if count else Store()
    with pytest.raises(ValueError, match="came after"):
        store.restore((b"l", b"l"), ((b"v", 1), (b"v", 2)))
    with pytest.raises(ValueError, match="came after"):
        store_of(b"k").restore((b"k",), ((b"v", 1),))
    assert len(store) == count
    store.restore((b"l", b"m"), ((b"v", 1), (b"w", 2)))
    assert store.get(b"m") == (b"w", 2)
    assert len(store) == count + 2


def test_no_dict_of_a_large_store_is_large() -> None:
    """A dict that grows is copied at once: that is bounded, too."""
    store = large_store(20_000)
    assert max(len(shard) for shard in store._shards) < 20_000 // 50


@given(
    before=st.lists(st.tuples(KEYS, st.booleans()), max_size=30),
    between=st.lists(st.lists(st.tuples(KEYS, st.booleans()), max_size=5), max_size=12),
    max_bytes=st.integers(1, 200),
    max_count=st.integers(1, 4),
    bucket_keys=st.integers(2, 5),
)
def test_the_view_has_the_items_of_its_moment_whatever_happens_meanwhile(
    before: list[tuple[bytes, bool]],
    between: list[list[tuple[bytes, bool]]],
    max_bytes: int,
    max_count: int,
    bucket_keys: int,
) -> None:
    store = Store()
    store._keys = SortedKeys(bucket_keys)
    index = 0

    def change(key: bytes, is_put: bool) -> None:
        nonlocal index
        index += 1
        if is_put:
            store.put(key, b"%d" % index, index)
        elif store.get(key) is not None:
            store.remove(key)

    for key, is_put in before:
        change(key, is_put)
    expected = store.items()
    view = store.open_view(index)
    seen: list[Item] = []
    for changes in between:
        part = view.next_items(max_bytes, max_count)
        for key, (value, revision) in zip(part.keys, part.entries, strict=True):
            seen.append(Item(key=key, value=value, revision=revision))
        for key, is_put in changes:
            change(key, is_put)
    seen.extend(walk(view, max_bytes, max_count))
    assert seen == expected
