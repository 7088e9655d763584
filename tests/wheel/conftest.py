"""One wheel for all tests of this directory."""

import sys
from pathlib import Path

import pytest

from tests.wheel.built import build, copy_tree, run


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean copy of the repository."""
    return copy_tree(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="session")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the clean copy."""
    return build(tree, tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """The interpreter of a virtual environment in which nothing is installed."""
    run([sys.executable, "-m", "venv", tmp_path / "fresh"])
    return tmp_path / "fresh" / "bin" / "python"
