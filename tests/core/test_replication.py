"""Log replication: paper 5.3 and 5.4.2, the pipeline and the parallel disk write of thesis 10.2."""

from raftpi.core.limits import Limits
from raftpi.core.messages import AppendEntries, AppendEntriesResponse, HeartbeatResponse
from raftpi.core.progress import ProgressState
from tests.core.bench import TIMING, Replica


def leader_with_followers(count: int = 3, limits: Limits | None = None) -> Replica:
    """A leader of term 2 whose no-op, entry 2, all followers have acknowledged."""
    replica = Replica(count, limits=limits)
    replica.win()
    for peer in replica.state.peers():
        replica.acknowledge(peer, 2)
    replica.take_said()
    return replica


def propose(replica: Replica, *commands: bytes) -> int:
    index = replica.raft.propose(commands, replica.now_us)
    replica.take()
    return index


def test_a_new_leader_appends_a_no_op_of_its_own_term() -> None:
    replica = Replica(3, (1, 1))
    replica.win()
    last = replica.state.log.entry(4)
    assert (last.term, last.kind.value) == (replica.raft.current_term, 1)


def test_a_follower_appends_and_acknowledges_only_after_the_sync() -> None:
    replica = Replica(3)
    replica.append(2, 2, (1, 1), (2, 2))
    assert replica.ready.batch is not None
    assert [e.index for e in replica.ready.batch.entries] == [2, 3]
    assert replica.take_said(AppendEntriesResponse) == []
    replica.sync()
    [answer] = replica.take_said(AppendEntriesResponse)
    assert (answer.success, answer.match_index) == (True, 3)


def test_an_append_behind_a_gap_is_rejected_with_the_end_of_the_log() -> None:
    replica = Replica(3, term=2)
    replica.hear(2, 2)
    replica.append(2, 2, (5, 2), (2,))
    answer = replica.take_said(AppendEntriesResponse)[-1]
    assert not answer.success
    assert (answer.conflict_index, answer.conflict_term) == (2, 0)


def test_a_rejection_names_the_first_index_of_the_conflicting_term() -> None:
    replica = Replica(3, (2, 3, 3, 3), term=5)
    replica.append(2, 5, (5, 5), ())
    answer = replica.take_said(AppendEntriesResponse)[-1]
    assert not answer.success
    assert (answer.conflict_index, answer.conflict_term) == (3, 3)


def test_a_conflicting_suffix_is_replaced() -> None:
    replica = Replica(3, (2, 2, 2))
    replica.append(2, 3, (2, 2), (3,))
    assert [e.term for e in replica.state.log.between(2, 3)] == [2, 3]
    assert replica.state.log.last_index == 3
    assert replica.ready.batch is not None
    assert [e.index for e in replica.ready.batch.entries] == [3]


def test_a_stale_append_that_matches_truncates_nothing() -> None:
    replica = Replica(3, (2, 2, 2), term=2)
    replica.append(2, 2, (1, 1), (2,))
    assert replica.state.log.last_index == 4


def test_a_repeated_append_that_is_durable_is_acknowledged_at_once() -> None:
    replica = Replica(3, (2, 2), term=2)
    replica.append(2, 2, (1, 1), (2, 2))
    [answer] = replica.take_said(AppendEntriesResponse)
    assert (answer.success, answer.match_index) == (True, 3)


def test_an_empty_append_acknowledges_only_what_is_durable() -> None:
    replica = Replica(3, term=2)
    replica.append(2, 2, (1, 1), (2,))
    replica.append(2, 2, (2, 2), ())
    [answer] = replica.take_said(AppendEntriesResponse)
    assert (answer.success, answer.match_index) == (True, 1)


def test_the_commit_index_of_a_follower_is_capped_to_what_matched() -> None:
    replica = Replica(3, (1, 1), term=2)
    replica.append(2, 2, (1, 1), (1,), commit=3)
    assert replica.state.commit_index == 2


def test_an_append_that_contradicts_a_committed_entry_is_refused_and_counted() -> None:
    replica = Replica(3, (2, 2), term=2)
    replica.append(2, 2, (1, 1), (2, 2), commit=3)
    for prev in ((1, 1), (2, 2)):
        replica.append(2, 3, prev, (3,))
    assert replica.state.log.last_term == 2
    assert replica.state.refused_counts == {"append that contradicts a committed entry": 2}


