"""One board: its card's failures end its process, and crashes fall between any two effects."""

import pytest

from raftpi.command import Put, Stamp, pack_command
from raftpi.node import Committed
from raftpi.sim.chance import Chance
from raftpi.sim.cluster import VirtualCluster
from raftpi.sim.tearing import Tearing
from raftpi.sim.violation import Violation


def put(number: int) -> bytes:
    stamp = Stamp(session_id=5, sequence=number, first_pending=number, began_index=0)
    return pack_command(stamp, Put(key=b"k%d" % number, value=b"v" * 2_000))


def committed(cluster: VirtualCluster, node_id: int) -> list[int]:
    return [o.index for o in cluster.boards[node_id].outcomes if isinstance(o, Committed)]


def alone(seed: int) -> VirtualCluster:
    cluster = VirtualCluster(1, seed=seed)
    cluster.elect()
    return cluster


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("tearing", [Tearing.SECTORS, Tearing.PAGES])
def test_what_was_acknowledged_survives_a_power_cut_at_any_moment(
    seed: int, tearing: Tearing
) -> None:
    cluster = alone(seed)
    board = cluster.boards[1]
    board.card.sync_us = 3_000
    for number in range(1, 30):
        cluster.submit(1, put(number))
        cluster.run_for_us(Chance(f"{seed} {number}").below(8_000))
        if number % 10 == 0:
            promised = max(committed(cluster, 1), default=0)
            cluster.crash(1, tearing=tearing)
            cluster.start(1)
            assert cluster.node(1).raft.state.log.last_index >= promised
            cluster.elect()
    cluster.check_everything()


def test_a_write_that_a_crash_interrupts_is_kept_in_full_in_part_or_not_at_all() -> None:
    kept: set[str] = set()
    for seed in range(60):
        cluster = alone(1)
        board = cluster.boards[1]
        board.card.chance = Chance(f"card {seed}")
        last_index = cluster.node(1).raft.state.log.last_index
        cluster.submit(1, put(1))
        cluster.run_for_us(board.card.sync_us // 2)
        cluster.crash(1)
        cluster.start(1)
        torn = any("a batch lacks sectors" in line for line in board.story)
        whole = cluster.node(1).raft.state.log.last_index > last_index
        kept.add("torn" if torn else "whole" if whole else "nothing")
    assert kept == {"torn", "whole", "nothing"}


def test_nothing_is_acknowledged_before_the_card_has_taken_it() -> None:
    cluster = alone(3)
    cluster.boards[1].card.sync_us = 700_000
    cluster.submit(1, put(1))
    cluster.run_for_us(699_000)
    assert not committed(cluster, 1)
    cluster.run_for_us(2_000)
    assert committed(cluster, 1)


def test_a_failed_sync_ends_the_process_and_systemd_starts_it_anew() -> None:
    cluster = alone(4)
    board = cluster.boards[1]
    board.card.disk.fail_syncs(1, Chance("sync"))
    cluster.submit(1, put(1))
    cluster.run_for_us(10_000)
    assert board.node is None
    assert "stops: cannot sync" in board.story[-1]
    assert not committed(cluster, 1)
    assert cluster.run_until(lambda: board.node is not None, 2_000_000)


def test_a_process_that_dies_is_seen_by_its_peers_and_a_power_cut_is_not() -> None:
    for hint in (True, False):
        cluster = VirtualCluster(3, seed=6)
        leader = cluster.elect()
        cluster.run_for_us(300_000)
        cluster.crash(leader, hint=hint)
        cluster.run_for_us(1_000)
        assert all((node.raft.leader_id == 0) == hint for node in cluster.live())


def test_a_card_that_begins_to_stall_holds_the_next_write_until_it_recovers() -> None:
    cluster = alone(5)
    board = cluster.boards[1]
    board.card.stalled_until_us = cluster.now_us + 5_000_000
    cluster.submit(1, put(1))
    cluster.run_for_us(1_000_000)
    assert not committed(cluster, 1)
    board.card_recovered()
    cluster.run_for_us(10_000)
    assert committed(cluster, 1)


def test_a_directory_that_only_crashes_have_touched_must_open() -> None:
    cluster = alone(7)
    cluster.crash(1)
    disk = cluster.boards[1].card.disk
    path = max(f"/var/lib/raftpi/log/{name}" for name in disk.list("/var/lib/raftpi/log"))
    disk.rot(path, 40, 0xFF)
    with pytest.raises(Violation, match="cannot start"):
        cluster.start(1)
    disk.harmed = True
    cluster.start(1)
    assert cluster.boards[1].node is None
