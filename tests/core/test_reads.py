"""ReadIndex: linearizable reads without a log write (thesis 6.4)."""

from dataclasses import replace

from raftpi.core.messages import Heartbeat, RequestReadIndex, RequestReadIndexResponse
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
    replica.take_said()
    ask(replica, 2)
    assert replica.take_said(Heartbeat) == []
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


# --- on followers ---------------------------------------------------------------------------


def follower() -> Replica:
    replica = Replica(3, term=2)
    replica.hear(2, 2)
    replica.sync()
    replica.take_said()
    return replica


def index_from(replica: Replica, request_id: int, index: int, leader: int = 2) -> None:
    replica.step(
        RequestReadIndexResponse(
            sender=leader,
            receiver=1,
            term=replica.raft.current_term,
            request_id=request_id,
            index=index,
        )
    )


def request_of(replica: Replica) -> RequestReadIndex:
    (request,) = replica.take_said(RequestReadIndex)
    assert isinstance(request, RequestReadIndex)
    return request


def test_a_follower_asks_its_leader_for_the_index_and_answers_itself() -> None:
    replica = follower()
    ask(replica, 7, 8)
    request = request_of(replica)
    assert request.receiver == 2
    assert replica.ready.reads == ()
    index_from(replica, request.request_id, 5)
    assert [(r.read_id, r.index) for r in replica.ready.reads] == [(7, 5), (8, 5)]


def test_reads_that_come_while_a_request_is_under_way_wait_for_the_next_one() -> None:
    replica = follower()
    ask(replica, 7)
    first = request_of(replica)
    ask(replica, 8)
    assert replica.take_said(RequestReadIndex) == []
    index_from(replica, first.request_id, 5)
    assert [r.read_id for r in replica.ready.reads] == [7]
    second = request_of(replica)
    assert second.request_id != first.request_id
    index_from(replica, first.request_id, 5)
    assert replica.ready.reads == ()
    index_from(replica, second.request_id, 6)
    assert [(r.read_id, r.index) for r in replica.ready.reads] == [(8, 6)]


def test_a_request_that_got_lost_is_sent_again_when_the_leader_is_heard() -> None:
    replica = follower()
    ask(replica, 7)
    first = request_of(replica)
    replica.hear(2, 2)
    assert replica.take_said(RequestReadIndex) == []
    replica.now_us += TIMING.heartbeat_us
    replica.hear(2, 2)
    assert request_of(replica) == first


def test_a_follower_without_reads_asks_for_nothing() -> None:
    replica = follower()
    for _ in range(5):
        replica.now_us += TIMING.heartbeat_us
        replica.hear(2, 2)
    assert replica.take_said(RequestReadIndex) == []


def test_an_index_of_who_does_not_lead_is_not_taken() -> None:
    replica = follower()
    ask(replica, 7)
    request = request_of(replica)
    index_from(replica, request.request_id, 5, leader=3)
    assert replica.ready.reads == ()
    index_from(replica, request.request_id, 6)
    assert [(r.read_id, r.index) for r in replica.ready.reads] == [(7, 6)]


def test_a_followers_reads_are_lost_with_its_leader() -> None:
    for lose in (
        lambda r: r.raft.peer_lost(2, r.now_us),
        lambda r: r.hear(3, 3),
        lambda r: r.time_out(),
    ):
        replica = follower()
        ask(replica, 7)
        ask(replica, 8)
        lose(replica)
        lost = list(replica.ready.reads_lost) or list(replica.take().reads_lost)
        assert sorted(lost) == [7, 8]


def test_who_knows_no_leader_takes_no_read() -> None:
    assert not Replica(3).raft.read(7, 1_000_000)


def test_an_answer_of_before_a_restart_is_not_taken_for_one_of_now() -> None:
    # Two lives draw different numbers, so that one's answer cannot be the other's.
    first, second = Replica(3, chance=0.25), Replica(3, chance=0.75)
    assert first.state.read_request_id != second.state.read_request_id


