"""The store, and how a listing is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftpi.command import Item, Listing
from raftpi.kv.sorted_keys import SortedKeys
from raftpi.kv.store import ITEM_OVERHEAD_BYTES, SHARD_COUNT, Store


def store_of(*keys: bytes, value: bytes = b"v") -> Store:
    store = Store()
    for revision, key in enumerate(keys, start=1):
        store.put(key, value, revision)
    return store


def keys_of(listing: Listing) -> list[bytes]:
    return [item.key for item in listing.items]


def test_a_key_has_the_value_and_revision_of_its_last_put() -> None:
    store = store_of(b"k")
    store.put(b"k", b"w", 9)
    assert store.get(b"k") == (b"w", 9)
    assert len(store) == 1
    assert store.items() == [Item(key=b"k", value=b"w", revision=9)]


def test_a_removed_key_is_gone_from_reads_and_listings() -> None:
    store = store_of(b"a", b"b")
    store.remove(b"a")
    assert store.get(b"a") is None
    assert keys_of(store.listing(b"", b"", 9)) == [b"b"]
    with pytest.raises(KeyError):
        store.remove(b"a")


def test_a_listing_has_the_keys_of_the_prefix_in_the_order_of_bytes() -> None:
    store = store_of(b"p/b", b"p", b"q", b"p/\xff", b"p/", b"o", b"p0")
    assert store.listing(b"p/", b"", 9) == Listing(
        items=(
            Item(key=b"p/", value=b"v", revision=5),
            Item(key=b"p/b", value=b"v", revision=1),
            Item(key=b"p/\xff", value=b"v", revision=4),
        ),
        more=False,
    )


def test_a_listing_begins_after_the_key_named() -> None:
    store = store_of(b"pa", b"pb", b"pc")
    assert keys_of(store.listing(b"p", b"pa", 9)) == [b"pb", b"pc"]
    assert keys_of(store.listing(b"p", b"paa", 9)) == [b"pb", b"pc"]
    assert keys_of(store.listing(b"p", b"pc", 9)) == []
    assert keys_of(store.listing(b"pb", b"pb", 9)) == []
    assert keys_of(store.listing(b"p", b"a", 9)) == [b"pa", b"pb", b"pc"]
    assert keys_of(store.listing(b"p", b"z", 9)) == []


def test_more_tells_whether_others_follow() -> None:
    store = store_of(b"p1", b"p2", b"q")
    assert store.listing(b"p", b"", 1).more
    assert not store.listing(b"p", b"", 2).more
    assert not store.listing(b"p", b"p1", 1).more


def test_a_listing_stops_at_its_size_but_has_at_least_one_item() -> None:
    store = store_of(b"a", b"b", b"c", value=b"v" * 99)
    each_bytes = 1 + 99 + ITEM_OVERHEAD_BYTES
    assert keys_of(store.listing(b"", b"", 9, answer_bytes=2 * each_bytes)) == [b"a", b"b"]
    short = store.listing(b"", b"", 9, answer_bytes=2 * each_bytes - 1)
    assert keys_of(short) == [b"a"]
    assert short.more
    tiny = store.listing(b"", b"b", 9, answer_bytes=1)
    assert keys_of(tiny) == [b"c"]
    assert not tiny.more


def test_an_answer_stays_near_a_mebibyte_unless_told_otherwise() -> None:
    store = store_of(*[b"k%03d" % number for number in range(300)], value=b"v" * 10_000)
    listing = store.listing(b"", b"", 1000)
    assert 100 < len(listing.items) < 106
    assert listing.more


def test_an_answer_has_at_most_a_thousand_items_whatever_the_limit() -> None:
    store = store_of(*[b"k%04d" % number for number in range(1001)])
    listing = store.listing(b"", b"", 2**64 - 1)
    assert len(listing.items) == 1000
    assert listing.more
    assert keys_of(store.listing(b"", b"k0999", 2**64 - 1)) == [b"k1000"]


@given(
    keys=st.sets(st.binary(min_size=1, max_size=3), max_size=30),
    prefix=st.binary(max_size=2),
    limit=st.integers(1, 5),
    answer_bytes=st.integers(1, 200),
)
def test_pages_one_after_the_other_are_the_whole_listing(
    keys: set[bytes], prefix: bytes, limit: int, answer_bytes: int
) -> None:
    store = store_of(*keys)
    seen: list[bytes] = []
    after = b""
    while True:
        page = store.listing(prefix, after, limit, answer_bytes)
        assert len(page.items) <= limit
        seen.extend(keys_of(page))
        if not page.more:
            break
        assert page.items
        after = seen[-1]
    assert seen == sorted(key for key in keys if key.startswith(prefix))


def test_a_store_that_is_given_up_may_have_keys_left_when_their_values_are_gone() -> None:
    store = Store()
    store._keys = SortedKeys(bucket_keys=4)
    for revision in range(1, 20_001):
        store.put(b"%05d" % revision, b"v", revision)
    turn_count = 0
    while store.dismantle():
        turn_count += 1
    assert turn_count > SHARD_COUNT
    assert len(store) == 0
