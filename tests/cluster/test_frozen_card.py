"""The leader's card stops answering, for real: its file system is frozen (root)."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from raftpi.client import Client
from raftpi.local.cluster import LocalCluster
from tests.cluster.waiting import status_of, wait_until, wait_until_whole

pytestmark = [pytest.mark.root, pytest.mark.slow]

IMAGE_BYTES = 64 * 1024 * 1024
STALL_LIMIT_S = 2.0
# It must have handed over by then, and its heartbeats must not have stopped before.
HANDED_OVER_S = 5.0
FROZEN = 1


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, thawed and unmounted at the end."""
    image, mounted = tmp_path / "card.img", tmp_path / "card"
    with image.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    mounted.mkdir()
    run("mkfs.ext4", "-q", str(image))
    run("mount", "-o", "loop", str(image), str(mounted))
    yield mounted
    subprocess.run(["fsfreeze", "-u", str(mounted)], check=False, capture_output=True)
    run("umount", "--lazy", str(mounted))


def run(*words: str) -> None:
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: {done.stderr}"


@pytest.fixture
def cluster(make_cluster: Callable[..., LocalCluster], card: Path) -> LocalCluster:
    """Three nodes; pi1, whose data lie on the card, leads."""
    cluster = make_cluster(3)
    node = cluster.node(FROZEN)
    path = Path(node.config)
    text = path.read_text(encoding="utf-8")
    data = Path(node.data)
    assert str(data) in text
    path.write_text(text.replace(str(data), str(card / "data")), encoding="utf-8")
    cluster.start()
    wait_until_whole(cluster)
    return cluster


def lead(cluster: LocalCluster, client: Client) -> None:
    """Leadership to the board with that card."""
    if not leads(cluster):
        client.transfer(FROZEN)
    wait_until(lambda: leads(cluster), "it leads")
    wait_until_whole(cluster)


def leads(cluster: LocalCluster) -> bool:
    status = status_of(cluster, FROZEN)
    return status is not None and status.role == "leader"


def test_a_leader_whose_card_is_frozen_commits_with_the_others_and_hands_over(
    cluster: LocalCluster, card: Path
) -> None:
    with Client(cluster.endpoints()) as client:
        lead(cluster, client)
        term = term_of(cluster)
        run("fsfreeze", "-f", str(card))
        frozen_s = time.monotonic()
        # Its own write hangs; the other two are a quorum.
        client.put("while", "frozen")
        assert time.monotonic() - frozen_s < STALL_LIMIT_S
        assert leads(cluster), "it leads on"
        assert term_of(cluster) == term, "nobody had to campaign"

        wait_until(lambda: not leads(cluster), "it hands over", HANDED_OVER_S)
        status = status_of(cluster, FROZEN)
        assert status is not None, "it answers though its card does not"
        client.put("after", "handing over")

        run("fsfreeze", "-u", str(card))
        wait_until_whole(cluster)
        for key in ("while", "after"):
            assert client.get(key) is not None


def term_of(cluster: LocalCluster) -> int:
    status = status_of(cluster, FROZEN)
    return status.term if status is not None else 0
