"""docs/CONFIGURATION.md says what the daemon checks."""

from pathlib import Path

from raftpi.config.reference import reference
from raftpi.config.schema import describe_keys

PAGE = Path(__file__).parents[2] / "docs" / "CONFIGURATION.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), (
        "run: python -m raftpi.config.reference > docs/CONFIGURATION.md"
    )


def test_every_key_has_a_row() -> None:
    page = reference()
    for key in describe_keys():
        assert f"| `{key.name}` |" in page
