"""The whole: the emulated Pi as the third board, its lamp read from the chip's registers.

Deployed by the same playbook as any board, over ssh, with `slow` timing. The tests are one
story: each begins where the one before ended.
"""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.boards.bench.shell import CommandFailed
from tests.boards.bench.waiting import TookTooLong
from tests.boards.playing import Play
from tests.gpio.lamp_watch import LampWatch
from tests.gpio.mixed_cluster import PI, PI_LAMP, MixedCluster

pytestmark = [pytest.mark.root, pytest.mark.gpio, pytest.mark.limit_s(1500)]

ELECTION_S = 6.0
# How late the registers are read, and how late an emulated processor gets its turn.
LAG_S = 2.0
PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MixedCluster]:
    """Two virtual boards and the Pi, up, with nothing of raftpi."""
    cluster = MixedCluster(tmp_path_factory.mktemp("mixed"))
    cluster.down()
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.down()


@pytest.fixture(scope="module")
def watch(cluster: MixedCluster) -> Iterator[LampWatch]:
    """Somebody who looks at the Pi's lamp all the time."""
    with LampWatch({PI: PI_LAMP}) as watch:
        yield watch


@pytest.fixture(scope="module")
def deployed(cluster: MixedCluster, watch: LampWatch) -> Play:
    """The playbook's first run on all three; the lamp is watched all through."""
    return cluster.play()


def expect(
    cluster: MixedCluster, watch: LampWatch, condition: Callable[[str], bool], what: str
) -> float:
    """Wait until the Pi's lamp is so and stays so; if not, tell what its processes wrote."""
    try:
        return watch.wait_for(lambda colors: condition(colors[PI]), what, PATIENCE_S, hold_s=1)
    except TookTooLong as late:
        raise TookTooLong(f"{late}\n{journal(cluster)}") from late


def journal(cluster: MixedCluster) -> str:
    """The end of the Pi's journal, for a person who looks for a fault."""
    try:
        return cluster.on_pi("journalctl", "--no-pager", "--lines=60", "--output=short-monotonic")
    except CommandFailed as error:
        return f"(no journal: {error})"


def test_the_playbook_deploys_the_pi_like_any_board(
    deployed: Play, cluster: MixedCluster, watch: LampWatch
) -> None:
    assert deployed.exit_code == 0, deployed.printed[-8000:]
    expect(cluster, watch, lambda color: color in ("blue", "green"), "leader or follower")


@pytest.mark.usefixtures("deployed")
def test_leadership_moved_onto_the_pi_turns_its_lamp_blue(
    cluster: MixedCluster, watch: LampWatch
) -> None:
    if watch.now()[PI] == "blue":
        cluster.raftpi("transfer", "pi1")
        expect(cluster, watch, lambda color: color == "green", "another leads")
    cluster.raftpi("transfer", f"pi{PI}")
    expect(cluster, watch, lambda color: color == "blue", "the Pi leads")


@pytest.mark.usefixtures("deployed")
def test_its_cable_pulled_takes_the_blue_away(cluster: MixedCluster, watch: LampWatch) -> None:
    assert watch.now()[PI] == "blue"
    pulled_s = time.monotonic()
    cluster.pull_pi()

    watch.wait_for(lambda colors: colors[PI] != "blue", "no longer blue", ELECTION_S + LAG_S)
    expect(cluster, watch, lambda color: color not in ("blue", "green"), "it is cut off")
    assert "blue" not in watch.seen(PI, since_s=pulled_s)[1:]


@pytest.mark.usefixtures("deployed")
def test_its_cable_plugged_in_again_turns_it_green(cluster: MixedCluster, watch: LampWatch) -> None:
    plugged_s = time.monotonic()
    cluster.plug_pi()

    expect(cluster, watch, lambda color: color == "green", "it follows the new leader")
    assert "blue" not in watch.seen(PI, since_s=plugged_s)


@pytest.mark.usefixtures("deployed")
def test_its_lamp_killed_is_never_stale_and_systemd_makes_it_true_again(
    cluster: MixedCluster, watch: LampWatch
) -> None:
    killed_s = time.monotonic()
    cluster.on_pi("systemctl", "kill", "--signal=KILL", "raftpi-led")

    watch.wait_for(lambda colors: colors[PI] == "dark", "nobody drives the pins", 30)
    expect(cluster, watch, lambda color: color == "green", "it is true again")
    seen = watch.seen(PI, since_s=killed_s)
    assert seen[:3] == ["green", "dark", "red"]
    # Between red and the truth the pins change hands.
    assert watch.lit(PI, since_s=killed_s) == ["green", "red", "green"]


@pytest.mark.usefixtures("deployed")
def test_stopped_by_systemctl_it_is_red(cluster: MixedCluster, watch: LampWatch) -> None:
    cluster.on_pi("systemctl", "stop", "raftpi")
    expect(cluster, watch, lambda color: color == "red", "it is red")