def test_a_late_completion_does_not_vouch_for_entries_overwritten_since() -> None:
    replica = Replica(3, term=2)
    replica.append(2, 2, (1, 1), (2, 2, 2))
    first = replica.unsynced
    replica.append(3, 3, (2, 2), (3,))
    replica.raft.persisted(first, replica.now_us)
    assert replica.state.durability.durable_index == 2
    replica.sync()
    assert replica.state.durability.durable_index == 3


def test_the_leader_sends_what_it_has_not_yet_on_its_own_card() -> None:
    replica = leader_with_followers()
    propose(replica, b"x")
    assert [m.receiver for m in replica.take_said(AppendEntries)] == [2, 3]


def test_the_leader_counts_itself_only_when_its_own_card_holds_the_entry() -> None:
    replica = leader_with_followers()
    propose(replica, b"x")
    replica.acknowledge(2, 3)
    assert replica.state.commit_index == 2
    replica.sync()
    assert replica.state.commit_index == 3


def test_a_quorum_without_the_leaders_card_commits() -> None:
    replica = leader_with_followers()
    propose(replica, b"x")
    replica.acknowledge(2, 3)
    replica.acknowledge(3, 3)
    assert replica.state.commit_index == 3


def test_a_single_node_commits_nothing_before_it_is_durable() -> None:
    replica = Replica(1)
    replica.win()
    assert propose(replica, b"x") == 3
    assert replica.state.commit_index == 2
    replica.sync()
    assert replica.state.commit_index == 3


def test_an_entry_of_an_old_term_never_commits_by_counting() -> None:
    """Figure 8 of the paper: only the no-op of the own term takes it along."""
    replica = Replica(5, (2,), term=3)
    replica.win()  # no-op is entry 3
    for peer in (2, 3):
        replica.acknowledge(peer, 2)
    assert replica.state.commit_index == 0
    for peer in (2, 3):
        replica.acknowledge(peer, 3)
    assert replica.state.commit_index == 3


def test_commands_of_one_call_travel_in_one_append() -> None:
    replica = leader_with_followers()
    propose(replica, b"a", b"b", b"c")
    sent = replica.take_said(AppendEntries)
    assert [len(m.entries) for m in sent] == [3, 3]


def test_appends_are_pipelined_without_waiting_for_answers() -> None:
    replica = leader_with_followers()
    propose(replica, b"a")
    propose(replica, b"b")
    sent = [m for m in replica.take_said(AppendEntries) if m.receiver == 2]
    assert [m.prev_log_index for m in sent] == [2, 3]


def test_the_window_pauses_replication_and_an_answer_resumes_it() -> None:
    replica = leader_with_followers(limits=Limits(inflight_count=2))
    for command in (b"a", b"b", b"c"):
        propose(replica, command)
    assert len([m for m in replica.take_said(AppendEntries) if m.receiver == 2]) == 2
    replica.acknowledge(2, 3)
    sent = [m for m in replica.take_said(AppendEntries) if m.receiver == 2]
    assert [m.entries[0].index for m in sent] == [5]


def test_the_window_is_bounded_in_bytes_too() -> None:
    replica = leader_with_followers(limits=Limits(inflight_bytes=1000, append_bytes=600))
    for _ in range(5):
        propose(replica, b"x" * 500)
    assert len([m for m in replica.take_said(AppendEntries) if m.receiver == 2]) == 2


def test_an_append_holds_no_more_than_its_bytes_but_at_least_one_entry() -> None:
    replica = leader_with_followers(limits=Limits(append_bytes=600))
    propose(replica, b"x" * 900, b"y" * 200, b"z" * 200, b"w" * 300)
    sent = [m for m in replica.take_said(AppendEntries) if m.receiver == 2]
    assert [len(m.entries) for m in sent] == [1, 2, 1]


