"""The house's style, as far as a program can see it."""

from collections.abc import Callable, Iterator

import pytest

from tests.house import style
from tests.house.finding import ROOT, Finding, python_files, report

Check = Callable[[str, str], Iterator[Finding]]

# What each rule looks at.
EVERYWHERE = ("raftpi", "tests")
RULES: dict[Check, tuple[str, ...]] = {
    style.check_length: EVERYWHERE,
    style.check_names: EVERYWHERE,
    style.check_docstrings: ("raftpi",),
    style.check_wall_clock: ("raftpi",),
    style.check_chance: ("raftpi",),
    style.check_broad_handlers: EVERYWHERE,
    style.check_type_ignores: ("raftpi",),
    style.check_sleeps: ("tests",),
}

# Files that may break a rule, each with its reason.
EXCUSED: dict[tuple[Check, str], str] = {}

# Directories of tests that mirror no room: each shows something of several rooms together.
KINDS: dict[str, str] = {
    "ansible": "playbooks, roles and inventories, which are no Python",
    "boards": "virtual boards, deployed and with cables to pull",
    "gpio": "lamps on an emulated board's real GPIO",
    "recording_pins": "a distribution of its own, which boards under test install",
    "systemd": "units, users and directories, which are no Python",
    "wheel": "what is built and shipped",
    "cluster": "real daemons on this machine, and what is done to them",
    "cli_demo": "the demo's screen, whose modules show only together",
    "house": "the house's own rules",
    "scenarios": "whole stories of a cluster, told by others before",
    "claims": "what the paper and the thesis claim, by section",
    "scripts": "traces of the protocol, pinned line by line",
    "mutants": "bugs put back in, and what catches them",
}


@pytest.mark.parametrize("check", RULES, ids=lambda check: check.__name__)
def test_the_house_keeps_its_style(check: Check) -> None:
    findings = [
        finding
        for folder in RULES[check]
        for path, source in python_files(folder)
        if (check, path) not in EXCUSED
        for finding in check(path, source)
    ]
    assert not findings, report(findings)


def test_every_excuse_is_still_needed() -> None:
    for (check, path), reason in EXCUSED.items():
        assert reason
        source = (ROOT / path).read_text(encoding="utf-8")
        assert list(check(path, source)), f"{path} needs no excuse from {check.__name__} any more"


def mirrored(path: str) -> bool:
    """Whether tests/a/test_b.py has its raftpi/a/b.py, or is of a listed kind.

    A module with many conditions may have several: test_b_torn.py beside test_b.py.
    """
    folders, name = path.split("/")[1:-1], path.split("/")[-1]
    if any(folder in KINDS for folder in folders):
        return True
    room = ROOT.joinpath("raftpi", *folders)
    if not name.startswith("test_"):
        return name in ("__init__.py", "conftest.py") or room.is_dir()
    words = name.removeprefix("test_").removesuffix(".py").split("_")
    prefixes = ["_".join(words[:count]) for count in range(1, len(words) + 1)]
    return any((room / f"{p}.py").exists() or (room / p).is_dir() for p in prefixes)


def test_every_module_of_tests_mirrors_one_of_the_house() -> None:
    findings = [
        Finding(
            path=path,
            line=1,
            text="mirrors no module of raftpi: move it, or list its kind in KINDS with a reason",
        )
        for path, _ in python_files("tests")
        if not mirrored(path)
    ]
    assert not findings, report(findings)


def test_every_directory_of_tests_is_a_package() -> None:
    for path, _ in python_files("tests"):
        assert (ROOT / path).with_name("__init__.py").exists(), f"{path} has no __init__.py beside"


def test_a_test_module_mirrors_its_module() -> None:
    assert mirrored("tests/core/test_timing.py")
    assert mirrored("tests/core/test_timing_of_slow_boards.py")
    assert mirrored("tests/test_lamp.py")
    assert mirrored("tests/core/__init__.py")
    assert mirrored("tests/house/anything.py")
    assert not mirrored("tests/core/test_nothing.py")
    assert not mirrored("tests/attic/test_timing.py")
    assert not mirrored("tests/attic/box.py")


LONG_FUNCTION = "def f() -> None:\n" + "    x = 1\n" * 60
DOCUMENTED = 'def f() -> None:\n    """A.\n\n    B.\n    """\n' + "    x = 1\n" * 59

