"""For how long a lamp says "this one here"."""

from raftpi.daemon.identification import LONGEST_US, Identification


def test_nobody_is_looked_for_at_first() -> None:
    assert Identification().left_us(0) == 0


def test_it_ends_by_itself_and_never_lasts_for_hours() -> None:
    identification = Identification()
    identification.begin(2_000, 500)
    assert identification.left_us(500) == 2_000_000
    assert identification.left_us(2_000_500) == 0
    identification.begin(10**12, 0)
    assert identification.left_us(0) == LONGEST_US


def test_a_new_request_replaces_the_one_before() -> None:
    identification = Identification()
    identification.begin(9_000, 0)
    identification.begin(0, 1_000)
    assert identification.left_us(1_000) == 0
