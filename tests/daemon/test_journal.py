"""The journal's lines and fields. The real systemd-python takes them on the virtual boards."""

import logging
import os
import sys
from types import ModuleType

import pytest

from raftpi.daemon.journal import STANDARD_ERROR, Journal, choose_handler, is_journal
from raftpi.node import Event


class Collector(logging.Handler):
    """Stands in for systemd's JournalHandler: keeps records, and the constant fields."""

    def __init__(self, **constant: str) -> None:
        super().__init__()
        self.constant = constant
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def fields(self) -> list[dict[str, object]]:
        """Of each record, what begins with RAFT_."""
        return [
            {key: value for key, value in vars(record).items() if key.startswith("RAFT_")}
            for record in self.records
        ]


@pytest.fixture
def collector() -> Collector:
    return Collector()


@pytest.fixture
def journal(collector: Collector) -> Journal:
    return Journal(name="pi2", level="info", handler=collector)


def leads_to_the_journal(descriptor: int = STANDARD_ERROR) -> dict[str, str]:
    """The environment of a service whose standard error is systemd's journal."""
    status = os.fstat(descriptor)
    return {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}


def test_an_event_is_a_line_with_the_nodes_name(capsys: pytest.CaptureFixture[str]) -> None:
    Journal(name="pi2", level="info").write(Event(text="leads term 4", fields={"term": 4}))
    assert "INFO pi2 leads term 4" in capsys.readouterr().err


def test_a_percent_sign_is_just_a_percent_sign(capsys: pytest.CaptureFixture[str]) -> None:
    Journal(name="pi2", level="info").say("the card is 99% full, %s")
    assert "pi2 the card is 99% full, %s" in capsys.readouterr().err


def test_an_event_carries_fields_to_search_by(journal: Journal, collector: Collector) -> None:
    journal.write(Event(text="leads", fields={"term": 4, "role": "leader"}))
    assert collector.fields() == [{"RAFT_NODE": "pi2", "RAFT_TERM": 4, "RAFT_ROLE": "leader"}]


def test_every_line_carries_the_context_of_its_time(journal: Journal, collector: Collector) -> None:
    journal.say("starts")
    journal.set_context(role="leader", term=4, leader="pi2")
    journal.say("works")
    journal.set_context(role="follower", leader=None)
    journal.say("works")
    assert collector.fields() == [
        {"RAFT_NODE": "pi2"},
        {"RAFT_NODE": "pi2", "RAFT_ROLE": "leader", "RAFT_TERM": 4, "RAFT_LEADER": "pi2"},
        {"RAFT_NODE": "pi2", "RAFT_ROLE": "follower", "RAFT_TERM": 4},
    ]


def test_an_events_own_field_goes_before_the_context(
    journal: Journal, collector: Collector
) -> None:
    journal.set_context(term=4)
    journal.write(Event(text="campaigns", fields={"term": 5}))
    journal.say("works")
    assert [fields["RAFT_TERM"] for fields in collector.fields()] == [5, 4]


def test_what_is_less_severe_than_the_level_is_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    journal = Journal(name="pi2", level="warning")
    journal.say("small talk")
    journal.say("a warning", severity="warning")
    said = capsys.readouterr().err
    assert "small talk" not in said
    assert "WARNING pi2 a warning" in said


def test_under_systemd_its_journal_gets_the_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    package, module = ModuleType("systemd"), ModuleType("systemd.journal")
    module.JournalHandler = Collector  # type: ignore[attr-defined]  # a stub of the real module
    monkeypatch.setitem(sys.modules, "systemd", package)
    monkeypatch.setitem(sys.modules, "systemd.journal", module)
    handler = choose_handler(leads_to_the_journal())
    assert isinstance(handler, Collector)
    assert handler.constant == {"SYSLOG_IDENTIFIER": "raftpi"}


def test_without_systemd_python_the_journals_lines_keep_their_priority(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "systemd", None)
    journal = Journal(name="pi2", level="info", handler=choose_handler(leads_to_the_journal()))
    for severity in ("info", "warning", "error"):
        journal.say("speaks", severity=severity)
    assert capsys.readouterr().err == "<6>pi2 speaks\n<4>pi2 speaks\n<3>pi2 speaks\n"


def test_standard_error_that_leads_elsewhere_gets_plain_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reader, writer = os.pipe()
    try:
        handler = choose_handler(leads_to_the_journal(writer))
    finally:
        os.close(reader)
        os.close(writer)
    Journal(name="pi2", level="info", handler=handler).say("speaks")
    assert "INFO pi2 speaks" in capsys.readouterr().err


def test_a_closed_standard_error_is_no_journal() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    os.close(writer)
    assert not is_journal("1:2", writer)
