"""docs/RAFT.md says what the code does."""

from dataclasses import fields
from typing import get_args

import pytest

from raftpi.core.messages import Message
from tests.house.finding import ROOT
from tests.house.raft_guide import PAGE, diagram, drawn

HEAD = ("sender", "receiver", "term")


def test_the_diagram_is_the_transition_table() -> None:
    assert drawn() == diagram(), "run: python -m tests.house.raft_guide"


@pytest.mark.parametrize("kind", get_args(Message), ids=lambda kind: kind.__name__)
def test_every_message_is_described_with_all_its_fields(kind: type) -> None:
    (row,) = [line for line in PAGE.read_text().splitlines() if f"| `{kind.__name__}` |" in line]
    named = row.split("|")[2].replace("`", "").split()
    assert named == [field.name for field in fields(kind) if field.name not in HEAD]


def test_every_file_that_it_links_to_is_there() -> None:
    text = PAGE.read_text()
    links = [part.partition(")")[0] for part in text.split("](")[1:]]
    assert links
    for link in links:
        assert (ROOT / "docs" / link).exists(), link
