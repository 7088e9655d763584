"""What setup.py takes out of a module, and what it must leave in."""

import ast
import importlib.util
from types import ModuleType

import pytest

from tests.wheel.built import ROOT

SOURCE = '''"""What the module is for."""

from dataclasses import dataclass  # a comment


class Room:
    """A class of which
    the text has two lines."""

    size_count = 3

    def enter(self) -> str:
        """Go in."""
        return "# no comment"  # a comment


class Empty(Exception):
    """Nothing but this."""


@dataclass
class Guest:
    """Kept: a dataclass without a docstring makes one at every start."""

    name: str = f"{'#'}"  # a comment

    def leave(self) -> None:
        """Nothing but this."""
'''


@pytest.fixture(scope="module")
def packing() -> ModuleType:
    """setup.py as a module, which does nothing then."""
    spec = importlib.util.spec_from_file_location("raftpi_setup", ROOT / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_prose_goes_and_every_line_stays_where_it_was(packing: ModuleType) -> None:
    bare = packing.without_prose(SOURCE, "room.py")
    assert "a comment" not in bare.replace("# no comment", "")
    assert "What the module is for" not in bare
    assert "the text has two lines" not in bare
    assert "Go in" not in bare
    assert '"# no comment"' in bare
    assert len(bare.splitlines()) == len(SOURCE.splitlines())
    assert [line for line in bare.splitlines() if "return" in line] == [
        bare.splitlines()[SOURCE[: SOURCE.index("return")].count("\n")]
    ]


def test_what_is_nothing_but_a_docstring_keeps_it(packing: ModuleType) -> None:
    bare = packing.without_prose(SOURCE, "room.py")
    assert bare.count('"""Nothing but this."""') == 2
    assert '"""Kept: ' in bare
    ast.parse(bare)


def test_a_module_that_reads_its_docstring_is_refused(packing: ModuleType) -> None:
    with pytest.raises(ValueError, match=r"room\.py reads __doc__"):
        packing.without_prose('"""Words."""\n\nprint(__doc__)\n', "room.py")


def test_a_statement_behind_a_docstring_on_its_line_is_not_lost(packing: ModuleType) -> None:
    with pytest.raises(ValueError, match="another program"):
        packing.without_prose('"""Words."""; x = 1\ny = 2\n', "room.py")


def test_the_same_modules_make_the_same_archive(packing: ModuleType) -> None:
    one = packing.archive({"raftpi/a.py": "a = 1\n", "raftpi/b.py": "b = 2\n"})
    assert packing.archive({"raftpi/b.py": "b = 2\n", "raftpi/a.py": "a = 1\n"}) == one
