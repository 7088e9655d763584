"""Boards come, go and are replaced, on real clusters; writes go on meanwhile."""

from collections.abc import Callable
from pathlib import Path

import pytest

from raftpi.cli.main import main
from raftpi.client import Client
from raftpi.errors import Refused
from raftpi.local.cluster import LocalCluster
from tests.cluster.waiting import status_of, wait_until, wait_until_whole

pytestmark = pytest.mark.slow

SNAPSHOT_ENTRY_COUNT = 100


def raftpi(cluster: LocalCluster, *words: str) -> int:
    """Run the command beside the cluster; its exit code."""
    return main([*words, "--endpoints", ",".join(cluster.endpoints())])


def begin_anew(cluster: LocalCluster, node_id: int) -> None:
    """A board's directory is lost, and its daemon starts again."""
    cluster.kill(node_id)
    cluster.throw_away_data(node_id)
    cluster.start_node(node_id)


def standing(cluster: LocalCluster, node_id: int) -> str:
    """What that board says of its own standing."""
    status = status_of(cluster, node_id)
    return status.standing if status is not None else ""


def followers(cluster: LocalCluster) -> tuple[int, list[int]]:
    leader = wait_until_whole(cluster)
    return leader, [node.id for node in cluster.nodes if node.id != leader]


def write(client: Client, count: int, *, prefix: str = "key") -> None:
    for number in range(count):
        client.put(f"{prefix}{number}", f"value{number}")


def test_a_board_with_a_new_directory_takes_its_former_selfs_place_and_votes(
    three: LocalCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    leader, (forgetful, other) = followers(three)
    with Client(three.endpoints()) as client:
        write(client, 20)
        begin_anew(three, forgetful)
        replace = ("member", "replace", f"pi{forgetful}")
        wait_until(lambda: raftpi(three, *replace) == 0, "it is heard of")
        assert "pi1, pi2, pi3" in capsys.readouterr().out
        assert standing(three, forgetful) == "voter"
        # Its vote counts: without the other one it is half of the quorum.
        three.kill(other)
        client.put("after", "1")
        entry = client.get("key19")
        assert entry is not None
        assert entry.value == b"value19"
    assert leader


def test_a_member_that_is_removed_knows_it_and_the_others_go_on(
    three: LocalCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    _, (gone, other) = followers(three)
    assert raftpi(three, "member", "remove", f"pi{gone}") == 0
    wait_until(lambda: standing(three, gone) == "none", "it knows")
    status = status_of(three, gone)
    assert status is not None
    assert "removed" in status.needs_person
    with Client(three.endpoints()) as client:
        client.put("after", "1")
        begin_anew(three, gone)
        capsys.readouterr()
        add = ("member", "add", f"pi{gone}", "--learner")
        wait_until(lambda: raftpi(three, *add) == 0, "it is heard of")
        assert f"learners: pi{gone}" in capsys.readouterr().out
        wait_until(lambda: standing(three, gone) == "learner", "it learns")
        assert raftpi(three, "member", "promote", f"pi{gone}") == 0
        assert standing(three, gone) == "voter"
        three.kill(other)
        client.put("again", "2")


def test_a_leader_that_is_removed_hands_over(three: LocalCluster) -> None:
    leader, others = followers(three)
    with Client(three.endpoints()) as client:
        write(client, 3)
        assert raftpi(three, "member", "remove", f"pi{leader}") == 0
        client.put("after", "1")
    status = status_of(three, others[0])
    assert status is not None
    assert status.leader in others
    wait_until(lambda: _role(three, leader) != "leader", "it leads no more")


def _role(cluster: LocalCluster, node_id: int) -> str:
    status = status_of(cluster, node_id)
    return status.role if status is not None else ""


def test_a_change_that_cannot_be_is_refused_with_the_reason(three: LocalCluster) -> None:
    wait_until_whole(three)
    with Client(three.endpoints()) as client:
        with pytest.raises(Refused, match="no fresh board with the id 1"):
            client.change_members("replace", 1)
        with pytest.raises(Refused, match="pi1 is a voter already"):
            client.change_members("promote", 1)


def test_the_log_stays_short_and_a_board_far_behind_gets_a_snapshot(
    make_cluster: Callable[..., LocalCluster],
) -> None:
    cluster = make_cluster(3)
    for node in cluster.nodes:
        path = Path(node.config)
        storage = f"[storage]\nsnapshot_entries = {SNAPSHOT_ENTRY_COUNT}\n"
        path.write_text(storage + path.read_text())
    cluster.start()
    _, (late, other) = followers(cluster)
    with Client(cluster.endpoints()) as client:
        write(client, 150)
        begin_anew(cluster, late)
        write(client, 3 * SNAPSHOT_ENTRY_COUNT)
        wait_until(lambda: raftpi(cluster, "member", "replace", f"pi{late}") == 0, "taken in")
        wait_until_whole(cluster)
        cluster.kill(other)
        write(client, 30, prefix="more")
        cluster.start_node(other)
        wait_until_whole(cluster)
        for node in cluster.nodes:
            cluster.kill(node.id)
        cluster.start()
        wait_until_whole(cluster)
        assert len(client.list("key")) == 3 * SNAPSHOT_ENTRY_COUNT
        assert len(client.list("more")) == 30
    for node in cluster.nodes:
        log = cluster.log(node.id).read_text()
        assert "has a snapshot up to index" in log
