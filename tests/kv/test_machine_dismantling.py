"""A state that is not used any more is given up bit by bit."""

import time

from raftpi.command import Put, Stamp, pack_command
from raftpi.kv.machine import Machine

KEYS = 40_000
SESSIONS = 200


def filled() -> Machine:
    machine = Machine()
    for index in range(1, KEYS + 1):
        stamp = Stamp(
            session_id=index % SESSIONS + 1, sequence=index, first_pending=index, began_index=0
        )
        machine.apply(index, pack_command(stamp, Put(key=b"%08d" % index, value=b"value")))
    return machine


def test_it_ends_with_nothing_left() -> None:
    machine = filled()
    turn_count = 1
    while machine.dismantle():
        turn_count += 1
    assert len(machine._store) == len(machine._sessions) == 0
    assert 100 < turn_count < 1_000


def test_it_may_be_looked_at_by_a_view() -> None:
    machine = filled()
    view = machine.view()
    assert view.next_block(1_000)
    while machine.dismantle():
        pass
    view.close()


def test_no_turn_takes_as_long_as_all_of_it() -> None:
    whole, parts = filled(), filled()
    before_s = time.thread_time()
    del whole
    whole_s = time.thread_time() - before_s
    spans_s = []
    going_on = True
    while going_on:
        before_s = time.thread_time()
        going_on = parts.dismantle()
        spans_s.append(time.thread_time() - before_s)
    assert sorted(spans_s)[-3] < whole_s / 4
