"""Chance: one seed, one stream, the same everywhere."""

from raftpi.sim.chance import Chance


def test_the_same_seed_draws_the_same() -> None:
    one, other = Chance("a 1"), Chance("a 1")
    assert [one.below(100) for _ in range(20)] == [other.below(100) for _ in range(20)]


def test_what_is_drawn_is_the_same_on_every_python() -> None:
    chance = Chance("plan 7")
    assert [chance.below(1000) for _ in range(5)] == [643, 362, 324, 554, 156]
    assert chance.some("abcdef", 3) == ["f", "d", "c"]


def test_a_stream_depends_on_its_name_and_not_on_what_was_drawn_before() -> None:
    one, other = Chance("x"), Chance("x")
    one.random()
    assert one.stream("card").number() == other.stream("card").number()
    assert one.stream("card").number() != other.stream("network").number()


def test_numbers_stay_within_their_bounds() -> None:
    chance = Chance("bounds")
    assert {chance.between(3, 5) for _ in range(200)} == {3, 4, 5}
    assert {chance.below(2) for _ in range(100)} == {0, 1}
    assert sorted(chance.some([1, 2, 3], 3)) == [1, 2, 3]
    assert chance.some([1, 2], 9) in ([1, 2], [2, 1])
    assert not chance.happens(0.0)
    assert chance.happens(1.0)