def test_a_rejection_skips_a_whole_term_at_once() -> None:
    replica = Replica(3, (2, 2, 2, 5, 5, 5), term=6)
    replica.win()  # ends at 8
    replica.take_said()
    replica.reject(2, 7, (3, 3))
    [probe] = replica.take_said(AppendEntries)
    assert probe.prev_log_index == 2


def test_a_rejection_with_a_term_the_leader_has_continues_behind_it() -> None:
    replica = Replica(3, (2, 2, 2, 5, 5), term=6)
    replica.win()
    replica.take_said()
    replica.reject(2, 6, (2, 2))
    [probe] = replica.take_said(AppendEntries)
    assert (probe.prev_log_index, probe.prev_log_term) == (4, 2)


def test_a_short_log_is_continued_at_its_end() -> None:
    replica = Replica(3, (2, 2, 2, 2), term=6)
    replica.win()
    replica.take_said()
    replica.reject(2, 5, (3, 0))
    [probe] = replica.take_said(AppendEntries)
    assert probe.prev_log_index == 2


def test_while_probing_one_append_is_under_way_at_a_time() -> None:
    replica = Replica(3, (2, 2))
    replica.win()
    propose(replica, b"a")
    propose(replica, b"b")
    assert [m for m in replica.take_said(AppendEntries) if m.receiver == 2] == []
    replica.acknowledge(2, 4)
    sent = [m for m in replica.take_said(AppendEntries) if m.receiver == 2]
    assert [e.command for m in sent for e in m.entries] == [b"a", b"b"]


def test_an_old_rejection_changes_nothing() -> None:
    replica = leader_with_followers()
    for rejected in (1, 2):
        replica.reject(2, rejected, (1, 0))
    assert replica.state.progress[2].state is ProgressState.REPLICATE
    assert replica.state.progress[2].next_index == 3


def test_a_rejection_of_what_is_beyond_all_that_is_under_way_changes_nothing() -> None:
    replica = leader_with_followers()
    replica.reject(2, 99, (99, 0))
    assert replica.state.progress[2].state is ProgressState.REPLICATE
    assert replica.state.progress[2].next_index == 3


def test_an_old_acknowledgement_does_not_lower_what_matched() -> None:
    replica = leader_with_followers()
    replica.acknowledge(2, 1)
    assert replica.state.progress[2].match_index == 2


def test_an_acknowledgement_beyond_the_log_is_refused_and_counted() -> None:
    replica = leader_with_followers()
    replica.acknowledge(2, 99)
    assert replica.state.progress[2].match_index == 2
    assert replica.state.refused_counts == {"acknowledgement beyond the log": 1}


def test_a_heartbeat_response_gets_a_probing_follower_going_again() -> None:
    replica = leader_with_followers()
    replica.raft.unreachable(2, replica.now_us)
    propose(replica, b"a")
    assert [m for m in replica.take_said(AppendEntries) if m.receiver == 2] == []
    replica.pass_time(TIMING.heartbeat_us)
    replica.answer_heartbeat(2)
    [check] = [m for m in replica.take_said(AppendEntries) if m.receiver == 2]
    assert check.entries == ()
    replica.acknowledge(2, 2)
    sent = [m for m in replica.take_said(AppendEntries) if m.receiver == 2]
    assert [e.command for m in sent for e in m.entries] == [b"a"]


def test_a_lost_append_is_noticed_by_the_second_heartbeat_and_not_resent_blindly() -> None:
    replica = leader_with_followers()
    propose(replica, b"a")
    replica.take_said()
    replica.answer_heartbeat(2)
    assert [m for m in replica.take_said(AppendEntries) if m.receiver == 2] == []
    replica.pass_time(TIMING.heartbeat_us)
    replica.answer_heartbeat(2)
    [check] = [m for m in replica.take_said(AppendEntries) if m.receiver == 2]
    assert (check.prev_log_index, check.entries) == (3, ())
    replica.reject(2, 3, (3, 0))
    [again] = [m for m in replica.take_said(AppendEntries) if m.receiver == 2]
    assert [e.command for e in again.entries] == [b"a"]


