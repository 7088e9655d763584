"""Boards whose cards fill up in the middle of writes, for real: small file systems (root)."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from raftpi.client import Client
from raftpi.errors import Unavailable
from raftpi.lamp import NEEDS_PERSON, lamp_for
from raftpi.local.cluster import LocalCluster
from raftpi.sim.linearizability.checker import check
from raftpi.sim.linearizability.search import Verdict
from raftpi.status import NodeStatus
from tests.cluster.waiting import status_of, wait_until, wait_until_whole
from tests.cluster.workload import Workload

pytestmark = [pytest.mark.root, pytest.mark.slow]

IMAGE_BYTES = 24 * 1024 * 1024
CLIENT_COUNT = 4
OPERATION_COUNT = 500
# It looks for space every two seconds.
RESUMES_S = 8.0
FIRST, SECOND = 1, 2


class SmallCard:
    """A file system of its own, which somebody else can fill to the last byte."""

    def __init__(self, image: Path, mounted: Path) -> None:
        self.mounted = mounted
        with image.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        mounted.mkdir()
        run("mkfs.ext4", "-q", "-m", "0", str(image))
        run("mount", "-o", "loop", str(image), str(mounted))

    def fill(self) -> None:
        """Write until there is no space left, in ever smaller pieces."""
        descriptor = os.open(self.mounted / "fill", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        size = 1024 * 1024
        while size >= 1:
            try:
                os.write(descriptor, bytes(size))
            except OSError as error:
                assert error.errno == errno.ENOSPC
                size //= 2
        os.close(descriptor)

    def empty(self) -> None:
        (self.mounted / "fill").unlink()

    def unmount(self) -> None:
        run("umount", "--lazy", str(self.mounted))


def run(*words: str) -> None:
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: {done.stderr}"


@pytest.fixture
def cards(tmp_path: Path) -> Iterator[dict[int, SmallCard]]:
    made: dict[int, SmallCard] = {}
    for node_id in (FIRST, SECOND, 3):
        made[node_id] = SmallCard(tmp_path / f"{node_id}.img", tmp_path / f"card{node_id}")
    yield made
    for card in made.values():
        card.unmount()


@pytest.fixture
def cluster(cards: dict[int, SmallCard], make_cluster: Callable[..., LocalCluster]) -> LocalCluster:
    """Three nodes, whose data lie on the cards."""
    cluster = make_cluster(3)
    for node_id, card in cards.items():
        node = cluster.node(node_id)
        path = Path(node.config)
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(node.data, str(card.mounted / "data")), encoding="utf-8")
    cluster.start()
    wait_until_whole(cluster)
    return cluster


def status(cluster: LocalCluster, node_id: int) -> NodeStatus:
    found = status_of(cluster, node_id)
    assert found is not None, f"pi{node_id} answers, whatever its card does"
    return found


def lead(cluster: LocalCluster, node_id: int) -> None:
    if status(cluster, node_id).role != "leader":
        with Client(cluster.endpoints()) as client:
            client.transfer(node_id)
    wait_until(lambda: status(cluster, node_id).role == "leader", f"pi{node_id} leads")
    wait_until_whole(cluster)


def is_full(cluster: LocalCluster, node_id: int) -> bool:
    return status(cluster, node_id).condition == "disk_full"


def check_directories(cluster: LocalCluster, cards: dict[int, SmallCard]) -> None:
    """No half record, nothing torn: every directory is whole."""
    cluster.stop_all()
    for card in cards.values():
        run(sys.executable, "-m", "raftpi", "fsck", str(card.mounted / "data"))


def fill_under_load(cluster: LocalCluster, card: SmallCard, node_id: int, load: Workload) -> None:
    """Fill a board's card, see it live with that, and make room again."""
    load.wait_for_progress(100, 20)
    card.fill()
    wait_until(lambda: is_full(cluster, node_id), "it says that it is full", 30)
    load.wait_for_progress(OPERATION_COUNT, 60)
    wait_until(lambda: status(cluster, node_id).role == "follower", "it follows")
    found = status(cluster, node_id)
    assert "bytes" in found.needs_person
    assert lamp_for(found, age_us=0, connected=True) == NEEDS_PERSON
    assert found.durable_index < status(cluster, found.leader).commit_index
    card.empty()
    wait_until(lambda: not is_full(cluster, node_id), "it goes on", RESUMES_S)


@pytest.mark.limit_s(300)
def test_a_leader_and_then_a_follower_whose_cards_fill_up_lose_nothing_and_resume(
    cluster: LocalCluster, cards: dict[int, SmallCard]
) -> None:
    lead(cluster, FIRST)
    pids = [cluster.pid(node.id) for node in cluster.nodes]
    with Workload(cluster.endpoints(), CLIENT_COUNT, seed=1) as load:
        fill_under_load(cluster, cards[FIRST], FIRST, load)
        if status(cluster, SECOND).role == "leader":
            lead(cluster, 3)
        fill_under_load(cluster, cards[SECOND], SECOND, load)
    wait_until_whole(cluster)
    assert [cluster.pid(node.id) for node in cluster.nodes] == pids, "nobody was restarted"
    report = check(load.recorder.operations())
    assert report.verdict is Verdict.LINEARIZABLE, report.text
    log = cluster.log(FIRST).read_text(encoding="utf-8")
    assert log.count("the disk is full") == log.count("has space on the disk again") == 1
    check_directories(cluster, cards)


def test_where_every_card_is_full_commands_are_refused_and_reads_are_answered(
    cluster: LocalCluster, cards: dict[int, SmallCard]
) -> None:
    with Client(cluster.endpoints(), timeout_s=2) as client:
        client.put("before", "full")
        for card in cards.values():
            card.fill()
        with pytest.raises(Unavailable, match="disk full on pi"):
            for number in range(5000):
                client.put(f"key{number}", "x" * 900)
        wait_until(lambda: all(is_full(cluster, n) for n in cards), "all are full")
        entry = client.get("before")
        assert entry is not None
        assert entry.value == b"full"
        for card in cards.values():
            card.empty()
        wait_until(lambda: not any(is_full(cluster, n) for n in cards), "they go on", RESUMES_S)
        client.put("after", "full")


def test_a_board_that_is_restarted_with_a_full_card_starts_and_resumes(
    cluster: LocalCluster, cards: dict[int, SmallCard]
) -> None:
    with Client(cluster.endpoints()) as client:
        lead(cluster, 3)
        for number in range(200):
            client.put(f"key{number}", "x" * 900)
        cards[FIRST].fill()
        for _ in range(3):
            cluster.kill(FIRST)
            cluster.start_node(FIRST)
            wait_until(lambda: is_full(cluster, FIRST), "it says that it is full")
        for number in range(200):
            client.put(f"key{number}", "y" * 900)
        cards[FIRST].empty()
        wait_until(lambda: not is_full(cluster, FIRST), "it goes on", RESUMES_S)
        wait_until_whole(cluster)
        check_directories(cluster, cards)
