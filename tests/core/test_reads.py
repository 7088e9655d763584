"""ReadIndex: linearizable reads without a log write (thesis 6.4)."""

from raftpi.core.messages import Heartbeat
from tests.core.bench import TIMING, Replica


def committed_leader(count: int = 3) -> Replica:
    replica = Replica(count)
    replica.win()
    for peer in replica.state.peers():
        replica.acknowledge(peer, 2)
    replica.take_said()
    return replica


def ask(replica: Replica, *read_ids: int) -> None:
    for read_id in read_ids:
        assert replica.raft.read(read_id, replica.now_us)
    replica.take()


def test_a_read_is_confirmed_by_a_round_of_heartbeats_begun_after_it() -> None:
    replica = committed_leader()
    round_before = replica.state.heartbeat_round
    ask(replica, 7)
    assert len(replica.take_said(Heartbeat)) == 2
    replica.answer_heartbeat(2, round=round_before)
    assert replica.ready.reads == ()
    replica.answer_heartbeat(2)
    assert [(r.read_id, r.index) for r in replica.ready.reads] == [(7, 2)]


def test_a_read_writes_nothing_to_the_log() -> None:
    replica = committed_leader()
    last_index = replica.state.log.last_index
    ask(replica, 7)
    replica.answer_heartbeat(2)
    assert replica.state.log.last_index == last_index
    assert replica.ready.batch is None


def test_reads_of_one_turn_share_a_round() -> None:
    replica = committed_leader()
    ask(replica, 1, 2, 3)
    assert len(replica.take_said(Heartbeat)) == 2
    replica.answer_heartbeat(3)
    assert [r.read_id for r in replica.ready.reads] == [1, 2, 3]


def test_reads_that_come_while_a_round_is_under_way_wait_for_the_next_one() -> None:
    replica = committed_leader()
    ask(replica, 1)
    first = replica.state.heartbeat_round
    ask(replica, 2)
    replica.answer_heartbeat(2, round=first)
    assert [r.read_id for r in replica.ready.reads] == [1]
    replica.answer_heartbeat(2)
    assert [r.read_id for r in replica.ready.reads] == [2]


def test_no_read_is_confirmed_before_an_entry_of_the_own_term_has_committed() -> None:
    replica = Replica(3)
    replica.win()
    ask(replica, 7)
    replica.answer_heartbeat(2)
    assert replica.ready.reads == ()
    replica.acknowledge(2, 2)
    replica.answer_heartbeat(2)
    assert [r.read_id for r in replica.ready.reads] == [7]


def test_reads_are_lost_with_the_lead() -> None:
    replica = committed_leader()
    ask(replica, 1)
    assert replica.raft.read(2, replica.now_us)
    replica.hear(2, replica.raft.current_term + 1)
    assert sorted(replica.ready.reads_lost) == [1, 2]


def test_a_leader_cut_off_confirms_no_read() -> None:
    replica = committed_leader()
    ask(replica, 1)
    confirmed = 0
    for _ in range(10):
        replica.pass_time(TIMING.heartbeat_us)
        confirmed += len(replica.ready.reads)
    assert confirmed == 0


def test_a_single_node_reads_at_once() -> None:
    replica = Replica(1)
    replica.win()
    ask(replica, 9)
    assert [r.read_id for r in replica.ready.reads] == [9]


def test_who_does_not_lead_takes_no_read() -> None:
    replica = Replica(3)
    assert not replica.raft.read(1, replica.now_us)
