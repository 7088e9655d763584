"""The watch reads feeds, drives the lamps' pins, and writes down what happened."""

from raftpi.cli.demo.watch import KEPT_EVENT_COUNT
from tests.cli_demo.fakes import Stage, make_status


def test_the_lamps_are_driven_through_mock_pins() -> None:
    stage = Stage()
    stage.watch.look()
    assert stage.watch.shade(1) == (0.0, 0.0, 1.0)
    assert stage.watch.shade(2) == (0.0, 1.0, 0.0)


def test_blue_lapses_although_no_status_says_so() -> None:
    stage = Stage()
    stage.watch.look()
    stage.clock.now_us += 130_000
    stage.watch.look()
    assert stage.watch.shade(1)[2] == 0.0


def test_a_board_that_says_nothing_for_400_ms_is_offline_and_leads_no_longer() -> None:
    stage = Stage()
    stage.watch.look()
    assert stage.watch.leader() is not None
    stage.clock.now_us += 400_001
    stage.watch.look()
    assert stage.watch.leader() is None
    assert stage.watch.alive() == ()
    assert stage.events()[-3:] == ["pi1 is offline", "pi2 is offline", "pi3 is offline"]
    assert stage.watch.shade(1) == (1.0, 0.0, 0.0)


def test_role_changes_are_written_down_and_the_newest_leader_counts() -> None:
    stage = Stage()
    stage.watch.look()
    for status in (
        make_status(2, role="candidate", term=5, leader=0),
        make_status(2, role="leader", term=5, leader=2, lease_us=1),
    ):
        stage.feeds.waiting = {2: status}
        stage.watch.wait_and_look(0.0)
    assert stage.events()[-2:] == ["pi2 asks for votes in term 5", "pi2 leads term 5"]
    leader = stage.watch.leader()
    assert leader is not None
    assert leader.id == 2


def test_the_log_is_measured_against_the_highest_of_all() -> None:
    stage = Stage()
    stage.feeds.waiting = {3: make_status(3, last_index=99)}
    stage.watch.look()
    assert {view.highest_index for view in stage.watch.views()} == {99}


def test_the_event_log_is_bounded_and_read_from_where_one_left_off() -> None:
    stage = Stage(silent=True)
    for number in range(KEPT_EVENT_COUNT + 5):
        stage.watch.note(f"event {number}")
    events, count = stage.watch.events_since(0)
    assert (len(events), count) == (KEPT_EVENT_COUNT, KEPT_EVENT_COUNT + 5)
    stage.clock.now_us += 12_340_000
    stage.watch.note("late")
    late, count = stage.watch.events_since(count)
    assert [event.line() for event in late] == ["12.34s late"]
    assert stage.watch.events_since(count)[0] == []


def test_closing_lets_go_of_the_feeds() -> None:
    stage = Stage()
    stage.watch.close()
    assert stage.feeds.closed
