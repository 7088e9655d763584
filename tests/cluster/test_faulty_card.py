"""Cards that fail, for real: an ext4 whose device reports errors, or loses its power (root)."""

import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from raftpi.client import Client
from raftpi.errors import Timeout, Unavailable
from raftpi.local.cluster import LocalCluster
from raftpi.local.processes import daemon_command
from tests.cluster.acknowledged import AcknowledgedWrites
from tests.cluster.faulty_device import MountedCard
from tests.cluster.waiting import status_of, wait_until, wait_until_whole

pytestmark = [pytest.mark.root, pytest.mark.slow]

CARD_BYTES = 48 * 1024 * 1024
ILL = 1
PROGRESS_S = 30.0
# "At once" with a daemon's end, on a busy machine.
STOPPED_S = 10.0


@pytest.fixture
def card(tmp_path: Path) -> Iterator[MountedCard]:
    made = MountedCard(tmp_path, CARD_BYTES)
    yield made
    made.card.fails_flushes = made.card.fails_writes = False
    made.close()


@pytest.fixture
def on_card(
    card: MountedCard, make_cluster: Callable[..., LocalCluster]
) -> Iterator[Callable[[int], LocalCluster]]:
    """Makes clusters in which pi1's data lie on the card; no process uses it in the end."""
    made: list[LocalCluster] = []

    def make(node_count: int) -> LocalCluster:
        cluster = make_cluster(node_count)
        node = cluster.node(ILL)
        path = Path(node.config)
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(node.data, str(card.mounted / "data")), encoding="utf-8")
        made.append(cluster)
        cluster.start()
        wait_until_whole(cluster)
        return cluster

    yield make
    for cluster in made:
        for node in cluster.nodes:
            cluster.kill(node.id)


def last_words(cluster: LocalCluster) -> str:
    said = cluster.log(ILL).read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in said, said
    return said.strip().splitlines()[-1]


def lead(cluster: LocalCluster) -> None:
    def leads() -> bool:
        status = status_of(cluster, ILL)
        return status is not None and status.role == "leader"

    if not leads():
        with Client(cluster.endpoints()) as client:
            client.transfer(ILL)
    wait_until(leads, "it leads")
    wait_until_whole(cluster)


@pytest.mark.parametrize(
    ("fault", "is_leader"),
    [
        ("fails_flushes", True),
        ("fails_writes", False),
        pytest.param("fails_flushes", False, marks=pytest.mark.soak),
        pytest.param("fails_writes", True, marks=pytest.mark.soak),
    ],
)
def test_a_failed_sync_stops_the_node_at_once_and_loses_nothing(
    on_card: Callable[[int], LocalCluster], card: MountedCard, fault: str, is_leader: bool
) -> None:
    cluster = on_card(3)
    if is_leader:
        lead(cluster)
    with AcknowledgedWrites(cluster.endpoints(), client_count=4, seed=1) as writes:
        writes.wait_for_more(100, PROGRESS_S)
        setattr(card.card, fault, True)
        wait_until(lambda: not cluster.is_running(ILL), "the node stops", STOPPED_S)
        assert cluster.exit_code(ILL) == 13
        words = last_words(cluster)
        assert re.search(f"stops: cannot sync {card.mounted}/data/.*Input/output error", words)
        # The other two go on, and have everything.
        writes.wait_for_more(100, PROGRESS_S)
        assert writes.missing() == {}
    setattr(card.card, fault, False)
    # The kernel has dropped the pages: what counts is what the card holds.
    card.unmounted_and_again()
    cluster.start_node(ILL)
    wait_until_whole(cluster)
    assert writes.missing() == {}


@pytest.mark.parametrize(
    "fault", ["fails_flushes", pytest.param("fails_writes", marks=pytest.mark.soak)]
)
def test_nothing_is_answered_that_relied_on_a_failed_sync(
    on_card: Callable[[int], LocalCluster], card: MountedCard, fault: str
) -> None:
    cluster = on_card(1)
    with Client(cluster.endpoints(), timeout_s=3) as client:
        client.put("before", "1")
        setattr(card.card, fault, True)
        with pytest.raises((Timeout, Unavailable)):
            client.put("relies on it", "1")
    wait_until(lambda: not cluster.is_running(ILL), "the node stops", STOPPED_S)
    assert cluster.exit_code(ILL) == 13
    setattr(card.card, fault, False)
    card.unmounted_and_again()
    cluster.start_node(ILL)
    with Client(cluster.endpoints(), timeout_s=20) as client:
        assert client.get("before") is not None


def test_a_failed_read_is_never_an_empty_answer(
    on_card: Callable[[int], LocalCluster], card: MountedCard
) -> None:
    cluster = on_card(1)
    with Client(cluster.endpoints()) as client:
        for number in range(20):
            client.put(f"key{number}", f"<value {number}>" + "." * 2000)
    cluster.stop(ILL)
    data = card.mounted / "data"
    spoilt = {
        "log/.*[.]wal": b"<value 7>",
        "identity": (data / "identity").read_bytes(),
    }
    for name, content in spoilt.items():
        card.unmounted_and_again()
        card.card.spoil(content)
        done = subprocess.run(
            daemon_command(cluster.node(ILL).config),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 13, (name, said)
        assert re.search(f"stops: cannot read {data}/{name}: Input/output error", said), said
        assert "Traceback" not in said
        card.card.bad.clear()
    card.unmounted_and_again()
    cluster.start_node(ILL)
    with Client(cluster.endpoints(), timeout_s=20) as client:
        assert len(list(client.list("key"))) == 20


def cut_the_power(
    on_card: Callable[[int], LocalCluster], card: MountedCard, cut_count: int, seed: int
) -> None:
    """Again and again in the midst of writes; what was acknowledged must be on the card."""
    chance = Random(seed)
    cluster = on_card(1)
    pause = threading.Event()
    for turn in range(cut_count):
        endpoints, prefix = cluster.endpoints(), b"cut%d." % turn
        with AcknowledgedWrites(endpoints, 4, seed=100 * turn, prefix=prefix) as writes:
            writes.wait_for_more(chance.randrange(1, 60), PROGRESS_S)
            pause.wait(0.2 * chance.random())
            card.cut_power(chance)
            cluster.kill(ILL)
        card.power_up()
        cluster.start_node(ILL)
        wait_until_whole(cluster)
        assert writes.missing() == {}
    said = cluster.log(ILL).read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in said


def test_a_power_cut_loses_nothing_that_was_acknowledged(
    on_card: Callable[[int], LocalCluster], card: MountedCard
) -> None:
    cut_the_power(on_card, card, cut_count=5, seed=1)


# A start begins a segment of a quarter of a megabyte: after some hundred the small card is full.
@pytest.mark.soak
@pytest.mark.parametrize("seed", [2, 3])
def test_fifty_power_cuts_lose_nothing_that_was_acknowledged(
    on_card: Callable[[int], LocalCluster], card: MountedCard, seed: int
) -> None:
    cut_the_power(on_card, card, cut_count=50, seed=seed)
