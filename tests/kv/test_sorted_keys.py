"""The sorted keys, against sorted()."""

from bisect import bisect_left, bisect_right
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from raftpi.kv.sorted_keys import SortedKeys

keys_strategy = st.binary(max_size=3)


def assert_well_formed(keys: SortedKeys) -> None:
    """The invariant of the class, read off its insides."""
    buckets, firsts, most = keys._buckets, keys._firsts, keys._bucket_keys
    flat = [key for bucket in buckets for key in bucket]
    assert flat == sorted(set(flat))
    assert len(keys) == len(flat)
    assert firsts == [bucket[0] for bucket in buckets]
    assert all(1 <= len(bucket) <= most for bucket in buckets)
    for left, right in pairwise(buckets):
        assert len(left) + len(right) > most // 2


class KeysAgainstSorted(RuleBasedStateMachine):
    """Random adds and removes, compared with a plain sorted list after each."""

    @initialize(bucket_keys=st.integers(2, 9))
    def start(self, bucket_keys: int) -> None:
        self.keys = SortedKeys(bucket_keys)
        self.model: list[bytes] = []

    @rule(key=keys_strategy)
    def add(self, key: bytes) -> None:
        if key in self.model:
            with pytest.raises(ValueError, match="is there already"):
                self.keys.add(key)
        else:
            self.keys.add(key)
            self.model = sorted([*self.model, key])

    @rule(count=st.integers(1, 40))
    def add_ascending(self, count: int) -> None:
        for number in range(count):
            key = b"n" + number.to_bytes(2, "big")
            if key not in self.model:
                self.add(key)

    @rule(key=keys_strategy)
    def remove_any(self, key: bytes) -> None:
        if key in self.model:
            self.keys.remove(key)
            self.model.remove(key)
        else:
            with pytest.raises(KeyError):
                self.keys.remove(key)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove_several(self, data: st.DataObject) -> None:
        for _ in range(data.draw(st.integers(1, len(self.model)))):
            self.remove_any(self.model[data.draw(st.integers(0, len(self.model) - 1))])

    @rule(start=keys_strategy, inclusive=st.booleans())
    def walk(self, start: bytes, inclusive: bool) -> None:
        at = bisect_left(self.model, start) if inclusive else bisect_right(self.model, start)
        assert list(self.keys.from_key(start, inclusive=inclusive)) == self.model[at:]

    @invariant()
    def same_and_well_formed(self) -> None:
        assert list(self.keys) == self.model
        assert_well_formed(self.keys)


TestKeysAgainstSorted = KeysAgainstSorted.TestCase
TestKeysAgainstSorted.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_keys_that_arrive_in_order_leave_their_buckets_full() -> None:
    keys = SortedKeys(8)
    for number in range(81):
        keys.add(bytes([number]))
    assert [len(bucket) for bucket in keys._buckets] == [8] * 10 + [1]


def test_taking_nearly_all_keys_out_leaves_few_buckets() -> None:
    keys = SortedKeys(8)
    for number in range(2000):
        keys.add(number.to_bytes(2, "big"))
    for number in range(2000):
        if number % 100:
            keys.remove(number.to_bytes(2, "big"))
    assert len(keys) == 20
    assert len(keys._buckets) <= 10
    assert_well_formed(keys)


@pytest.mark.parametrize("bucket_keys", [0, 1])
def test_a_bucket_that_could_not_be_split_is_refused(bucket_keys: int) -> None:
    with pytest.raises(ValueError, match="at least 2 keys"):
        SortedKeys(bucket_keys)


def test_no_put_moves_more_than_one_bucket_of_a_large_store() -> None:
    """What flat cost rests on: a bucket stays bounded however many keys there are."""
    keys = SortedKeys()
    for number in range(100_000):
        keys.add((number * 48271 % 2147483647).to_bytes(4, "big"))
    assert max(len(bucket) for bucket in keys._buckets) <= 512
    assert len(keys._buckets) < 1000
