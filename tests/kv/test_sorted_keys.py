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
    assert len(keys._shared) in (0, len(buckets))


class KeysAgainstSorted(RuleBasedStateMachine):
    """Random adds and removes, compared with a plain sorted list after each."""

    @initialize(bucket_keys=st.integers(2, 9))
    def start(self, bucket_keys: int) -> None:
        self.keys = SortedKeys(bucket_keys)
        self.model: list[bytes] = []
        self.frozen: list[list[bytes]] = []
        self.frozen_model: list[bytes] = []

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

    @rule(keys=st.lists(keys_strategy, max_size=20))
    def extend(self, keys: list[bytes]) -> None:
        both = self.model[-1:] + keys
        if both == sorted(set(both)):
            self.keys.extend(keys)
            self.model = self.model + keys
        else:
            with pytest.raises(ValueError, match="came after"):
                self.keys.extend(keys)

    @rule(numbers=st.sets(st.integers(0, 99), max_size=30))
    def extend_ascending(self, numbers: set[int]) -> None:
        last = self.model[-1] if self.model else b""
        self.extend([last + bytes([number]) for number in sorted(numbers)])

    @rule()
    def freeze(self) -> None:
        self.frozen = self.keys.freeze()
        self.frozen_model = self.model.copy()

    @rule()
    def thaw(self) -> None:
        self.keys.thaw()
        self.frozen = []
        self.frozen_model = []

    @rule(start=keys_strategy, inclusive=st.booleans())
    def walk(self, start: bytes, inclusive: bool) -> None:
        at = bisect_left(self.model, start) if inclusive else bisect_right(self.model, start)
        assert list(self.keys.from_key(start, inclusive=inclusive)) == self.model[at:]

    @invariant()
    def same_and_well_formed(self) -> None:
        assert list(self.keys) == self.model
        assert_well_formed(self.keys)

    @invariant()
    def what_was_frozen_did_not_change(self) -> None:
        assert [key for bucket in self.frozen for key in bucket] == self.frozen_model


TestKeysAgainstSorted = KeysAgainstSorted.TestCase
TestKeysAgainstSorted.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_keys_that_arrive_in_order_leave_their_buckets_full() -> None:
    keys = SortedKeys(8)
    for number in range(81):
        keys.add(bytes([number]))
    assert [len(bucket) for bucket in keys._buckets] == [8] * 10 + [1]


def test_keys_put_in_together_leave_their_buckets_full() -> None:
    keys = SortedKeys(8)
    keys.add(b"")
    keys.extend([bytes([number]) for number in range(30)])
    assert [len(bucket) for bucket in keys._buckets] == [8, 8, 8, 7]


def test_a_bucket_is_copied_once_while_frozen_and_not_after() -> None:
    keys = SortedKeys(8)
    keys.extend([bytes([number]) for number in range(0, 48, 2)])
    frozen = keys.freeze()
    keys.remove(b"\x02")
    copy = keys._buckets[0]
    keys.add(b"\x01")
    assert copy is keys._buckets[0]
    assert [left is right for left, right in zip(frozen, keys._buckets, strict=True)] == [
        False,
        True,
        True,
    ]
    keys.thaw()
    keys.remove(b"\x10")
    assert frozen[1] is keys._buckets[1]


def test_a_left_neighbour_that_takes_in_what_remains_is_copied_first() -> None:
    keys = SortedKeys(8)
    keys.extend([bytes([number]) for number in range(12)])
    for key in (b"\x07", b"\x06", b"\x05", b"\x04", b"\x03"):
        keys.remove(key)
    assert [len(bucket) for bucket in keys._buckets] == [3, 4]
    frozen = keys.freeze()
    for key in (b"\x08", b"\x09", b"\x0a"):
        keys.remove(key)
    assert [len(bucket) for bucket in keys._buckets] == [4]
    assert frozen[0] == [b"\x00", b"\x01", b"\x02"]


def test_buckets_that_are_new_since_the_freezing_are_not_copied() -> None:
    keys = SortedKeys(4)
    keys.extend([bytes([number]) for number in range(4)])
    keys.freeze()
    keys.add(b"\x04")
    opened = keys._buckets[-1]
    keys.extend([bytes([number]) for number in range(5, 12)])
    last_two = [opened, keys._buckets[-1]]
    assert last_two == [[b"\x04", b"\x05", b"\x06", b"\x07"], [bytes([n]) for n in range(8, 12)]]
    keys.remove(b"\x07")
    keys.remove(b"\x0b")
    assert all(left is right for left, right in zip(last_two, keys._buckets[-2:], strict=True))


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
