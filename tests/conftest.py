"""What holds for every test: no settings of the person who runs it, and an end to waiting."""

import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

# How long a test may take before it fails, so that one that hangs is named and not the run.
LIMIT_S = 120
SLOW_LIMIT_S = 900

# Meant for the tests themselves: where the virtual boards lie, and a file for their table.
FOR_TESTS = ("RAFTPI_BENCH_HOME", "RAFTPI_PI_HOME", "RAFTPI_SHOW_TABLE")

# Real processes, whose timing is looked at, and tests that use every processor themselves: they
# run by themselves, the others beside each other (Makefile: test).
ALONE = (
    "cli_demo/test_real_demo.py",
    "client",
    "cluster",
    "daemon",
    "local",
    "mutants",
    "sim/test_swarm.py",
    "transport",
)

# The person's own cluster is nobody's test subject.
for variable in [name for name in os.environ if name.startswith(("RAFTPI_", "GPIOZERO_"))]:
    if variable not in FOR_TESTS:
        del os.environ[variable]

# Machines differ in speed, so no deadline; in CI the same examples every time.
settings.register_profile(
    "house", deadline=None, print_blob=True, derandomize=os.environ.get("CI") is not None
)
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what must run by itself."""
    tests = Path(__file__).parent
    for item in items:
        if any(item.path.is_relative_to(tests / place) for place in ALONE):
            item.add_marker(pytest.mark.alone)


def limit_s_of(item: pytest.Item) -> float:
    """How many seconds each phase of this test may take; 0 means for ever."""
    marker = item.get_closest_marker("limit_s")
    if marker is not None:
        return float(marker.args[0])
    if item.get_closest_marker("soak") is not None:
        return 0.0
    slow = any(item.get_closest_marker(name) is not None for name in ("slow", "root"))
    return SLOW_LIMIT_S if slow else LIMIT_S


def limited(item: pytest.Item) -> Generator[None, object, object]:
    """Let one phase run, and fail the test when it takes too long.

    The alarm's exception is pytest's own, which `except Exception` does not swallow.
    """
    limit_s = limit_s_of(item)

    def ring(_signal: int, _frame: object) -> None:
        pytest.fail(f"still not done after {limit_s:g} s (tests/conftest.py: limit_s)")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Fixtures are limited like tests."""
    return (yield from limited(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A test that hangs fails."""
    return (yield from limited(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """So does one whose cleaning up hangs."""
    return (yield from limited(item))
