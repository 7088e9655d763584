"""The ledger: what the cluster has promised, it must keep."""

import pytest

from raftpi.command import Put, Stamp, pack_command
from raftpi.core.entry import Entry
from raftpi.core.messages import RequestVoteResponse
from raftpi.core.ready import Role
from raftpi.kv.machine import Machine
from raftpi.sim.cluster import VirtualCluster
from raftpi.sim.ledger import Ledger
from raftpi.sim.violation import Violation


def settled() -> tuple[VirtualCluster, int]:
    cluster = VirtualCluster(3, seed=31)
    leader = cluster.elect()
    stamp = Stamp(session_id=5, sequence=1, first_pending=1, began_index=0)
    cluster.submit(leader, pack_command(stamp, Put(key=b"k", value=b"v")))
    cluster.run_for_us(500_000)
    return cluster, leader


def test_every_committed_entry_is_written_down() -> None:
    cluster, leader = settled()
    state = cluster.node(leader).raft.state
    assert cluster.world.ledger.committed_count == state.commit_index == 3
    assert cluster.world.ledger.configuration == state.configuration


def test_another_entry_at_a_committed_index_is_found() -> None:
    cluster, leader = settled()
    state = cluster.node(leader).raft.state
    ledger = cluster.world.ledger
    ledger.note_commits(state, 0)
    state.log._entries[2] = Entry(index=3, term=state.current_term, command=b"another")
    with pytest.raises(Violation, match="committed another entry at 3"):
        ledger.note_commits(state, 0)


def test_a_gap_before_what_was_committed_first_is_found() -> None:
    cluster, leader = settled()
    with pytest.raises(Violation, match="after a gap"):
        Ledger().note_commits(cluster.node(leader).raft.state, 1)


def test_a_second_leader_in_one_term_is_found_even_if_the_first_is_gone() -> None:
    cluster, leader = settled()
    other = next(n for n in cluster.live() if n.node_id != leader).raft.state
    other.role = Role.LEADER
    with pytest.raises(Violation, match="two leaders in term"):
        cluster.world.ledger.note_leader(other)


def test_a_leader_without_what_was_committed_before_is_found() -> None:
    cluster, leader = settled()
    state = cluster.node(leader).raft.state
    state.current_term += 1
    state.log.truncate_from(3)
    with pytest.raises(Violation, match="without entry 3"):
        cluster.world.ledger.note_leader(state)


def test_a_second_vote_in_one_term_is_found() -> None:
    ledger = Ledger()
    ledger.note_message(RequestVoteResponse(sender=1, receiver=2, term=5, granted=True))
    ledger.note_message(RequestVoteResponse(sender=1, receiver=2, term=5, granted=True))
    ledger.note_message(RequestVoteResponse(sender=1, receiver=3, term=5, granted=False))
    with pytest.raises(Violation, match="voted twice in term 5"):
        ledger.note_message(RequestVoteResponse(sender=1, receiver=3, term=5, granted=True))


def test_a_state_machine_that_strays_is_found() -> None:
    cluster, leader = settled()
    cluster.check_everything()
    other = next(n for n in cluster.live() if n.node_id != leader)
    other.machine = Machine()
    with pytest.raises(Violation, match="has another state after entry 3"):
        cluster.check_everything()


def test_failures_of_one_kind_have_one_signature() -> None:
    one = Violation("invariant", "replica 77 committed another entry at 12\nsecond line")
    other = Violation("invariant", "replica 8 committed another entry at 3")
    assert one.signature == other.signature == ("invariant: replica # committed another entry at #")
    assert Violation("liveness", "x").signature != Violation("invariant", "x").signature
