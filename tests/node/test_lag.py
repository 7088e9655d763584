"""When a follower counts as behind."""

from raftpi.node.lag import Lag


def test_a_follower_that_keeps_up_is_never_behind() -> None:
    lag = Lag()
    for now_us in range(0, 1_000_000, 50_000):
        index = now_us // 1000
        lag.told(index + 5, index, now_us)  # five on the way, each time
        assert lag.behind_us(index + 5, now_us + 1_000) == 0
        assert lag.count(index) == 5


def test_who_lacks_an_entry_is_behind_since_it_was_told_of_it() -> None:
    lag = Lag()
    lag.told(100, 10, 1_000)
    assert lag.behind_us(10, 5_000) == 4_000
    assert lag.behind_us(99, 6_000) == 5_000
    assert lag.count(99) == 1
    assert lag.behind_us(100, 7_000) == 0


def test_what_was_told_meanwhile_counts_from_when_the_older_was_reached() -> None:
    lag = Lag()
    lag.told(100, 10, 0)
    lag.told(200, 50, 10_000)
    assert lag.behind_us(120, 20_000) == 0
    assert lag.behind_us(150, 25_000) == 5_000


def test_a_late_heartbeat_does_not_lower_what_was_told() -> None:
    lag = Lag()
    lag.told(100, 10, 0)
    lag.told(50, 60, 1_000)
    assert lag.count(60) == 40