GOOD: list[tuple[Check, str, str]] = [
    (style.check_length, "raftpi/a.py", "x = 1\n" * 400),
    (style.check_length, "raftpi/a.py", DOCUMENTED),
    (style.check_names, "raftpi/a/log_file.py", ""),
    (style.check_docstrings, "raftpi/a.py", ""),
    (style.check_docstrings, "raftpi/a.py", '"""A."""\ndef _f(): ...\nclass _A: ...'),
    (style.check_docstrings, "raftpi/a.py", '"""A."""\nclass A:\n    """A."""\n    def _f(): ...'),
    (style.check_wall_clock, "raftpi/a.py", "import time\ntime.monotonic()"),
    (style.check_chance, "raftpi/core/a.py", "def f(random: Random): random_us = 1"),
    (style.check_chance, "raftpi/sim/a.py", "import random\nr = random.Random(5)"),
    (style.check_chance, "raftpi/daemon/a.py", "import random\nrandom.random()"),
    (style.check_broad_handlers, "raftpi/a.py", "try:\n    f()\nexcept OSError:\n    pass"),
    (
        style.check_broad_handlers,
        "raftpi/a.py",
        "try:\n    f()\nexcept Exception:\n    close()\n    raise",
    ),
    (
        style.check_broad_handlers,
        "raftpi/a.py",
        "try:\n    f()\nexcept Exception:  # noqa: BLE001  # handed to the loop\n    g()",
    ),
    (style.check_type_ignores, "raftpi/a.py", "x = 1  # type: ignore[misc]  # stubs lack it"),
    (style.check_type_ignores, "raftpi/a.py", "x = '# type: ignore'"),
    (style.check_sleeps, "tests/a.py", "clock.sleep(1)"),
    (style.check_sleeps, "tests/a.py", "import time\ntime.monotonic()"),
]

BAD: list[tuple[Check, str, str]] = [
    (style.check_length, "raftpi/a.py", "x = 1\n" * 401),
    (style.check_length, "raftpi/a.py", LONG_FUNCTION),
    (style.check_length, "raftpi/a.py", DOCUMENTED + "    x = 1\n"),
    (style.check_names, "raftpi/a/utils.py", ""),
    (style.check_names, "raftpi/a/log_helpers.py", ""),
    (style.check_names, "tests/a/session_manager.py", ""),
    (style.check_docstrings, "raftpi/a.py", "x = 1"),
    (style.check_docstrings, "raftpi/a.py", '"""A."""\ndef f(): ...'),
    (style.check_docstrings, "raftpi/a.py", '"""A."""\nclass A: ...'),
    (style.check_docstrings, "raftpi/a.py", '"""A."""\nclass A:\n    """A."""\n    def f(): ...'),
    (style.check_wall_clock, "raftpi/a.py", "import time\ntime.time()"),
    (style.check_wall_clock, "raftpi/a.py", "import time\nclock = time.time_ns"),
    (style.check_wall_clock, "raftpi/a.py", "from time import time"),
    (style.check_wall_clock, "raftpi/a.py", "from datetime import datetime\ndatetime.now()"),
    (style.check_wall_clock, "raftpi/a.py", "import datetime\ndatetime.datetime.utcnow()"),
    (style.check_chance, "raftpi/core/a.py", "import random\nrandom.random()"),
    (style.check_chance, "raftpi/kv/a.py", "from random import randint"),
    (style.check_chance, "raftpi/sim/a.py", "import random\nr = random.Random()"),
    (style.check_chance, "raftpi/node/a.py", "from random import Random\nr = Random()"),
    (style.check_broad_handlers, "raftpi/a.py", "try:\n    f()\nexcept:\n    raise"),
    (style.check_broad_handlers, "raftpi/a.py", "try:\n    f()\nexcept Exception:\n    pass"),
    (
        style.check_broad_handlers,
        "raftpi/a.py",
        "try:\n    f()\nexcept (OSError, BaseException):\n    pass",
    ),
    (
        style.check_broad_handlers,
        "raftpi/a.py",
        "try:\n    f()\nexcept Exception:  # noqa: BLE001\n    g()",
    ),
    (style.check_type_ignores, "raftpi/a.py", "x = 1  # type: ignore"),
    (style.check_type_ignores, "raftpi/a.py", "x = 1  # type: ignore[misc]"),
    (style.check_type_ignores, "raftpi/a.py", "x = 1  # type: ignore  # stubs lack it"),
    (style.check_sleeps, "tests/a.py", "import time\ntime.sleep(1)"),
    (style.check_sleeps, "tests/a.py", "from time import sleep"),
]


@pytest.mark.parametrize(("check", "path", "source"), GOOD)
def test_good_style_is_allowed(check: Check, path: str, source: str) -> None:
    assert not list(check(path, source))


@pytest.mark.parametrize(("check", "path", "source"), BAD)
def test_bad_style_is_found(check: Check, path: str, source: str) -> None:
    assert list(check(path, source))
