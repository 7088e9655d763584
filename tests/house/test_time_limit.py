"""A test that hangs is named and fails; the others still run."""

from pathlib import Path

import pytest

from tests.house.finding import ROOT

pytest_plugins = ["pytester"]

HANGING = """
import threading
import pytest

@pytest.mark.limit_s(0.2)
def test_hangs():
    try:
        threading.Event().wait(30)
    except Exception:
        pass

def test_goes_on():
    pass
"""


@pytest.mark.limit_s(60)
def test_a_test_that_hangs_fails_and_the_next_one_runs(pytester: pytest.Pytester) -> None:
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\nmarkers = limit_s\n")
    path: Path = pytester.makepyfile(HANGING)
    result = pytester.runpytest_subprocess(str(path))
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*still not done after 0.2 s*"])
