"""One run of the demo: however it ends, every daemon is stopped and what was made is gone."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from raftpi.cli import demo
from raftpi.cli.demo import packages, show, terminal
from raftpi.cli.demo.scene import Scene
from raftpi.cli.demo.show import run_show
from raftpi.errors import UsageError
from raftpi.local.failures import DaemonDied, PortInUse
from tests.cli_demo.fakes import Stage


class FakeLocalCluster:
    """What `run_show` needs of LocalCluster."""

    made: "list[FakeLocalCluster]"

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.nodes = ()
        self.stopped = False

    @classmethod
    def open_or_create(
        cls, directory: Path, nodes: int, base_port: int | None, *, chaos: bool
    ) -> "FakeLocalCluster":
        assert chaos
        if base_port == 1:
            raise PortInUse("port 1 is taken")
        cluster = cls(directory)
        cls.made.append(cluster)
        return cluster

    def stop_all(self, limit_s: float) -> None:
        # A second Ctrl-C must not keep the daemons from being stopped.
        os.kill(os.getpid(), signal.SIGINT)
        self.stopped = True


Play = Callable[[Stage], None]


@pytest.fixture
def perform(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[FakeLocalCluster, Stage]]:
    """Run the show on fakes, with `play` in place of the faces."""
    FakeLocalCluster.made = []
    monkeypatch.setattr(show, "LocalCluster", FakeLocalCluster)

    def run(play: Play, directory: Path | None = None) -> tuple[FakeLocalCluster, Stage]:
        stage = Stage()

        def scene_of(_cluster: object, _boards: object, ending: threading.Event) -> Scene:
            stage.ending = ending
            stage.scene._ending = ending
            return stage.scene

        monkeypatch.setattr(show, "_scene", scene_of)
        monkeypatch.setattr(show, "_play", lambda *_, screen: play(stage))
        run_show(3, str(directory) if directory else None, None, screen=False)
        return FakeLocalCluster.made[0], stage

    return run


def test_a_temporary_directory_is_gone_at_the_end(
    perform: Callable[..., tuple[FakeLocalCluster, Stage]],
) -> None:
    seen = []
    cluster, stage = perform(lambda _stage: seen.append(FakeLocalCluster.made[0].directory))
    assert seen[0].name.startswith("raftpi-demo-")
    assert not cluster.directory.exists()
    assert cluster.stopped
    assert stage.store.closed
    assert stage.feeds.closed


def test_a_directory_that_was_given_is_kept(
    perform: Callable[..., tuple[FakeLocalCluster, Stage]], tmp_path: Path
) -> None:
    cluster, _ = perform(lambda _stage: None, tmp_path)
    assert cluster.directory == tmp_path
    assert tmp_path.exists()
    assert cluster.stopped


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_the_show_and_the_daemons_are_stopped(
    perform: Callable[..., tuple[FakeLocalCluster, Stage]], number: signal.Signals
) -> None:
    before = signal.getsignal(number)

    def play(stage: Stage) -> None:
        os.kill(os.getpid(), number)
        assert stage.ending.wait(5)

    cluster, _ = perform(play)
    assert cluster.stopped
    assert signal.getsignal(number) is before


def test_an_error_of_the_face_stops_the_daemons_all_the_same(
    perform: Callable[..., tuple[FakeLocalCluster, Stage]],
) -> None:
    def play(_stage: Stage) -> None:
        raise OSError("the terminal is gone")

    with pytest.raises(OSError, match="terminal"):
        perform(play)
    assert FakeLocalCluster.made[0].stopped
    assert not FakeLocalCluster.made[0].directory.exists()


def test_a_face_that_hangs_when_its_terminal_has_gone_keeps_no_daemon_alive(
    perform: Callable[..., tuple[FakeLocalCluster, Stage]], monkeypatch: pytest.MonkeyPatch
) -> None:
    forced: list[int] = []
    gone = threading.Event()

    def end_process(code: int) -> None:
        forced.append(code)
        gone.set()

    monkeypatch.setattr(show, "FACE_LIMIT_S", 0.05)
    monkeypatch.setattr("os._exit", end_process)

    def play(_stage: Stage) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        assert gone.wait(5)
        assert FakeLocalCluster.made[0].stopped
        assert not FakeLocalCluster.made[0].directory.exists()

    perform(play)
    assert forced == [129]


def test_a_cluster_that_never_came_up_is_an_error(
    perform: Callable[..., tuple[FakeLocalCluster, Stage]],
) -> None:
    def play(stage: Stage) -> None:
        stage.scene.failure = DaemonDied("pi1", 13, [])

    with pytest.raises(DaemonDied):
        perform(play)
    assert FakeLocalCluster.made[0].stopped


def test_a_taken_port_leaves_no_directory_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(show, "LocalCluster", FakeLocalCluster)
    monkeypatch.setattr("tempfile.mkdtemp", lambda **_: str(_made(tmp_path / "home")))
    with pytest.raises(PortInUse):
        run_show(3, None, 1, screen=False)
    assert not (tmp_path / "home").exists()


def _made(path: Path) -> Path:
    path.mkdir()
    return path


def test_missing_packages_are_named_with_the_command_that_installs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"gpiozero and Textual.*pip install 'raftpi\[demo\]'"):
        packages.require_packages(screen=True)
    with pytest.raises(UsageError, match="needs gpiozero, not installed"):
        packages.require_packages(screen=False)


def test_missing_packages_are_found_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    monkeypatch.setattr(show, "run_show", lambda *_a, **_k: pytest.fail("it started"))
    with pytest.raises(UsageError):
        demo.run(3, None, None)


def test_a_pipe_or_a_dumb_terminal_is_no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tty:
        def isatty(self) -> bool:
            return True

    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}", Tty())
    monkeypatch.setenv("TERM", "xterm-256color")
    assert terminal.on_a_terminal()
    monkeypatch.setenv("TERM", "dumb")
    assert not terminal.on_a_terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdin", None)
    assert not terminal.on_a_terminal()
    monkeypatch.setattr("sys.stdin", Tty())
    with Path(os.devnull).open("w") as log:
        monkeypatch.setattr("sys.stderr", log)
        assert not terminal.on_a_terminal()
