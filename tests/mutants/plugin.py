"""A pytest plugin: `pytest -p tests.mutants.plugin` runs the tests in an infected process."""

import os

import pytest

from tests.mutants.catalogue import mutant_named

VARIABLE = "MUTANT"


def pytest_configure(config: pytest.Config) -> None:
    """Put the bug in before any test is collected."""
    mutant_named(os.environ[VARIABLE]).infect()
