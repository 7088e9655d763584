"""Daemons and lamps on the emulated Pi: every colour is read from the chip's registers.

One Pi for all tests of this module, which leave it as they found it: three daemons running, a
leader, three true lamps. Its processor is some twenty times as slow as the one below it, so
all limits here are long; `slow` timing: an election timeout is up to 6 s.
"""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.boards.bench.waiting import TookTooLong
from tests.gpio.emulated_pi.registers import Function
from tests.gpio.lamp_watch import LampWatch
from tests.gpio.stage import LAMPS, Stage

pytestmark = [pytest.mark.root, pytest.mark.gpio, pytest.mark.limit_s(400)]

# A Python with gpiozero, zmq and raftpi takes seconds to start there, three at once many more, on
# a machine with other work for a minute.
PATIENCE_S = 120.0
# What the kernel does at once, and a lamp that runs within half a second on a real board.
RED_S = 10.0
IDENTIFY_S = 30.0
HOLD_S = 1.0
ANODE = 3
COLORS = ["red", "green", "blue", "yellow", "white"]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The Pi, on."""
    stage = Stage(tmp_path_factory.mktemp("stage"))
    try:
        stage.open()
        yield stage
    finally:
        stage.close()


@pytest.fixture(scope="module")
def watch(stage: Stage) -> Iterator[LampWatch]:
    """Somebody who looks at the three lamps all the time."""
    with LampWatch(LAMPS) as watch:
        yield watch


@pytest.fixture(scope="module")
def lamps_without_daemons(stage: Stage, watch: LampWatch) -> dict[int, str]:
    """The three lamp processes run; what the lamps showed before any daemon did."""
    for board in LAMPS:
        stage.say("start-lamp", board)
    expect(stage, watch, all_red, "all lamps are red")
    return watch.now()


@pytest.fixture
def cluster(stage: Stage, watch: LampWatch, lamps_without_daemons: dict[int, str]) -> None:
    """Three daemons run, one of them leads, and the lamps say so."""
    for board in LAMPS:
        if board not in stage.daemons:
            stage.say("start-node", board)
    expect(stage, watch, one_blue_two_green, "one is blue, two are green")


def expect(
    stage: Stage, watch: LampWatch, condition: Callable[[dict[int, str]], bool], what: str
) -> float:
    """Wait until the lamps are so and stay so; if they do not, tell what the processes wrote."""
    try:
        return watch.wait_for(condition, what, PATIENCE_S, hold_s=HOLD_S)
    except TookTooLong as late:
        raise TookTooLong(f"{late}\n{stage.logs()}") from late


def all_red(colors: dict[int, str]) -> bool:
    """No daemon answers any lamp."""
    return all(color == "red" for color in colors.values())


def one_blue_two_green(colors: dict[int, str]) -> bool:
    """A leader and two followers that hear it."""
    return sorted(colors.values()) == ["blue", "green", "green"]


def board_that_is(color: str, watch: LampWatch) -> int:
    """A board whose lamp shows this now."""
    return next(board for board, shown in watch.now().items() if shown == color)


def test_a_lamp_without_a_daemon_is_red_from_its_start(
    lamps_without_daemons: dict[int, str], watch: LampWatch
) -> None:
    assert lamps_without_daemons == dict.fromkeys(LAMPS, "red")
    for board in LAMPS:
        assert watch.seen(board, since_s=0) == ["dark", "red"]


@pytest.mark.usefixtures("cluster")
def test_three_daemons_show_one_blue_and_two_green(watch: LampWatch) -> None:
    assert one_blue_two_green(watch.now())


@pytest.mark.usefixtures("cluster")
def test_a_common_anode_is_lit_by_low_levels(watch: LampWatch) -> None:
    color = watch.now()[ANODE]
    registers = watch.registers()
    levels = [registers.level(pin) for pin in LAMPS[ANODE].all()]
    assert levels == {"green": [1, 0, 1], "blue": [1, 1, 0]}[color]


@pytest.mark.usefixtures("cluster")
def test_a_leader_killed_is_red_and_another_is_blue(stage: Stage, watch: LampWatch) -> None:
    leader = board_that_is("blue", watch)
    killed_s = time.monotonic()
    stage.say("kill-node", leader)

    watch.wait_for(lambda colors: colors[leader] == "red", f"pi{leader} is red", RED_S)
    expect(stage, watch, one_red_and_a_leader, "another is blue")
    assert watch.lit(leader, since_s=killed_s) == ["blue", "red"]


@pytest.mark.usefixtures("cluster")
def test_a_daemon_stopped_on_purpose_is_red(stage: Stage, watch: LampWatch) -> None:
    leader = board_that_is("blue", watch)
    stage.say("stop-node", leader)

    expect(stage, watch, one_red_and_a_leader, "the stopped one is red, another blue")
    assert watch.now()[leader] == "red"


def one_red_and_a_leader(colors: dict[int, str]) -> bool:
    """One daemon is gone, the others go on."""
    return sorted(colors.values()) == ["blue", "green", "red"]


@pytest.mark.usefixtures("cluster")
def test_a_lamp_killed_is_never_stale_and_true_once_systemd_restarts_it(
    stage: Stage, watch: LampWatch
) -> None:
    """Debian's kernel turns the dead process's pins into inputs: dark, at once."""
    leader = board_that_is("blue", watch)
    killed_s = time.monotonic()
    stage.say("kill-lamp", leader)

    watch.wait_for(lambda colors: colors[leader] == "dark", f"pi{leader} is dark", RED_S)
    expect(stage, watch, one_blue_two_green, f"pi{leader} is true again")
    seen = watch.seen(leader, since_s=killed_s)
    assert seen[:3] == ["blue", "dark", "red"]
    # Between red and the truth the pins change hands.
    assert watch.lit(leader, since_s=killed_s) == ["blue", "red", "blue"]


@pytest.mark.usefixtures("cluster")
def test_a_lamp_killed_after_its_daemon_comes_back_red(stage: Stage, watch: LampWatch) -> None:
    leader = board_that_is("blue", watch)
    stage.say("kill-lamp", leader)
    killed_s = time.monotonic()
    stage.say("kill-node", leader)

    watch.wait_for(lambda colors: colors[leader] == "dark", f"pi{leader} is dark", RED_S)
    expect(stage, watch, one_red_and_a_leader, f"pi{leader} is red, another blue")
    assert "blue" not in watch.seen(leader, since_s=killed_s)[1:]


@pytest.mark.usefixtures("cluster")
def test_identify_flashes_one_lamp_white(stage: Stage, watch: LampWatch) -> None:
    board = board_that_is("green", watch)
    others = [other for other in LAMPS if other != board]
    asked_s = time.monotonic()
    stage.say("identify", board, answer_limit_s=PATIENCE_S)

    def has_flashed(_colors: dict[int, str]) -> bool:
        seen = watch.seen(board, since_s=asked_s)
        return seen.count("white") >= 3 and seen.count("dark") >= 3

    watch.wait_for(has_flashed, f"pi{board} flashes white", IDENTIFY_S)
    expect(stage, watch, one_blue_two_green, "it is over")
    for other in others:
        assert "white" not in watch.seen(other, since_s=asked_s)


@pytest.mark.usefixtures("cluster")
def test_a_lamp_stopped_leaves_red_and_its_self_test_shows_every_colour(
    stage: Stage, watch: LampWatch
) -> None:
    """The last that is driven is red; that it is dark then is Debian's kernel's doing."""
    leader = board_that_is("blue", watch)
    pins = LAMPS[leader]
    stage.say("stop-lamp", leader)

    watch.wait_for(lambda colors: colors[leader] == "dark", f"pi{leader} is freed", RED_S)
    registers = watch.registers()
    assert {registers.function(pin) for pin in pins.all()} == {Function.INPUT}
    assert pins.last_color(registers) == "red"

    tested_s = time.monotonic()
    stage.say("self-test", leader)

    def has_shown_all(_colors: dict[int, str]) -> bool:
        # On the way to yellow and white, red is lit first.
        seen = iter(watch.lit(leader, since_s=tested_s))
        return all(color in seen for color in COLORS)

    watch.wait_for(has_shown_all, f"pi{leader} has shown every colour", PATIENCE_S)
    stage.say("kill-lamp", leader)
    stage.say("start-lamp", leader)
