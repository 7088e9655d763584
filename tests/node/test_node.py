"""The replica as a whole, on virtual time: founding, clients, failover, lost memory."""

from raftpi.command import Get, List, Put, Stamp, Written, pack_command, pack_query, unpack_listing
from raftpi.command import unpack_result as unpacked
from raftpi.core.messages import AppendEntries, Heartbeat, RequestPreVote, RequestVote
from raftpi.core.ready import Role
from raftpi.node import Committed, Lost, NotLeading, QueryAnswered, Refused, TransferBegun
from raftpi.node.report import status_of
from raftpi.sim.cluster import VirtualCluster

ELECTION_US = 300_000


def put(number: int, *, session_id: int = 5, value: bytes = b"v") -> bytes:
    stamp = Stamp(session_id=session_id, sequence=number, first_pending=number, began_index=0)
    return pack_command(stamp, Put(key=b"k%d" % number, value=value))


def outcome(cluster: VirtualCluster, node_id: int) -> object:
    """Run until that board has an outcome, and take it."""
    outcomes = cluster.boards[node_id].outcomes
    assert cluster.run_until(lambda: bool(outcomes)), "no outcome"
    return outcomes.pop(0)


def followers(cluster: VirtualCluster, leader: int) -> list[int]:
    return [node_id for node_id in cluster.boards if node_id != leader]


def test_three_fresh_boards_found_a_cluster_and_elect() -> None:
    cluster = VirtualCluster(3, seed=1)
    cluster.elect()
    ids = {node.configuration.cluster_id for node in cluster.live() if node.configuration}
    assert len(ids) == 1
    cluster.check_everything()


def test_a_put_is_committed_with_its_index_and_acks() -> None:
    cluster = VirtualCluster(3, seed=2)
    leader = cluster.elect()
    cluster.submit(leader, put(1), "mine")
    done = outcome(cluster, leader)
    assert isinstance(done, Committed)
    assert done.request == "mine"
    assert done.acks >= 2
    assert done.voter_count == 3
    assert unpacked(done.result) == Written(revision=done.index)


def test_a_follower_names_the_leader() -> None:
    cluster = VirtualCluster(3, seed=3)
    leader = cluster.elect()
    cluster.run_for_us(100_000)
    other = followers(cluster, leader)[0]
    cluster.submit(other, put(1))
    said = outcome(cluster, other)
    assert isinstance(said, NotLeading)
    assert (said.leader, said.reason) == (leader, "not leader")


def test_a_read_sees_what_was_acknowledged_before() -> None:
    cluster = VirtualCluster(3, seed=4)
    leader = cluster.elect()
    cluster.submit(leader, put(1, value=b"hot"))
    outcome(cluster, leader)
    cluster.ask(leader, pack_query(Get(key=b"k1")))
    said = outcome(cluster, leader)
    assert isinstance(said, QueryAnswered)
    assert unpack_listing(said.body).items[0].value == b"hot"


def test_a_value_too_large_is_refused_before_it_enters_the_log() -> None:
    cluster = VirtualCluster(3, seed=5)
    leader = cluster.elect()
    last_index = cluster.node(leader).raft.state.log.last_index
    cluster.submit(leader, put(1, value=b"x" * (1024 * 1024 + 1)))
    said = outcome(cluster, leader)
    assert isinstance(said, Refused)
    assert "1048576" in said.reason
    assert cluster.node(leader).raft.state.log.last_index == last_index


def test_a_malformed_command_or_query_is_refused_at_the_door() -> None:
    cluster = VirtualCluster(3, seed=6)
    leader = cluster.elect()
    cluster.submit(leader, b"\xff garbage")
    assert isinstance(outcome(cluster, leader), Refused)
    cluster.ask(leader, b"\xff garbage")
    assert isinstance(outcome(cluster, leader), Refused)


