"""The demo without a terminal: lines out, commands in, a clean end."""

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from raftpi.cli.demo import plain
from raftpi.cli.demo.plain import PlainFace, ends_with_input
from raftpi.command import Get, Put
from raftpi.errors import Timeout
from raftpi.local.failures import DaemonDied
from tests.cli_demo.fakes import Stage


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "LOOK_EVERY_S", 0.005)
    monkeypatch.setattr(plain, "LINGER_S", 0.02)
    monkeypatch.setattr(plain, "FIRST_LEADER_S", 0.2)
    monkeypatch.setattr(plain, "_PENDING_AFTER_S", 0.05)


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    made.scene.begin()
    yield made
    made.store.go.set()
    made.scene.close()


def piped(stage: Stage, text: str) -> str:
    """What is printed when `text` comes through a pipe."""
    read_end, write_end = os.pipe()
    os.write(write_end, text.encode())
    os.close(write_end)
    said: list[str] = []
    with os.fdopen(read_end, encoding="utf-8") as stream:
        PlainFace(stage.scene, said.append, stage.ending).run(stream)
    return "\n".join(said)


def test_boards_and_events_are_printed_once(stage: Stage) -> None:
    lines = piped(stage, "").splitlines()
    assert sum("pi1 ★ blue" in line for line in lines) == 1
    assert sum("pi1 up, leads term 4" in line for line in lines) == 1


def test_commands_are_answered_in_order_and_the_end_of_the_pipe_ends_it(stage: Stage) -> None:
    said = piped(stage, "SET a 1\n\nkill 2\nGET a\n")
    assert said.index("> SET a 1") < said.index("✓ Committed (2/3 acks) @ index 48")
    assert said.index("pi2 killed") < said.index("> GET a")
    assert stage.store.asked == [Put(key=b"a", value=b"1"), Get(key=b"a")]
    assert stage.cluster.deeds == ["kill 2"]


def test_quit_ends_it_before_the_input_does(stage: Stage) -> None:
    assert "> SET" not in piped(stage, "quit\nSET a 1\n")


def test_a_wrong_line_does_not_end_it(stage: Stage) -> None:
    said = piped(stage, "FROB\nhelp\nSET a 1\n")
    assert "✗ unknown command 'FROB'" in said
    assert "CAS key old new" in said
    assert "✓ Committed" in said


def test_a_command_that_waits_is_pending_first(stage: Stage) -> None:
    stage.store.go.clear()
    threading.Timer(0.2, stage.store.go.set).start()
    stage.store.outcome = Timeout("no answer in 5 s")
    said = piped(stage, "SET a 1\n")
    assert said.index("⏳ Pending…") < said.index("? Unknown: no answer in 5 s")


def test_a_signal_ends_it_even_while_a_command_waits(stage: Stage) -> None:
    stage.store.go.clear()
    threading.Timer(0.2, stage.ending.set).start()
    said = piped(stage, "SET a 1\nSET b 2\n")
    assert "SET b" not in said


def test_without_input_it_runs_until_a_signal(stage: Stage) -> None:
    threading.Timer(0.2, stage.ending.set).start()
    said: list[str] = []
    with Path(os.devnull).open() as stream:
        PlainFace(stage.scene, said.append, stage.ending).run(stream)
    assert stage.ending.is_set()
    assert any("pi1 up" in line for line in said)


def test_daemons_that_die_at_the_start_end_it(stage: Stage) -> None:
    stage = Stage(silent=True)
    stage.scene.begin()
    stage.cluster.dead = [DaemonDied("pi1", 13, ["port in use"]), DaemonDied("pi2", 13, [])]
    stage.clock.now_us += 2_000_000
    with Path(os.devnull).open() as stream:
        PlainFace(stage.scene, lambda _line: None, stage.ending).run(stream)
    stage.scene.close()
    assert isinstance(stage.scene.failure, DaemonDied)


def test_which_inputs_end_the_demo() -> None:
    read_end, write_end = os.pipe()
    with os.fdopen(read_end) as pipe, Path(os.devnull).open() as null:
        assert ends_with_input(pipe)
        assert not ends_with_input(null)
    os.close(write_end)
    assert not ends_with_input(None)
    assert not ends_with_input(io.StringIO())
