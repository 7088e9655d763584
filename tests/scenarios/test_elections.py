"""MIT 6.5840: elections."""

from tests.scenarios.lab import SECOND_US, Lab


def test_initial_election() -> None:
    lab = Lab(3)
    lab.check_one_leader()
    terms = {lab.cluster.node(server).raft.current_term for server in lab.servers}
    assert len(terms) == 1
    lab.sleep(2 * SECOND_US)
    assert {lab.cluster.node(server).raft.current_term for server in lab.servers} == terms
    lab.check_one_leader()


def test_re_election() -> None:
    lab = Lab(3)
    first = lab.check_one_leader()
    lab.disconnect(first)
    second = lab.check_one_leader()
    assert second != first
    lab.connect(first)
    assert lab.check_one_leader() == second
    others = [server for server in lab.servers if server != second]
    lab.disconnect(second, others[0])
    lab.sleep(2 * SECOND_US)
    lab.check_no_leader()
    lab.connect(others[0])
    lab.check_one_leader()
    lab.connect(second)
    lab.check_one_leader()


def test_many_elections() -> None:
    lab = Lab(7)
    lab.check_one_leader()
    for _ in range(10):
        away = lab.chance.some(lab.servers, 3)
        lab.disconnect(*away)
        lab.check_one_leader()
        lab.connect(*away)
    lab.check_one_leader()