def test_everything_acknowledged_survives_a_crash_of_all_boards() -> None:
    cluster = VirtualCluster(3, seed=7)
    leader = cluster.elect()
    for number in range(1, 21):
        cluster.submit(leader, put(number))
    assert cluster.run_until(lambda: len(cluster.boards[leader].outcomes) == 20)
    for node_id in cluster.boards:
        cluster.crash(node_id)
    for node_id in cluster.boards:
        cluster.start(node_id)
    leader = cluster.elect()
    cluster.boards[leader].outcomes.clear()
    cluster.ask(leader, pack_query(List(prefix=b"k", after=b"", limit=100)))
    said = outcome(cluster, leader)
    assert isinstance(said, QueryAnswered)
    assert len(unpack_listing(said.body).items) == 20


def test_the_same_stamp_at_the_next_leader_runs_once() -> None:
    cluster = VirtualCluster(3, seed=8)
    leader = cluster.elect()
    cluster.submit(leader, put(1))
    first = outcome(cluster, leader)
    assert isinstance(first, Committed)
    cluster.crash(leader)
    second_leader = cluster.elect()
    cluster.submit(second_leader, put(1))
    again = outcome(cluster, second_leader)
    assert isinstance(again, Committed)
    assert again.index > first.index
    assert unpacked(again.result) == unpacked(first.result)


def test_a_killed_leader_is_replaced_within_milliseconds_of_the_hint() -> None:
    for seed in range(20):
        cluster = VirtualCluster(3, seed=seed)
        leader = cluster.elect()
        cluster.run_for_us(200_000)
        cluster.crash(leader, hint=True)
        killed_us = cluster.now_us
        cluster.elect()
        assert cluster.now_us - killed_us < 30_000


def test_a_silent_leader_is_replaced_within_two_election_timeouts() -> None:
    for seed in range(20):
        cluster = VirtualCluster(3, seed=seed)
        leader = cluster.elect()
        cluster.run_for_us(200_000)
        cluster.crash(leader)
        killed_us = cluster.now_us
        cluster.elect()
        assert cluster.now_us - killed_us < 2 * ELECTION_US


def test_a_leader_cut_off_turns_clients_away_instead_of_guessing() -> None:
    cluster = VirtualCluster(3, seed=9)
    leader = cluster.elect()
    cluster.isolate(leader)
    cluster.run_for_us(200_000)
    cluster.submit(leader, put(1))
    said = outcome(cluster, leader)
    assert isinstance(said, NotLeading)
    cluster.run_for_us(3 * ELECTION_US)
    cluster.submit(leader, put(1))
    said = outcome(cluster, leader)
    assert isinstance(said, NotLeading)
    assert (said.reason, said.alive_count, said.voter_count) == ("no quorum", 1, 3)


def test_a_leader_whose_followers_connections_dropped_takes_nothing_in() -> None:
    cluster = VirtualCluster(3, seed=25)
    leader = cluster.elect()
    cluster.run_for_us(200_000)
    last_index = cluster.node(leader).raft.state.log.last_index
    for other in followers(cluster, leader):
        cluster.crash(other, hint=True)
    cluster.run_for_us(1_000)
    cluster.submit(leader, put(1))
    said = outcome(cluster, leader)
    assert isinstance(said, NotLeading)
    assert (said.reason, said.alive_count) == ("no quorum", 1)
    assert cluster.node(leader).raft.state.log.last_index == last_index


def test_a_command_under_way_when_the_lead_is_lost_is_uncertain() -> None:
    cluster = VirtualCluster(3, seed=10)
    leader = cluster.elect()
    cluster.isolate(leader)
    cluster.submit(leader, put(1))
    assert isinstance(outcome(cluster, leader), Lost)


def test_a_rogue_that_was_cut_off_disturbs_nobody_when_it_comes_back() -> None:
    cluster = VirtualCluster(3, seed=11)
    leader = cluster.elect()
    rogue = followers(cluster, leader)[0]
    term = cluster.node(leader).raft.current_term
    cluster.isolate(rogue)
    cluster.run_for_us(10_000_000)
    assert cluster.node(rogue).raft.role is not Role.FOLLOWER
    assert cluster.node(rogue).raft.current_term == term
    cluster.heal()
    cluster.run_for_us(1_000_000)
    assert cluster.leader() == leader
    assert cluster.node(leader).raft.current_term == term
    assert cluster.node(rogue).raft.role is Role.FOLLOWER


