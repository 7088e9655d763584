"""One show for all tests of the boards: boards, playbook, and the table at the end."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.boards.bench.bench import Bench
from tests.boards.clock import now_us
from tests.boards.deployment import Deployment
from tests.boards.show import Show

TABLE_VARIABLE = "RAFTPI_SHOW_TABLE"
# Processes are measured before anything has been stored.
FIRST = "test_deploy.py"
# Where one of these fails it leaves a board behind that nothing brings back; after the last one
# the watcher does not know the new key of a board.
LAST = ("test_rotten_log.py", "test_lost_memory.py")
SHOW = pytest.StashKey[Show]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a fresh cluster comes first, what leaves no whole one behind comes last."""
    here = Path(__file__).parent
    ours = [item for item in items if item.path.parent == here]
    order = {FIRST: -1, **{name: place for place, name in enumerate(LAST, 1)}}
    ours.sort(key=lambda item: order.get(item.path.name, 0))
    others = [item for item in items if item.path.parent != here]
    items[:] = [*others, *ours]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table, and write it to the file that RAFTPI_SHOW_TABLE names."""
    show = config.stash.get(SHOW, None)
    lines = show.table.lines() if show is not None else []
    if not lines:
        return
    terminalreporter.section("measured on three virtual boards")
    for line in lines:
        terminalreporter.write_line(line)
    file = os.environ.get(TABLE_VARIABLE)
    if file:
        Path(file).write_text("\n".join([*lines, ""]))


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    """Three boards with pins that write down what they show, and nothing of raftpi."""
    bench = Bench()
    bench.down()
    try:
        bench.up(3)
        yield bench
    finally:
        bench.down()


@pytest.fixture(scope="session")
def show(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Show]:
    """The cluster, deployed by the real playbook over ssh, and watched."""
    directory = tmp_path_factory.mktemp("show")
    deployment = Deployment(bench, directory)
    show = Show(bench, deployment, directory)
    pytestconfig.stash[SHOW] = show
    for board in bench.boards():
        deployment.give_pins(board)
    began_us = now_us()
    first = deployment.play()
    assert first.exit_code == 0, first.printed[-6000:]
    show.table.add("site.yml on three fresh boards", [(now_us() - began_us) / 1e6], unit="s")
    deployment.learn_boards(bench.boards()[0])
    with show.watching():
        yield show


@pytest.fixture
def leader(show: Show) -> int:
    """The leader's number; the cluster is whole, whatever the test before did."""
    return show.heal()
