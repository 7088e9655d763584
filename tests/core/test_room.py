"""A card without room: entries are withheld and not vouched for; terms and votes are not."""

from raftpi.core.limits import Limits
from raftpi.core.messages import (
    AppendEntriesResponse,
    HeartbeatResponse,
    RequestPreVote,
    RequestVote,
    RequestVoteResponse,
    TimeoutNow,
)
from raftpi.core.ready import Role
from raftpi.core.room import Room
from tests.core.bench import Replica

FULL_US = 10_000_000


def refuse(replica: Replica, room: Room = Room.VOTES) -> None:
    """What was issued was not written: the driver drops what waited for it."""
    replica.raft.write_refused(replica.now_us)
    replica.held.clear()
    replica.raft.card_room(room, replica.now_us)
    replica.take()


def follower(limits: Limits | None = None) -> Replica:
    """Follows replica 2 in term 2, and has entry 2 on its card."""
    replica = Replica(3, (1,), limits=limits)
    replica.hear(2, 2)
    replica.sync()
    replica.take_said()
    return replica


def acknowledged(replica: Replica) -> list[int]:
    said = replica.take_said(AppendEntriesResponse)
    return [m.match_index for m in said if isinstance(m, AppendEntriesResponse) and m.success]


def test_what_was_refused_is_withheld_and_written_when_there_is_room() -> None:
    replica = follower()
    replica.append(2, 2, (2, 1), (2, 2))
    refuse(replica)
    assert acknowledged(replica) == []
    assert replica.ready.batch is None
    assert replica.state.log.last_index == 4
    replica.raft.card_room(Room.ENOUGH, replica.now_us)
    batch = replica.take().batch
    assert batch is not None
    assert [entry.index for entry in batch.entries] == [3, 4]
    replica.sync()
    # The leader asks how far it got, as after any lost answer.
    replica.append(2, 2, (4, 2), ())
    assert acknowledged(replica) == [4]


def test_entries_that_come_while_it_is_full_are_not_vouched_for() -> None:
    replica = follower()
    replica.raft.card_room(Room.VOTES, replica.now_us)
    replica.append(2, 2, (2, 1), (2, 2))
    replica.sync()
    assert acknowledged(replica) == [2]
    assert replica.state.durability.durable_index == 2


def test_what_was_on_its_way_when_it_became_full_is_acknowledged_once_durable() -> None:
    replica = follower()
    replica.append(2, 2, (2, 1), (2,))
    replica.raft.card_room(Room.VOTES, replica.now_us)
    replica.append(2, 2, (3, 2), (2,))
    assert acknowledged(replica) == []
    replica.sync()
    assert max(acknowledged(replica)) == 3


def test_a_vote_is_given_and_made_durable_without_the_withheld_entries() -> None:
    replica = follower()
    replica.append(2, 2, (2, 1), (2,))
    refuse(replica)
    replica.pass_time(FULL_US)
    replica.ask_vote(3, 9, (3, 2))
    batch = replica.ready.batch
    assert batch is not None
    assert batch.entries == ()
    assert batch.hard_state is not None
    assert (batch.hard_state.term, batch.hard_state.voted_for) == (9, 3)
    assert replica.take_said(RequestVoteResponse) == []
    replica.sync()
    [vote] = replica.take_said(RequestVoteResponse)
    assert isinstance(vote, RequestVoteResponse)
    assert vote.granted


def test_without_room_for_a_vote_none_is_given_and_no_batch_is_tried() -> None:
    replica = follower()
    refuse(replica, Room.NONE)
    replica.pass_time(FULL_US)
    replica.ask_vote(3, 9, (3, 2))
    assert replica.ready.batch is None
    replica.sync()
    assert replica.take_said(RequestVoteResponse) == []
    replica.raft.card_room(Room.ENOUGH, replica.now_us)
    assert replica.take().batch is not None


def test_it_says_that_its_card_is_sick_and_does_not_campaign() -> None:
    replica = follower()
    replica.raft.card_room(Room.VOTES, replica.now_us)
    replica.hear(2, 2)
    [said] = replica.take_said(HeartbeatResponse)
    assert isinstance(said, HeartbeatResponse)
    assert not said.disk_healthy
    replica.pass_time(FULL_US)
    replica.told_to_campaign(2, 2)
    assert replica.take_said(RequestPreVote) == []
    assert replica.take_said(RequestVote) == []
    assert replica.raft.role is Role.FOLLOWER


def test_a_candidate_whose_write_is_refused_follows_and_asks_nobody() -> None:
    replica = Replica(3, (1,))
    replica.time_out()
    replica.grant_pre_vote(2)
    assert replica.raft.role is Role.CANDIDATE
    refuse(replica)
    replica.sync()
    assert replica.raft.role is Role.FOLLOWER
    assert replica.take_said(RequestVote) == []
    assert replica.state.durability.durable_hard_state.term == replica.raft.current_term


def test_a_follower_takes_in_no_more_than_a_bound_that_it_cannot_write() -> None:
    replica = follower(Limits(withheld_bytes=100))
    replica.raft.card_room(Room.VOTES, replica.now_us)
    for index in range(2, 60):
        replica.append(2, 2, (index, 2 if index > 2 else 1), (2,))
    held_count = replica.state.log.last_index - 2
    assert 0 < held_count < 20
    replica.raft.card_room(Room.ENOUGH, replica.now_us)
    replica.append(2, 2, (replica.state.log.last_index, 2), (2,))
    assert replica.state.log.last_index == held_count + 3


def test_a_full_leader_takes_no_commands_and_hands_over_at_once() -> None:
    replica = Replica(3)
    replica.win()
    for peer in (2, 3):
        replica.acknowledge(peer, 2)
        replica.answer_heartbeat(peer)
    replica.take_said()
    replica.raft.card_room(Room.VOTES, replica.now_us)
    assert replica.raft.propose((b"x",), replica.now_us) == 0
    replica.raft.tick(replica.now_us)
    replica.take()
    assert len(replica.take_said(TimeoutNow)) == 1
