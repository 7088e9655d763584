"""The lamp's loop on a feed that is played to it; and the real one, beside a real daemon."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from raftpi.lamp import ELECTION, FOLLOWER, LEADER, OFFLINE, Lamp, Pattern
from raftpi.led.buzzer import Buzzer
from raftpi.led.lamp_process import LampProcess
from raftpi.local.cluster import LocalCluster
from raftpi.status import pack_status
from tests.led.test_watch import status

RECORDING = Path(__file__).parent / "recording_pins"
ROOT = Path(__file__).parents[2]
RED, GREEN, BLUE = (1, 0, 0), (0, 1, 0), (0, 0, 1)


class PlayedFeed:
    """Stands in for a StatusReader."""

    def __init__(self) -> None:
        self.queued: list[bytes] = []
        self.is_connected = True
        self.lost = 0

    def read(self) -> dict[int, bytes]:
        newest = {1: self.queued[-1]} if self.queued else {}
        self.queued = []
        return newest

    def connected(self, node_id: int) -> bool:
        return self.is_connected

    def lost_count(self, node_id: int) -> int:
        return self.lost


class Shown:
    """Stands in for a LampDriver."""

    def __init__(self) -> None:
        self.lamp: Lamp | None = None
        self.final: Lamp | None = None

    def show(self, lamp: Lamp, at_us: int) -> int | None:
        self.lamp = lamp
        return None if lamp.pattern is Pattern.STEADY else at_us + 80_000

    def close(self, final: Lamp | None = None) -> None:
        self.final = final


class Bench:
    """The process, its feed, its lamp and its time."""

    def __init__(self, **options: object) -> None:
        self.feed, self.driver = PlayedFeed(), Shown()
        self.now_us = 1_000_000
        self.beeps: list[bool] = []
        self.process = LampProcess(
            reader=self.feed,  # type: ignore[arg-type]
            node_id=1,
            driver=self.driver,
            buzzer=Buzzer(self.beeps.append),
            clock_us=lambda: self.now_us,
            **{"style": {}, **options},  # type: ignore[arg-type]
        )

    def hear(self, **changes: object) -> int:
        self.feed.queued.append(pack_status(status(**changes)))
        return self.process.turn()


def test_it_shows_what_is_heard_and_sleeps_until_silence_means_something() -> None:
    bench = Bench()
    assert bench.hear() == 401
    assert bench.driver.lamp == FOLLOWER
    bench.now_us += 401_000
    bench.process.turn()
    assert bench.driver.lamp == OFFLINE


def test_with_nothing_to_wait_for_it_sleeps_long() -> None:
    bench = Bench()
    assert bench.process.turn() == 60_000
    assert bench.driver.lamp == OFFLINE


def test_a_pattern_and_a_watchdog_shorten_the_sleep() -> None:
    bench = Bench()
    assert bench.hear(role="candidate", leader=0) == 80
    bench = Bench(progress=lambda now_us: now_us + 5_000)
    assert bench.hear() == 5


def test_a_daemon_that_died_and_came_back_between_two_looks_is_not_believed() -> None:
    bench = Bench()
    bench.hear(role="leader", leader=1, lease_us=130_000)
    assert bench.driver.lamp == LEADER
    bench.feed.lost += 1
    bench.process.turn()
    assert bench.driver.lamp == OFFLINE
    bench.hear()
    assert bench.driver.lamp == FOLLOWER


def test_garbage_on_the_feed_is_silence() -> None:
    bench = Bench()
    bench.feed.queued.append(b"\xc1")
    bench.process.turn()
    assert bench.driver.lamp == OFFLINE


def test_a_new_leader_beeps_once_and_not_at_the_start() -> None:
    bench = Bench()
    bench.hear(role="leader", leader=1, lease_us=130_000)
    assert bench.beeps == []
    bench.hear()
    bench.hear(role="leader", leader=1, lease_us=130_000)
    bench.hear(role="leader", leader=1, lease_us=130_000)
    assert bench.beeps == [True]
    bench.now_us += 150_000
    bench.process.turn()
    assert bench.beeps == [True, False]


def test_the_configured_patterns_are_shown() -> None:
    bench = Bench(style={FOLLOWER: Pattern.WINKING, ELECTION: Pattern.FLASHING})
    bench.hear()
    assert bench.driver.lamp == Lamp(color=FOLLOWER.color, pattern=Pattern.WINKING)


def test_it_leaves_red_behind() -> None:
    bench = Bench()
    bench.hear()
    bench.process.leave()
    assert bench.driver.final == OFFLINE


# --- for real ---------------------------------------------------------------------------------


class RealLamp:
    """`python -m raftpi.led` beside a daemon, on pins that write down what they do."""

    def __init__(self, config: Path, record: Path) -> None:
        self._record = record
        paths = os.pathsep.join((str(RECORDING), str(ROOT)))
        environment = {
            **os.environ,
            "PYTHONPATH": paths,
            "GPIOZERO_PIN_FACTORY": "recording",
            "RECORDING_PINS_FILE": str(record),
        }
        words = [sys.executable, "-m", "raftpi.led", "--config", str(config)]
        self.process = subprocess.Popen(words, env=environment, cwd="/")

    def levels(self) -> tuple[int, ...]:
        """Red, green, blue as they are now."""
        found = {17: 0, 27: 0, 22: 0}
        text = self._record.read_text() if self._record.exists() else ""
        for line in text.splitlines():
            _, pin, level = line.split()
            found[int(pin)] = int(level)
        return tuple(found.values())

    def wait_for(self, levels: tuple[int, ...], limit_s: float = 10.0) -> float:
        """Wait until the lamp shows this; how long that took, in seconds."""
        began_s = time.monotonic()
        while self.levels() != levels:
            assert time.monotonic() < began_s + limit_s, f"shows {self.levels()}, not {levels}"
            select.select((), (), (), 0.005)
        return time.monotonic() - began_s


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[LocalCluster]:
    """One daemon that leads itself, with a directory for its Unix sockets."""
    cluster = LocalCluster.create(tmp_path / "cluster", nodes=1)
    (tmp_path / "cluster" / "pi1" / "run").mkdir()
    cluster.start()
    yield cluster
    cluster.resume(1)
    cluster.kill(1)


@pytest.fixture
def lamp(alone: LocalCluster, tmp_path: Path) -> Iterator[RealLamp]:
    made = RealLamp(Path(alone.node(1).config), tmp_path / "record")
    made.wait_for(BLUE)
    yield made
    made.process.kill()
    made.process.wait()


@pytest.mark.slow
def test_a_killed_daemon_shows_red_at_once_and_its_return_is_seen(
    alone: LocalCluster, lamp: RealLamp
) -> None:
    alone.kill(1)
    assert lamp.wait_for(RED) < 0.4, "not sooner than silence alone would tell"
    alone.start_node(1)
    lamp.wait_for(BLUE)


@pytest.mark.slow
def test_a_hung_daemon_shows_red(alone: LocalCluster, lamp: RealLamp) -> None:
    alone.pause(1)
    lamp.wait_for(RED)
    alone.resume(1)
    lamp.wait_for(BLUE)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_lamp_that_is_stopped_on_purpose_leaves_red(
    lamp: RealLamp, number: signal.Signals
) -> None:
    lamp.process.send_signal(number)
    assert lamp.process.wait(10) == 0
    assert lamp.levels() == RED


def run_led(config: Path, environment: dict[str, str]) -> "Callable[[], tuple[int, str]]":
    def run() -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "raftpi", "led", "--config", str(config)],
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            cwd="/",
        )
        return done.returncode, done.stderr

    return run


def test_a_bad_configuration_has_its_exit_code(tmp_path: Path) -> None:
    config = tmp_path / "raftpi.toml"
    config.write_text("[lamp]\nred = 99\n")
    code, said = run_led(config, {"GPIOZERO_PIN_FACTORY": "mock"})()
    assert code == 10
    assert "lamp.red" in said
