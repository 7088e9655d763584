"""`raftpi node` and `raftpi demo` hand their arguments on, and their exit code back."""

import sys
from types import ModuleType

import pytest

from raftpi.errors import DirectoryRefused
from tests.cli.conftest import Run


def replace_module(monkeypatch: pytest.MonkeyPatch, name: str, run: object) -> None:
    module = ModuleType(name)
    module.run = run  # type: ignore[attr-defined]  # a module made here
    monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.parametrize(("words", "check"), [((), False), (("--check",), True)])
def test_node_runs_the_daemon(
    words: tuple[str, ...], check: bool, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, bool]] = []

    def daemon(config_path: str, check: bool) -> int:
        calls.append((config_path, check))
        return 13

    replace_module(monkeypatch, "raftpi.daemon.main", daemon)
    assert run("node", "--config", "x.toml", *words)[0] == 13
    assert calls == [("x.toml", check)]


def test_an_error_of_the_daemon_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def daemon(config_path: str, check: bool) -> int:
        raise DirectoryRefused("in use by process 5")

    replace_module(monkeypatch, "raftpi.daemon.main", daemon)
    assert run("node", "--config", "x.toml") == (11, "", "raftpi: in use by process 5\n")


def test_demo_hands_its_options_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[int | None, str | None, int | None]] = []

    def demo(nodes: int | None, directory: str | None, base_port: int | None) -> int:
        calls.append((nodes, directory, base_port))
        return 0

    replace_module(monkeypatch, "raftpi.cli.demo", demo)
    assert run("demo")[0] == 0
    assert run("demo", "--nodes", "5", "--dir", "d", "--base-port", "7100")[0] == 0
    assert calls == [(None, None, None), (5, "d", 7100)]