def test_durable_indexes_say_on_how_many_cards_an_entry_is() -> None:
    replica = leader_with_followers(5)
    propose(replica, b"a")
    replica.acknowledge(2, 3)
    assert sorted(replica.raft.durable_indexes()) == [2, 2, 2, 2, 3]
    replica.sync()
    replica.acknowledge(3, 3)
    assert sorted(replica.raft.durable_indexes()) == [2, 2, 3, 3, 3]


def test_who_does_not_lead_knows_of_its_own_card_only() -> None:
    replica = Replica(3, (2, 2), term=2)
    assert replica.raft.durable_indexes() == (3,)


def test_committed_entries_are_handed_out_once_in_order_and_in_bounded_portions() -> None:
    replica = leader_with_followers(limits=Limits(commit_count=2))
    propose(replica, b"a", b"b", b"c")
    replica.sync()
    replica.acknowledge(2, 5)
    handed = [e.index for e in replica.ready.committed]
    while replica.raft.has_more:
        handed.extend(e.index for e in replica.take().committed)
    assert handed[-3:] == [3, 4, 5]
    assert replica.take().committed == ()


def test_a_follower_that_is_told_to_propose_refuses() -> None:
    replica = Replica(3)
    assert replica.raft.propose((b"x",), replica.now_us) == 0


def test_a_probe_that_leaves_in_this_turn_is_not_doubled_by_an_answered_heartbeat() -> None:
    replica = Replica(3, (2, 2, 2), term=6)
    replica.win()
    replica.answer_heartbeat(2)
    replica.take_said()
    term = replica.raft.current_term
    refused = AppendEntriesResponse(
        sender=2,
        receiver=1,
        term=term,
        success=False,
        match_index=0,
        rejected_index=4,
        conflict_index=2,
        conflict_term=0,
    )
    beaten = HeartbeatResponse(
        sender=2, receiver=1, term=term, round=replica.state.heartbeat_round, disk_healthy=True
    )
    for message in (refused, beaten):
        replica.raft.step(message, replica.now_us)
    replica.take()
    [probe] = [m for m in replica.take_said(AppendEntries) if m.receiver == 2]
    assert [e.index for e in probe.entries] == [2, 3, 4, 5]


def test_an_acknowledgement_of_nothing_new_does_not_put_off_the_next_question() -> None:
    replica = leader_with_followers()
    propose(replica, b"a")
    replica.answer_heartbeat(2)
    for _ in range(3):
        replica.take_said()
        replica.pass_time(TIMING.heartbeat_us)
        replica.answer_heartbeat(2)
        questions = [m for m in replica.take_said(AppendEntries) if m.receiver == 2]
        assert [m.entries for m in questions] == [()]
        replica.acknowledge(2, 2)


def test_what_left_before_a_message_was_dropped_does_not_fill_the_pipeline_anew() -> None:
    """Each answer would send again what is under way, and be answered as often: a storm."""
    replica = leader_with_followers()
    replica.acknowledge(2, 1)
    for number in range(5):
        propose(replica, b"%d" % number)
    last = replica.state.log.last_index
    replica.raft.unreachable(2, replica.now_us)
    replica.take()
    replica.take_said()
    progress = replica.state.progress[2]
    for match in range(last - 4, last):
        replica.acknowledge(2, match)
    assert progress.match_index == last - 1
    assert progress.state is ProgressState.PROBE
    assert replica.take_said(AppendEntries) == []

    # A heartbeat that is answered asks where the logs agree; the answer to that begins it anew.
    for _ in range(2):
        replica.answer_heartbeat(2)
    (probe,) = replica.take_said(AppendEntries)
    assert isinstance(probe, AppendEntries)
    assert (probe.prev_log_index, probe.entries) == (last - 1, ())
    replica.acknowledge(2, last - 1)
    assert progress.state is ProgressState.REPLICATE
    (append,) = replica.take_said(AppendEntries)
    assert isinstance(append, AppendEntries)
    assert [entry.index for entry in append.entries] == [last]


def test_followers_that_are_equally_far_get_the_very_same_entries() -> None:
    replica = leader_with_followers(3)
    propose(replica, b"a", b"b")
    first, second = replica.take_said(AppendEntries)
    assert {first.receiver, second.receiver} == {2, 3}
    assert first.entries is second.entries
