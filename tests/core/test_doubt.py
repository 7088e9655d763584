"""A replica whose log's end was damaged neither votes nor counts until the others cleared it."""

from dataclasses import replace

from raftpi.core.configuration import Configuration
from raftpi.core.entry import Entry, EntryKind
from raftpi.core.messages import (
    AppendEntries,
    AppendEntriesResponse,
    HeartbeatResponse,
    RequestPreVoteResponse,
    RequestVote,
    RequestVoteResponse,
)
from raftpi.core.ready import HardState, Role
from tests.core.bench import TIMING, Replica, configuration

LEADER, OTHER = 2, 3


def doubtful(count: int = 3, **options: int) -> Replica:
    return Replica(count, in_doubt=True, **options)


def clearing(doubt_id: int, *, term: int, index: int, count: int = 3) -> AppendEntries:
    """What the leader appends, here with all before it being known, and committed at once."""
    before = configuration(count)
    members = tuple(
        replace(member, cleared_doubt_id=doubt_id) if member.replica_id == 1 else member
        for member in before.members
    )
    entry = Entry(
        index=index,
        term=term,
        kind=EntryKind.CONFIGURATION,
        configuration=Configuration(cluster_id=7, members=members, timing=TIMING),
    )
    return AppendEntries(
        sender=LEADER,
        receiver=1,
        term=term,
        prev_log_index=index - 1,
        prev_log_term=1,
        commit_index=index,
        entries=(entry,),
    )


# --- the one in doubt -----------------------------------------------------------------------


def test_it_does_not_campaign_however_long_it_hears_nobody() -> None:
    replica = doubtful()
    replica.pass_time(20 * TIMING.election_max_us)
    assert replica.raft.role is Role.LEARNER
    assert replica.take_said() == []


def test_it_refuses_every_vote_and_pre_vote() -> None:
    replica = doubtful()
    replica.pass_time(TIMING.election_max_us)
    replica.ask_pre_vote(OTHER, 2, (9, 1))
    replica.ask_vote(OTHER, 2, (9, 1))
    replica.sync()
    said = replica.take_said()
    assert [type(message) for message in said] == [RequestPreVoteResponse, RequestVoteResponse]
    assert [message.granted for message in said] == [False, False]
    assert replica.state.voted_for == 0


def test_it_does_not_take_the_lead_when_told_to() -> None:
    replica = doubtful()
    replica.hear(LEADER, 1)
    replica.told_to_campaign(LEADER, 1)
    assert replica.raft.role is Role.LEARNER
    assert replica.state.refused_counts == {"TimeoutNow to a replica in doubt": 1}


def test_its_answers_say_so_with_a_number_of_this_start() -> None:
    numbers = []
    for chance in (0.25, 0.75):
        replica = doubtful(chance=chance)  # type: ignore[arg-type]
        replica.hear(LEADER, 1)
        replica.append(LEADER, 1, (1, 1), [1])
        replica.append(LEADER, 1, (7, 1), [1])
        replica.sync()
        answers = replica.take_said()
        assert {type(answer) for answer in answers} == {AppendEntriesResponse, HeartbeatResponse}
        [number] = {answer.doubt_id for answer in answers}
        numbers.append(number)
    assert 0 not in numbers
    assert numbers[0] != numbers[1]


def test_who_is_not_in_doubt_does_not_say_so() -> None:
    replica = Replica(3)
    replica.hear(LEADER, 1)
    [answer] = replica.take_said()
    assert answer.doubt_id == 0


def test_once_the_clearing_is_committed_it_counts_and_has_voted_for_who_leads() -> None:
    replica = doubtful()
    replica.step(clearing(replica.state.doubt_id, term=2, index=2))
    batch = replica.ready.batch
    assert batch is not None
    assert batch.hard_state == HardState(term=2, voted_for=LEADER, in_doubt=False)
    assert replica.state.doubt_id == 0
    replica.sync()
    replica.pass_time(TIMING.election_max_us)
    assert replica.raft.role is Role.PRE_CANDIDATE


def test_the_world_sees_a_learner_until_then() -> None:
    replica = doubtful()
    replica.hear(LEADER, 2)
    assert replica.raft.role is Role.LEARNER
    replica.step(clearing(replica.state.doubt_id, term=2, index=2))
    assert [change.role for change in replica.ready.role_changes] == [Role.FOLLOWER]


def test_in_a_term_in_which_it_has_voted_the_vote_stays() -> None:
    replica = doubtful(term=2, voted_for=OTHER)
    replica.step(clearing(replica.state.doubt_id, term=2, index=2))
    assert replica.state.doubt_id == 0
    assert replica.state.voted_for == OTHER


def test_a_clearing_that_is_not_committed_ends_nothing() -> None:
    replica = doubtful()
    replica.step(replace(clearing(replica.state.doubt_id, term=2, index=2), commit_index=1))
    assert replica.state.doubt_id != 0
    replica.hear(LEADER, 2, commit=2)
    assert replica.state.doubt_id == 0


def test_a_clearing_of_before_this_start_ends_nothing() -> None:
    replica = doubtful()
    replica.step(clearing(replica.state.doubt_id + 1, term=2, index=2))
    assert replica.state.doubt_id != 0


