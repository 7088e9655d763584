"""The journal's lines and fields."""

import logging

import pytest

from raftpi.daemon.journal import Journal
from raftpi.node import Event


def test_an_event_is_a_line_with_the_nodes_name(capsys: pytest.CaptureFixture[str]) -> None:
    Journal(name="pi2", level="info").write(Event(text="leads term 4", fields={"term": 4}))
    assert "INFO pi2 leads term 4" in capsys.readouterr().err


def test_an_event_carries_fields_to_search_by() -> None:
    journal = Journal(name="pi2", level="info")
    records: list[logging.LogRecord] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    logging.getLogger("raftpi.pi2").addHandler(Collector())
    journal.write(Event(text="leads", fields={"term": 4, "role": "leader"}))
    [record] = records
    assert (record.RAFT_NODE, record.RAFT_TERM, record.RAFT_ROLE) == (  # type: ignore[attr-defined]
        "pi2",
        4,
        "leader",
    )


def test_what_is_less_severe_than_the_level_is_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    journal = Journal(name="pi2", level="warning")
    journal.say("small talk")
    journal.say("a warning", severity="warning")
    said = capsys.readouterr().err
    assert "small talk" not in said
    assert "WARNING pi2 a warning" in said
