"""The screen, driven by Textual's pilot at several sizes, read as text."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from textual.events import Key
from textual.pilot import Pilot

from raftpi.cli.demo.board_panel import BoardPanel
from raftpi.cli.demo.screen import DemoScreen
from raftpi.command import Get, Put
from raftpi.errors import Unavailable
from raftpi.local.failures import DaemonDied
from tests.cli_demo.fakes import Stage, make_status

Act = Callable[[Pilot[None], Stage], Awaitable[None]]


def steady_us() -> int:
    return time.monotonic_ns() // 1000


def play(act: Act, stage: Stage, size: tuple[int, int] = (80, 24)) -> DemoScreen:
    """Run the screen on the stage, let `act` drive it, and end it."""

    stage.scene.begin()

    async def drive() -> DemoScreen:
        app = DemoScreen(stage.scene, steady_us)
        async with app.run_test(size=size) as pilot:
            await pilot.pause(0.12)
            await act(pilot, stage)
        return app

    try:
        return asyncio.run(drive())
    finally:
        stage.scene.close()


def text_of(pilot: Pilot[None]) -> str:
    """The characters on the screen, line by line."""
    screen = pilot.app.screen
    lines = screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in lines)


async def until(pilot: Pilot[None], wanted: str) -> str:
    """The screen's text, once it holds `wanted`."""
    for _ in range(60):
        text = text_of(pilot)
        if wanted in text:
            return text
        await pilot.pause(0.05)
    raise AssertionError(f"{wanted!r} is not on the screen:\n{text_of(pilot)}")


def test_three_boards_stand_side_by_side_on_80_columns() -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        text = await until(pilot, "pi1 leads term 4")
        row = next(line for line in text.splitlines() if "1 pi1" in line)
        assert "2 pi2" in row
        assert "3 pi3" in row
        for wanted in ("leader", "follower", "term 4", "log 10/10", "commit 10", "hears 2", "blue"):
            assert wanted in text, text
        assert "k kill" in text
        assert "q quit" in text
        assert len(text.splitlines()) == 24

    play(act, Stage())


@pytest.mark.parametrize("size", [(40, 24), (45, 30), (40, 14), (120, 40), (60, 20)])
@pytest.mark.parametrize("count", [1, 3, 5, 7])
def test_every_board_role_and_key_is_seen_at_every_size(size: tuple[int, int], count: int) -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        text = await until(pilot, "leads term 4")
        assert text.count("follower") >= count - 1, text
        assert "q quit" in text
        assert f"log 10/{10}" in text or "10/10" in text
        for line in text.splitlines():
            assert len(line) <= size[0]

    if size == (40, 14) and count > 3:
        return  # seven boards and a prompt do not fit into 14 lines
    play(act, Stage({i: f"pi{i}" for i in range(1, count + 1)}), size)


def test_the_lamp_on_the_screen_is_what_the_pins_say() -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        await until(pilot, "pi1 leads term 4")
        panel = pilot.app.query_one("#board-1", BoardPanel)
        driver = stage.watch._boards[1].lamp
        assert driver.shown() == stage.watch.shade(1) == (0.0, 0.0, 1.0)
        colors = {
            str(segment.style.bgcolor.get_truecolor().hex)
            for strip in panel.render_lines(panel.region.reset_offset)
            for segment in strip
            if segment.style and segment.style.bgcolor
        }
        assert "#2d5fff" in colors

    play(act, Stage())


def test_a_board_that_falls_silent_turns_red_and_offline() -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        stage.feeds.cut.add(2)
        text = await until(pilot, "pi2 is offline")
        assert "offline" in text
        assert stage.watch.shade(2) == (1.0, 0.0, 0.0)

    play(act, Stage())


def test_keys_act_on_the_selected_board() -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        await pilot.press("2", "k")
        await until(pilot, "pi2 killed")
        await pilot.press("r")
        await until(pilot, "pi2 runs again")
        await pilot.press("3", "p")
        await until(pilot, "pi3 cut off; h heals it")
        await pilot.press("h")
        await until(pilot, "healed: pi3")
        await pilot.press("1", "s")
        await until(pilot, "slow 500 ms")
        await pilot.press("right", "k")
        await until(pilot, "kill pi2")
        assert stage.cluster.deeds == ["kill 2", "start 2", "kill 2"]
        assert [(node, how.cut_from, how.delay_ms) for node, how in stage.told] == [
            (3, (1, 2), 0),
            (3, (), 0),
            (1, (), 500),
        ]

    play(act, Stage(), (120, 40))


def test_a_digit_without_a_board_selects_nothing() -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        await pilot.press("9", "k")
        await until(pilot, "pi1 killed")

    play(act, Stage())


def test_restart_all_kills_and_starts_every_board() -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        await pilot.press("a")
        await until(pilot, "all boards run again")
        assert stage.cluster.deeds == [f"{w} {i}" for w in ("kill", "start") for i in (1, 2, 3)]

    play(act, Stage())