def test_a_board_with_a_fresh_directory_does_not_vote_and_says_why() -> None:
    cluster = VirtualCluster(3, seed=12)
    leader = cluster.elect()
    forgetful = followers(cluster, leader)[0]
    cluster.crash(forgetful)
    cluster.throw_away_card(forgetful)
    cluster.start(forgetful)
    cluster.run_for_us(1_000_000)
    node = cluster.node(forgetful)
    assert node.has_lost_memory()
    assert cluster.leader() == leader
    status = status_of(node, name="x", now_us=cluster.now_us)
    assert status.condition == "lost_memory"
    assert "lost memory" in status.needs_person
    assert any("has lost its memory" in line for line in cluster.boards[forgetful].story)
    assert any("has lost its memory" in line for line in cluster.boards[leader].story)
    other = followers(cluster, leader)[1]
    cluster.crash(other)
    cluster.run_for_us(3_000_000)
    assert cluster.leader() == 0, "the forgetful board was counted"
    assert not node.configuration


def test_requests_at_a_board_that_lost_its_memory_are_turned_away() -> None:
    cluster = VirtualCluster(3, seed=13)
    leader = cluster.elect()
    forgetful = followers(cluster, leader)[0]
    cluster.crash(forgetful)
    cluster.throw_away_card(forgetful)
    cluster.start(forgetful)
    cluster.run_for_us(1_000_000)
    cluster.submit(forgetful, put(1))
    said = outcome(cluster, forgetful)
    assert isinstance(said, NotLeading)
    assert said.reason == "lost memory"


def test_a_transfer_moves_the_lead_to_the_board_named() -> None:
    cluster = VirtualCluster(3, seed=14)
    leader = cluster.elect()
    cluster.run_for_us(100_000)
    target = followers(cluster, leader)[0]
    cluster.node(leader).transfer("t", target, cluster.now_us)
    cluster.advance(cluster.boards[leader])
    assert isinstance(outcome(cluster, leader), TransferBegun)
    assert cluster.run_until(lambda: cluster.leader() == target, 100_000)


def test_a_transfer_to_nobody_known_is_refused() -> None:
    cluster = VirtualCluster(3, seed=15)
    leader = cluster.elect()
    cluster.node(leader).transfer("t", 9, cluster.now_us)
    cluster.advance(cluster.boards[leader])
    said = outcome(cluster, leader)
    assert isinstance(said, Refused)
    assert "9" in said.reason


def test_a_stopping_leader_hands_over_before_it_may_exit() -> None:
    cluster = VirtualCluster(3, seed=16)
    leader = cluster.elect()
    cluster.run_for_us(100_000)
    node = cluster.node(leader)
    node.stop(cluster.now_us)
    assert not node.may_exit()
    cluster.advance(cluster.boards[leader])
    assert cluster.run_until(node.may_exit, 100_000)
    assert cluster.run_until(lambda: cluster.leader() not in (0, leader), 100_000)


def test_a_stopping_leader_that_nobody_hears_may_exit() -> None:
    cluster = VirtualCluster(1, seed=17)
    leader = cluster.elect()
    node = cluster.node(leader)
    node.stop(cluster.now_us)
    assert node.may_exit()


def test_frames_that_do_not_belong_here_are_counted_and_dropped() -> None:
    cluster = VirtualCluster(3, seed=18)
    leader = cluster.elect()
    node = cluster.node(leader)
    assert node.configuration is not None
    mine, peer = node.replica_id, node.raft.state.peers()[0]
    term = node.raft.current_term

    def beat(sender: int, receiver: int) -> Heartbeat:
        return Heartbeat(
            sender=sender,
            receiver=receiver,
            term=term + 5,
            round=1,
            commit_index=0,
            leader_commit_index=0,
        )

    node.receive(99, beat(peer, mine), cluster.now_us)
    node.receive(node.configuration.cluster_id, beat(peer, 12345), cluster.now_us)
    node.receive(node.configuration.cluster_id, beat(12345, mine), cluster.now_us)
    assert node.raft.role is Role.LEADER
    assert node.refused_counts == {
        "frame of another cluster": 1,
        "frame for another replica": 1,
        "frame of a stranger": 1,
    }


