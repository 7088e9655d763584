"""Virtual time."""

import pytest

from raftpi.sim.agenda import Agenda
from raftpi.sim.violation import Violation


def test_what_is_due_at_one_moment_happens_in_the_order_it_was_put_down() -> None:
    agenda = Agenda(100)
    done: list[str] = []
    agenda.after(5, lambda: done.append("first"))
    agenda.after(3, lambda: done.append("early"))
    agenda.after(5, lambda: done.append("second"))
    agenda.run_for(10)
    assert done == ["early", "first", "second"]
    assert agenda.now_us == 110


def test_time_stops_where_the_condition_holds() -> None:
    agenda = Agenda(0)
    done: list[int] = []
    for when in (10, 20, 30):
        agenda.at(when, lambda when=when: done.append(when))  # type: ignore[misc]  # a default
    assert agenda.run_until(lambda: len(done) == 2, 1000)
    assert agenda.now_us == 20
    assert not agenda.run_until(lambda: len(done) == 4, 1000)
    assert agenda.now_us == 1020


def test_what_lies_in_the_past_does_not_turn_time_back() -> None:
    agenda = Agenda(50)
    seen: list[int] = []
    agenda.at(10, lambda: seen.append(agenda.now_us))
    agenda.run_for(5)
    assert seen == [50]


def test_a_run_without_an_end_is_ended() -> None:
    agenda = Agenda(0)
    agenda.limit_count = 100

    def breed() -> None:
        agenda.after(1, breed)

    breed()
    with pytest.raises(Violation, match="100 events"):
        agenda.run_for(1_000)
