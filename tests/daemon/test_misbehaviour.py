"""Faults that a person asked for: they do what they say, and they end."""

from raftpi.core.messages import TimeoutNow
from raftpi.daemon.misbehaviour import LONGEST_US, Misbehaviour
from raftpi.node import Send


def send(node_id: int, term: int = 1) -> Send:
    message = TimeoutNow(sender=1, receiver=node_id, term=term)
    return Send(node_id=node_id, cluster_id=1, message=message, bulk=False)


def begin(faults: Misbehaviour, **changes: object) -> None:
    values: dict[str, object] = {
        "blocked_in": (),
        "blocked_out": (),
        "delay_ms": 0,
        "duration_ms": 1000,
        "now_us": 0,
    }
    values.update(changes)
    faults.begin(**values)  # type: ignore[arg-type]


def test_without_a_drill_everything_passes() -> None:
    faults = Misbehaviour()
    assert faults.let_out((send(2),), 5) == [send(2)]
    assert faults.lets_in(2, 5)
    assert not faults.is_on(5)


def test_blocked_boards_are_neither_heard_nor_spoken_to_each_way_by_itself() -> None:
    faults = Misbehaviour()
    begin(faults, blocked_in=(2,), blocked_out=(3,))
    assert not faults.lets_in(2, 5)
    assert faults.lets_in(3, 5)
    assert faults.let_out((send(2), send(3)), 5) == [send(2)]


def test_a_drill_ends_by_itself() -> None:
    faults = Misbehaviour()
    begin(faults, blocked_in=(2,), blocked_out=(2,), duration_ms=1000)
    assert not faults.lets_in(2, 999_999)
    assert faults.lets_in(2, 1_000_000)
    assert faults.let_out((send(2),), 1_000_000) == [send(2)]


def test_no_drill_is_longer_than_the_limit() -> None:
    faults = Misbehaviour()
    begin(faults, blocked_in=(2,), duration_ms=10**9)
    assert faults.is_on(LONGEST_US - 1)
    assert not faults.is_on(LONGEST_US)


def test_a_delay_keeps_the_order_and_tells_when_it_wants_to_be_woken() -> None:
    faults = Misbehaviour()
    begin(faults, delay_ms=500, duration_ms=10_000)
    assert faults.let_out((send(2, 1), send(3, 2)), 0) == []
    assert faults.let_out((send(2, 3),), 1000) == []
    assert faults.next_deadline_us() == 500_000
    assert faults.let_out((), 500_000) == [send(2, 1), send(3, 2)]
    assert faults.let_out((), 501_000) == [send(2, 3)]
    assert faults.next_deadline_us() is None


def test_what_was_delayed_leaves_when_the_drill_ends() -> None:
    faults = Misbehaviour()
    begin(faults, delay_ms=5000, duration_ms=1000)
    assert faults.let_out((send(2),), 999_000) == []
    assert faults.let_out((), 1_000_000) == [send(2)]


def test_a_new_drill_replaces_the_one_before() -> None:
    faults = Misbehaviour()
    begin(faults, blocked_in=(2,))
    begin(faults)
    assert faults.lets_in(2, 5)
    assert not faults.is_on(5)