def test_without_a_leader_it_waits_for_the_next_one() -> None:
    replica = doubtful()
    replica.step(replace(clearing(replica.state.doubt_id, term=2, index=2), commit_index=1))
    replica.raft.peer_lost(LEADER, replica.now_us)
    replica.state.advance_commit(2)
    replica.take()
    assert replica.state.doubt_id != 0
    replica.hear(OTHER, 3, commit=2)
    assert replica.state.doubt_id == 0
    assert replica.state.voted_for == OTHER


# --- its leader -----------------------------------------------------------------------------


def leading(count: int = 3) -> Replica:
    replica = Replica(count)
    replica.win()
    return replica


def test_what_it_acknowledges_commits_nothing() -> None:
    replica = leading()
    replica.acknowledge(2, 2, doubt_id=5)
    assert replica.state.commit_index == 0
    replica.acknowledge(3, 2)
    assert replica.state.commit_index == 2


def test_an_acknowledgement_of_before_its_restart_does_not_make_it_count() -> None:
    replica = leading(5)
    for peer in (2, 3):
        replica.acknowledge(peer, 2)
    replica.acknowledge(2, 2, doubt_id=5)
    index = replica.state.log.last_index
    assert index == 3
    replica.sync()
    replica.acknowledge(2, index, doubt_id=5)
    replica.acknowledge(2, 1)
    replica.acknowledge(3, index)
    assert replica.state.commit_index == 2
    replica.acknowledge(4, index)
    assert replica.state.commit_index == index


def test_the_leader_finds_out_anew_what_its_log_holds() -> None:
    replica = leading()
    replica.acknowledge(2, 2)
    replica.acknowledge(3, 2)
    replica.answer_heartbeat(2, doubt_id=5)
    progress = replica.state.progress[2]
    assert progress.match_index == 0
    replica.reject(2, progress.next_index - 1, (1, 0), doubt_id=5)
    sent = [m for m in replica.take_said(AppendEntries) if m.receiver == 2]
    assert sent[-1].prev_log_index == 0


def test_its_answers_to_heartbeats_keep_nobody_in_the_lead() -> None:
    replica = leading()
    for _ in range(2 * TIMING.election_max_us // TIMING.heartbeat_us):
        replica.pass_time(TIMING.heartbeat_us)
        if replica.raft.role is Role.LEADER:
            replica.answer_heartbeat(2, doubt_id=5)
    assert replica.raft.role is not Role.LEADER


def test_its_answers_to_heartbeats_confirm_no_read() -> None:
    replica = leading()
    replica.acknowledge(3, 2)
    assert replica.raft.read(1, replica.now_us)
    replica.take()
    replica.answer_heartbeat(2, doubt_id=5)
    assert replica.ready.reads == ()
    replica.answer_heartbeat(3)
    assert [read.read_id for read in replica.ready.reads] == [1]


def test_the_leader_clears_it_with_an_entry_and_then_it_counts_again() -> None:
    replica = leading()
    replica.acknowledge(3, 2)
    replica.answer_heartbeat(2, doubt_id=5)
    [entry] = [e for e in replica.state.log.between(3, 9) if e.configuration is not None]
    member = replica.state.cluster.member(2)
    assert member is not None
    assert member.cleared_doubt_id == 5
    assert member.voter
    assert not replica.state.cluster.is_joint
    replica.sync()
    replica.acknowledge(2, entry.index, doubt_id=5)
    assert replica.state.commit_index == 2, "it does not clear itself"
    replica.acknowledge(3, entry.index)
    assert replica.state.commit_index == entry.index
    replica.raft.propose((b"next",), replica.now_us)
    replica.take()
    replica.sync()
    replica.acknowledge(2, entry.index + 1)
    assert replica.state.commit_index == entry.index + 1


def test_a_second_doubt_is_cleared_by_another_entry() -> None:
    replica = leading()
    replica.acknowledge(3, 2)
    replica.answer_heartbeat(2, doubt_id=5)
    replica.sync()
    replica.acknowledge(3, 3)
    replica.answer_heartbeat(2, doubt_id=6)
    member = replica.state.cluster.member(2)
    assert member is not None
    assert member.cleared_doubt_id == 6
    assert replica.state.log.configuration_index == 4


def test_the_same_doubt_is_cleared_but_once() -> None:
    replica = leading()
    replica.acknowledge(3, 2)
    for _ in range(3):
        replica.answer_heartbeat(2, doubt_id=5)
        replica.sync()
        replica.acknowledge(3, replica.state.log.last_index)
    assert replica.state.log.last_index == 3


def test_it_does_not_get_the_lead() -> None:
    replica = leading()
    replica.acknowledge(3, 2)
    replica.answer_heartbeat(2, doubt_id=5)
    refusal = replica.raft.transfer_leadership(2, replica.now_us)
    assert refusal == "the target's log was damaged, and it does not vote yet"
    replica.answer_heartbeat(3)
    assert replica.raft.transfer_leadership(0, replica.now_us) == ""
    assert replica.state.transfer_target == 3


def test_clients_are_not_told_of_its_acknowledgement() -> None:
    replica = leading()
    replica.acknowledge(2, 2, doubt_id=5)
    assert replica.raft.durable_indexes() == (2, 0)
    replica.acknowledge(3, 2)
    assert replica.raft.durable_indexes() == (2, 2)


def test_a_candidate_asks_it_like_everybody() -> None:
    replica = Replica(3)
    replica.time_out()
    replica.grant_pre_vote(3)
    replica.sync()
    assert {m.receiver for m in replica.take_said(RequestVote)} == {2, 3}