def test_the_prompt_takes_the_keys_only_while_it_is_open() -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        await pilot.press("slash")
        assert "Esc keys" in await until(pilot, "SET k v")
        await pilot.press(*"SET kraq 1", "enter")
        await until(pilot, "✓ Committed (2/3 acks) @ index 48")
        assert stage.store.asked == [Put(key=b"kraq", value=b"1")]
        assert stage.cluster.deeds == []
        await pilot.press("escape")
        await until(pilot, "k kill")
        await pilot.press("k")
        await until(pilot, "pi1 killed")

    play(act, Stage())


def test_a_line_that_comes_all_at_once_goes_into_the_prompt() -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        for key in ("slash", *"SETkraspg", "space", *"1", "enter"):
            character = {"slash": "/", "space": " ", "enter": "\r"}.get(key, key)
            pilot.app.post_message(Key(key, character))
        await until(pilot, "✗ unknown command 'SETkraspg'")
        assert stage.cluster.deeds == []
        assert stage.told == []

    play(act, Stage())


def test_lines_that_come_all_at_once_are_run_one_after_the_other() -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        stage.store.go.clear()
        for key in ("slash", *"GET", "space", "a", "enter", *"GET", "space", "b", "enter"):
            character = {"slash": "/", "space": " ", "enter": "\r"}.get(key, key)
            pilot.app.post_message(Key(key, character))
        await until(pilot, "> GET b")
        assert stage.store.asked == [Get(key=b"a")]
        stage.store.go.set()
        await until(pilot, "✓")
        await pilot.pause(0.1)
        assert stage.store.asked == [Get(key=b"a"), Get(key=b"b")]

    play(act, Stage())


def test_enter_opens_the_prompt_and_an_empty_line_leaves_it() -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        await pilot.press("enter")
        await until(pilot, "Esc keys")
        await pilot.press("enter")
        await until(pilot, "k kill")

    play(act, Stage())


def test_up_recalls_the_line_before() -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        await pilot.press("slash", *"GET a", "enter", "up", "enter")
        await until(pilot, "✓")
        await pilot.pause(0.1)
        assert len(stage.store.asked) == 2

    play(act, Stage())


def test_a_wrong_line_says_the_usage_and_asks_nobody() -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        await pilot.press("slash", *"SET alone", "enter")
        await until(pilot, "✗ usage: SET key value")
        assert stage.store.asked == []

    play(act, Stage())


def test_a_command_that_waits_says_why_and_then_what_came_of_it() -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        stage.store.go.clear()
        stage.feeds.waiting = {1: make_status(1, role="follower", leader=0, lease_us=0)}
        await pilot.press("slash", *"SET a 1", "enter")
        await until(pilot, "⏳ Pending… (election in progress)")
        for node_id in (2, 3):
            stage.feeds.cut.add(node_id)
        stage.store.outcome = Unavailable("no quorum (only 1/3 alive)")
        await until(pilot, "⏳ Pending… (no quorum (only 1/3 alive))")
        stage.store.go.set()
        await until(pilot, "✗ Failed: no quorum (only 1/3 alive)")

    play(act, Stage(), (100, 30))


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
def test_q_and_control_c_leave(key: str) -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        await pilot.press(key)
        await pilot.pause(0.1)
        assert not pilot.app._running or pilot.app._exit

    play(act, Stage())


def test_control_c_leaves_from_the_prompt_too() -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        await pilot.press("slash", "ctrl+c")
        await pilot.pause(0.1)
        assert pilot.app._exit

    play(act, Stage())


def test_a_signal_ends_the_screen() -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        stage.ending.set()
        await pilot.pause(0.2)
        assert pilot.app._exit

    play(act, Stage())


def test_daemons_that_die_at_the_start_end_the_screen() -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        stage.cluster.dead = [DaemonDied("pi1", 10, ["bad"]), DaemonDied("pi2", 10, ["bad"])]
        stage.clock.now_us += 2_000_000
        for _ in range(40):
            if pilot.app._exit:
                break
            await pilot.pause(0.05)
        assert pilot.app._exit
        assert isinstance(stage.scene.failure, DaemonDied)

    play(act, Stage(silent=True))


def test_a_resized_terminal_lays_everything_out_anew() -> None:
    async def act(pilot: Pilot[None], stage: Stage) -> None:
        for number in range(60):
            stage.watch.note(
                f"event number {number} with a text that is broken on narrow terminals"
            )
        await until(pilot, "event number 59")
        await pilot.resize_terminal(45, 30)
        text = await until(pilot, "event number 59")
        assert "2  ●  follower t4 10/10 c10" in text
        assert "q quit" in text
        await pilot.resize_terminal(120, 40)
        text = await until(pilot, "event number 59")
        assert "hears 1 12ms  3 12ms" in text
        assert len([line for line in text.splitlines() if "q quit" in line]) == 1

    play(act, Stage(), (120, 40))