def test_a_leader_confirms_a_followers_read_with_a_round_like_its_own() -> None:
    replica = committed_leader()
    replica.step(RequestReadIndex(sender=2, receiver=1, term=1 + 1, request_id=44))
    assert len(replica.take_said(Heartbeat)) == 2
    replica.answer_heartbeat(3)
    (answer,) = replica.take_said(RequestReadIndexResponse)
    assert isinstance(answer, RequestReadIndexResponse)
    assert (answer.receiver, answer.request_id, answer.index) == (2, 44, 2)


# --- leases ---------------------------------------------------------------------------------


def with_leases(replica: Replica) -> Replica:
    """The same, in a cluster whose configuration has `lease_reads`."""
    log = replica.state.log
    assert log.configuration is not None
    log.configuration = replace(log.configuration, lease_reads=True)
    return replica


def test_with_a_good_lease_a_read_needs_no_round() -> None:
    replica = with_leases(committed_leader())
    replica.answer_heartbeat(2)
    replica.take_said()
    ask(replica, 7)
    assert [(r.read_id, r.index) for r in replica.ready.reads] == [(7, 2)]
    assert replica.take_said(Heartbeat) == []


def test_without_leases_in_the_configuration_there_is_always_a_round() -> None:
    replica = committed_leader()
    replica.answer_heartbeat(2)
    replica.take_said()
    ask(replica, 7)
    assert replica.ready.reads == ()


def test_a_lease_lapses_before_anybody_could_be_elected() -> None:
    replica = with_leases(committed_leader())
    replica.answer_heartbeat(2)
    replica.now_us = replica.state.lease_from_us + TIMING.election_min_us * 9 // 10
    replica.take_said()
    ask(replica, 7)
    assert replica.ready.reads == ()
    assert len(replica.take_said(Heartbeat)) == 2


def test_no_lease_is_used_after_a_timeout_now_even_if_the_transfer_came_to_nothing() -> None:
    replica = with_leases(committed_leader())
    assert replica.raft.transfer_leadership(2, replica.now_us) == ""
    for _ in range(12):
        replica.answer_heartbeat(2)
        replica.pass_time(TIMING.heartbeat_us)
    replica.answer_heartbeat(2)
    assert not replica.raft.is_handing_over
    replica.take_said()
    ask(replica, 7)
    assert replica.ready.reads == ()


def test_where_leases_are_kept_a_dropped_connection_is_no_hint() -> None:
    replica = with_leases(follower())
    deadline_us = replica.raft.next_deadline_us()
    replica.raft.peer_lost(2, replica.now_us)
    assert replica.raft.leader_id == 2
    assert replica.raft.next_deadline_us() == deadline_us


def test_where_leases_are_kept_nobody_votes_within_an_election_timeout_of_a_restart() -> None:
    replica = with_leases(Replica(3, term=2))
    replica.ask_pre_vote(3, 3, (1, 1))
    replica.ask_vote(3, 2, (1, 1))
    replica.ask_vote(3, 3, (1, 1))
    replica.sync()
    assert replica.state.voted_for == 0
    replica.now_us += TIMING.election_min_us
    replica.ask_vote(3, 3, (1, 1))
    assert replica.state.voted_for == 3


def test_a_followers_read_is_not_the_leaders_to_lose() -> None:
    # Its number is of the follower's own counting: it could be that of another read here.
    replica = committed_leader()
    replica.step(RequestReadIndex(sender=2, receiver=1, term=2, request_id=44))
    ask(replica, 7)
    replica.hear(3, 3)
    assert replica.ready.reads_lost == (7,)


def test_who_leads_no_more_gives_no_read_index() -> None:
    replica = follower()
    replica.step(RequestReadIndex(sender=3, receiver=1, term=2, request_id=44))
    replica.answer_heartbeat(3)
    assert replica.take_said() == []


def test_where_leases_are_kept_a_transfer_gets_its_vote_at_once_for_its_leader_uses_none() -> None:
    replica = with_leases(follower())
    replica.ask_vote(3, 3, (1, 1))
    assert replica.raft.current_term == 2
    replica.ask_vote(3, 3, (1, 1), transfer=True)
    assert (replica.raft.current_term, replica.state.voted_for) == (3, 3)
