"""MIT 6.5840: agreement."""

import pytest

from raftpi.core.messages import AppendEntries
from tests.scenarios.lab import SECOND_US, UNRELIABLE, Lab


def test_basic_agreement() -> None:
    lab = Lab(3)
    first = lab.one(3)
    assert [lab.one(3) for _ in range(2)] == [first + 1, first + 2]


def test_message_bytes_each_entry_goes_to_each_peer_once() -> None:
    lab = Lab(3)
    lab.one(3)
    before = lab.cluster.appended_bytes()
    for _ in range(10):
        lab.one(3, size_bytes=5000)
    assert lab.cluster.appended_bytes() - before <= 3 * 50_000 + 50_000


def test_progressive_failure_of_followers() -> None:
    lab = Lab(3)
    lab.one(3)
    leader = lab.check_one_leader()
    first, second = [server for server in lab.servers if server != leader]
    lab.disconnect(first)
    lab.one(2)
    lab.sleep(SECOND_US)
    lab.one(2)
    lab.disconnect(second)
    key = lab.propose(leader)
    lab.sleep(2 * SECOND_US)
    assert lab.committed_on(key) == []


def test_failure_of_leaders() -> None:
    lab = Lab(3)
    lab.one(3)
    first = lab.check_one_leader()
    lab.disconnect(first)
    lab.one(2)
    lab.sleep(SECOND_US)
    lab.one(2)
    second = lab.check_one_leader()
    lab.disconnect(second)
    keys = [lab.propose(server) for server in lab.servers]
    lab.sleep(2 * SECOND_US)
    assert [lab.committed_on(key) for key in keys] == [[], [], []]


def test_agreement_after_a_follower_rejoins() -> None:
    lab = Lab(3)
    lab.one(3)
    leader = lab.check_one_leader()
    away = next(server for server in lab.servers if server != leader)
    lab.disconnect(away)
    for _ in range(2):
        lab.one(2)
    lab.sleep(SECOND_US)
    for _ in range(2):
        lab.one(2)
    lab.connect(away)
    lab.one(3)
    lab.sleep(SECOND_US)
    lab.one(3)


def test_no_agreement_with_three_of_five_lost() -> None:
    lab = Lab(5)
    lab.one(5)
    leader = lab.check_one_leader()
    lost = [server for server in lab.servers if server != leader][:3]
    lab.disconnect(*lost)
    key = lab.propose(leader)
    lab.sleep(2 * SECOND_US)
    assert lab.committed_on(key) == []
    lab.connect(*lost)
    lab.check_one_leader()
    lab.one(5)


def test_concurrent_proposals() -> None:
    lab = Lab(3)
    leader = lab.check_one_leader()
    term = lab.cluster.node(leader).raft.current_term
    keys = [lab.propose(leader) for _ in range(5)]
    assert lab.cluster.run_until(
        lambda: all(len(lab.committed_on(key)) == 3 for key in keys), 2 * SECOND_US
    )
    assert lab.cluster.node(leader).raft.current_term == term


def test_rejoin_of_a_stale_leader() -> None:
    lab = Lab(3)
    lab.one(3)
    first = lab.check_one_leader()
    lab.disconnect(first)
    stale = [lab.propose(first) for _ in range(3)]
    lab.one(2)
    second = lab.check_one_leader()
    lab.disconnect(second)
    lab.connect(first)
    lab.one(2)
    lab.connect(second)
    lab.one(3)
    assert [lab.committed_on(key) for key in stale] == [[], [], []]


def test_backing_up_over_divergent_logs() -> None:
    lab = Lab(5)
    lab.one(5)
    leader = lab.check_one_leader()
    others = [server for server in lab.servers if server != leader]
    partner, rest = others[0], others[1:]
    lab.disconnect(*rest)
    for _ in range(50):
        lab.propose(leader)
    lab.sleep(500_000)
    lab.disconnect(leader, partner)
    lab.connect(*rest)
    for _ in range(50):
        lab.one(3)
    second = lab.check_one_leader()
    other = next(server for server in rest if server != second)
    lab.disconnect(other)
    for _ in range(50):
        lab.propose(second)
    lab.sleep(500_000)
    lab.disconnect(*lab.servers)
    lab.connect(leader, partner, other)
    before = len(lab.cluster.sent)
    for _ in range(50):
        lab.one(3)
    lab.connect(*lab.servers)
    lab.one(5)
    probes = [m for _, _, m in lab.cluster.sent[before:] if isinstance(m, AppendEntries)]
    assert len(probes) < 50 * 2 + 100, "the logs were backed up over entry by entry"


def test_message_counts() -> None:
    lab = Lab(3)
    lab.one(3)
    before = len(lab.cluster.sent)
    leader = lab.check_one_leader()
    lab.disconnect(leader)
    lab.check_one_leader()
    assert 1 <= lab.request_count(before) <= 30, "an election"
    lab.connect(leader)
    leader = lab.check_one_leader()
    lab.sleep(SECOND_US)
    before = len(lab.cluster.sent)
    keys = [lab.propose(leader) for _ in range(10)]
    assert lab.cluster.run_until(lambda: len(lab.committed_on(keys[-1])) == 3, SECOND_US)
    assert lab.request_count(before) <= 42, "ten entries"
    before = len(lab.cluster.sent)
    lab.sleep(SECOND_US)
    assert lab.request_count(before) <= 60, "an idle second"


@pytest.mark.slow
def test_agreement_on_an_unreliable_network() -> None:
    lab = Lab(5)
    lab.cluster.network.weather = UNRELIABLE
    keys: list[bytes] = []
    for _ in range(49):
        leader = lab.check_one_leader()
        keys += [lab.propose(leader) for _ in range(4)]
        lab.one(1)
    lab.cluster.network.weather = type(UNRELIABLE)()
    lab.one(5)
    lab.cluster.check_everything()