def test_each_entry_travels_to_each_follower_once() -> None:
    cluster = VirtualCluster(3, seed=19)
    leader = cluster.elect()
    cluster.run_for_us(200_000)
    cluster.sent.clear()
    for number in range(1, 11):
        cluster.submit(leader, put(number, value=b"x" * 5000))
    assert cluster.run_until(lambda: len(cluster.boards[leader].outcomes) == 10)
    assert cluster.appended_bytes() <= 3 * 50_000 + 50_000


def test_ten_entries_take_few_messages_and_an_election_too() -> None:
    cluster = VirtualCluster(3, seed=20)
    leader = cluster.elect()
    elections = cluster.count_sent(RequestVote) + cluster.count_sent(RequestPreVote)
    assert 1 <= elections <= 30
    cluster.run_for_us(200_000)
    cluster.sent.clear()
    for number in range(1, 11):
        cluster.submit(leader, put(number))
        assert cluster.run_until(lambda n=number: len(cluster.boards[leader].outcomes) == n)
    assert cluster.count_sent(AppendEntries) <= 42


def test_a_long_divergent_log_is_backed_up_over_quickly() -> None:
    cluster = VirtualCluster(5, seed=21)
    leader = cluster.elect()
    cluster.run_for_us(200_000)
    partner = followers(cluster, leader)[0]
    for node_id in followers(cluster, leader)[1:]:
        for other in (leader, partner):
            cluster.network.blocked |= {(node_id, other), (other, node_id)}
    for number in range(1, 51):
        cluster.submit(leader, put(number))
    cluster.run_for_us(2_000_000)
    second = cluster.elect()
    assert second not in (leader, partner)
    for number in range(51, 101):
        cluster.submit(second, put(number, session_id=6))
    cluster.run_for_us(500_000)
    cluster.heal()
    healed_us = cluster.now_us
    last_index = cluster.node(second).raft.state.log.last_index
    assert cluster.run_until(
        lambda: all(n.applied_index >= last_index for n in cluster.live()), 1_000_000
    )
    assert cluster.now_us - healed_us < 300_000
    cluster.check_everything()


def test_a_stalled_card_of_the_leader_stops_neither_heartbeats_nor_commits() -> None:
    cluster = VirtualCluster(3, seed=22)
    leader = cluster.elect()
    cluster.run_for_us(200_000)
    cluster.boards[leader].card.sync_us = 1_500_000
    term = cluster.node(leader).raft.current_term
    cluster.submit(leader, put(1))
    done = outcome(cluster, leader)
    assert isinstance(done, Committed)
    cluster.run_for_us(1_200_000)
    assert cluster.leader() == leader
    assert cluster.node(leader).raft.current_term == term


def test_the_status_tells_role_lease_and_peers() -> None:
    cluster = VirtualCluster(3, seed=23)
    leader = cluster.elect()
    cluster.run_for_us(300_000)
    status = status_of(cluster.node(leader), name="pi", now_us=cluster.now_us)
    assert (status.role, status.leader, status.condition) == ("leader", leader, "running")
    assert 0 < status.lease_us < 150_000
    assert [peer.match_index for peer in status.peers] == [status.last_index] * 2
    assert (status.alive_count, status.voter_count) == (3, 3)
    other = followers(cluster, leader)[0]
    status = status_of(cluster.node(other), name="pi", now_us=cluster.now_us)
    assert (status.role, status.leader, status.lease_us) == ("follower", leader, 0)


def test_a_leader_that_has_taken_in_too_many_bytes_turns_the_next_one_away() -> None:
    cluster = VirtualCluster(3, seed=24)
    leader = cluster.elect()
    cluster.isolate(leader)
    node = cluster.node(leader)
    taken = 0
    while not cluster.boards[leader].outcomes:
        node.submit("big", put(taken + 1, value=b"x" * 1024 * 1024), cluster.now_us)
        cluster.advance(cluster.boards[leader])
        taken += 1
        assert taken < 100
    said = cluster.boards[leader].outcomes[0]
    assert isinstance(said, NotLeading)
    assert said.reason == "overloaded"
    assert taken == 65
