"""The daemon's journal: one line per event, to systemd's journal or on standard error."""

import logging
import os
import sys
from collections.abc import Mapping

from raftpi.node import Event

LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
# The same in syslog(3).
PRIORITIES = {logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3}
IDENTIFIER = "raftpi"
STANDARD_ERROR = 2


class Journal:
    """Writes events as lines; every line carries the node's name and, as fields, the rest.

    Where standard error is systemd's journal the fields can be searched by there:
    `journalctl RAFT_ROLE=leader`. Elsewhere they are lost.
    """

    def __init__(self, *, name: str, level: str, handler: logging.Handler | None = None) -> None:
        """`level` is the least severity that is written, as in `log.level`.

        `handler` None: as systemd's variables say.
        """
        self._name = name
        self._context: dict[str, int | str] = {}
        self._logger = logging.getLogger(f"raftpi.{name}")
        self._logger.setLevel(level.upper())
        self._logger.propagate = False
        for old in list(self._logger.handlers):
            self._logger.removeHandler(old)
        self._logger.addHandler(handler if handler is not None else choose_handler(os.environ))

    def set_context(self, **fields: int | str | None) -> None:
        """From now on every line carries these fields too, RAFT_ROLE for `role`; None: no longer.

        A field of the event itself goes before.
        """
        for key, value in fields.items():
            if value is None:
                self._context.pop(key, None)
            else:
                self._context[key] = value

    def write(self, event: Event) -> None:
        """One event, with fields such as RAFT_NODE and RAFT_TERM."""
        fields = {
            f"RAFT_{key.upper()}": value for key, value in {**self._context, **event.fields}.items()
        }
        fields["RAFT_NODE"] = self._name
        self._logger.log(LEVELS[event.severity], f"{self._name} {event.text}", extra=fields)

    def say(self, text: str, severity: str = "info") -> None:
        """One event of the process itself."""
        self.write(Event(text=text, severity=severity))


def choose_handler(environment: Mapping[str, str]) -> logging.Handler:
    """Systemd's journal where standard error leads there and Python knows it; else that itself.

    Without systemd-python the lines reach the journal all the same, without fields.
    """
    if not is_journal(environment.get("JOURNAL_STREAM", ""), STANDARD_ERROR):
        return _line_handler(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    try:
        from systemd.journal import JournalHandler
    except ImportError:
        return _line_handler(_PrefixFormatter("%(message)s"))
    return JournalHandler(SYSLOG_IDENTIFIER=IDENTIFIER)  # type: ignore[no-any-return]  # untyped


def is_journal(stream: str, descriptor: int) -> bool:
    """Whether `descriptor` is the stream that JOURNAL_STREAM names (systemd.exec(5))."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        # Closed: there is nothing it could lead to.
        return False
    return stream == f"{status.st_dev}:{status.st_ino}"


class _PrefixFormatter(logging.Formatter):
    """Lines that begin with their priority, as sd-daemon(3) has it: "<4>" for a warning."""

    def format(self, record: logging.LogRecord) -> str:
        return f"<{PRIORITIES[record.levelno]}>{super().format(record)}"


def _line_handler(formatter: logging.Formatter) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    return handler
