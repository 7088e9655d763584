"""The protocol's behaviour, pinned trace by trace; `--rewrite` takes over what happens now."""

from pathlib import Path

import pytest

from tests.scripts.player import replay

SCRIPTS = sorted(Path(__file__).parent.glob("*.txt"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_leads_to_its_trace(script: Path, pytestconfig: pytest.Config) -> None:
    text = script.read_text()
    found = replay(text)
    if pytestconfig.getoption("--rewrite", default=False):
        script.write_text(found)
        return
    assert found == text, f"run pytest {script.parent} --rewrite, and look at the difference"


def test_there_is_a_script_for_each_behaviour() -> None:
    assert len(SCRIPTS) >= 15
