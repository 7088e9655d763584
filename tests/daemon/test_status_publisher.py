"""When the status feed speaks."""

from raftpi.daemon.status_publisher import PERIOD_US, StatusPublisher


def test_the_first_status_is_due_at_once_then_several_times_a_second() -> None:
    publisher = StatusPublisher()
    assert publisher.is_due(("green",), 0, PERIOD_US)
    assert not publisher.is_due(("green",), PERIOD_US - 1, PERIOD_US)
    assert publisher.is_due(("green",), PERIOD_US, PERIOD_US)
    assert PERIOD_US <= 250_000


def test_a_changed_headline_is_due_at_once() -> None:
    publisher = StatusPublisher()
    publisher.is_due(("green",), 0, PERIOD_US)
    assert publisher.is_due(("blue",), 1, PERIOD_US)
    assert publisher.next_deadline_us() == 1 + PERIOD_US


def test_a_leader_speaks_before_its_lease_can_lapse() -> None:
    publisher = StatusPublisher()
    publisher.is_due(("blue",), 0, 37_500)
    assert publisher.next_deadline_us() == 37_500
    assert publisher.is_due(("blue",), 37_500, 37_500)
